// What arrives may be anything: it becomes a batch, or nothing.

import { LIMITS } from "@isession/protocol";
import { describe, expect, test } from "vitest";
import type { Batch } from "../src/events";
import { cut, deflate, pack } from "../src/pack";
import { Unpacker } from "../src/unpack";

const batch = (text = "hello"): Batch => ({
  view: "v",
  first: true,
  events: [
    { type: 4, timestamp: 1, data: { href: "https://shop.example/", width: 800, height: 600 } },
    {
      type: 2,
      timestamp: 1,
      data: {
        node: { type: 0, id: 1, childNodes: [{ type: 3, id: 2, textContent: text }] },
        initialOffset: { left: 0, top: 0 },
      },
    },
  ],
});

function unpacking() {
  const news: (Batch | "broken")[] = [];
  let tell = () => {};
  const unpacker = new Unpacker({
    onBatch: (batch) => {
      news.push(batch);
      tell();
    },
    onBroken: () => {
      news.push("broken");
      tell();
    },
  });
  const heard = async (count: number) => {
    while (news.length < count) {
      await new Promise<void>((resolve) => {
        tell = resolve;
      });
    }
    return news;
  };
  return { unpacker, news, heard };
}

test("a batch of many messages becomes one again", async () => {
  const { unpacker, heard } = unpacking();
  // Text that does not deflate.
  const noise = Array.from({ length: 100_000 }, () => Math.random().toString(36)).join("");
  const messages = (await pack(batch(noise))) ?? [];
  expect(messages.length).toBeGreaterThan(5);
  expect(Math.max(...messages.map(({ length }) => length))).toBe(LIMITS.mirrorMessage);
  for (const message of messages) {
    unpacker.take(message);
  }
  expect(await heard(1)).toEqual([batch(noise)]);
});

describe("broken", () => {
  const cases: [string, () => Promise<Uint8Array<ArrayBuffer>[]>][] = [
    ["empty", async () => [new Uint8Array()]],
    ["another kind", async () => [Uint8Array.of(0, 1, 2)]],
    ["too large a message", async () => [new Uint8Array(LIMITS.mirrorMessage + 1).fill(1)]],
    ["no deflate", async () => [Uint8Array.of(1, 1, 255, 255, 255)]],
    ["no end", async () => [Uint8Array.of(1, 1)]],
    ["no JSON", async () => cut(await deflate(new TextEncoder().encode("{")))],
    ["no UTF-8", async () => cut(await deflate(Uint8Array.of(34, 255, 254, 34)))],
    ["no batch", async () => cut(await deflate(new TextEncoder().encode('{"view":1}')))],
    ["a bomb", async () => cut(await deflate(new Uint8Array(LIMITS.mirrorBatch + 1).fill(32)))],
    [
      "a batch that never ends",
      async () =>
        Array.from({ length: 257 }, () => {
          const message = new Uint8Array(LIMITS.mirrorMessage);
          message[0] = 1;
          return message;
        }),
    ],
  ];
  for (const [why, messages] of cases) {
    test(why, async () => {
      const { unpacker, heard } = unpacking();
      for (const message of await messages()) {
        unpacker.take(message);
      }
      expect(await heard(1)).toEqual(["broken"]);
      for (const message of (await pack(batch())) ?? []) {
        unpacker.take(message);
      }
      expect(await heard(2)).toEqual(["broken", batch()]);
    });
  }
});

test("what is more than a batch is not packed", async () => {
  expect(await pack(batch("x".repeat(LIMITS.mirrorBatch)))).toBe(null);
});

test("what was half there before a reset is forgotten", async () => {
  const { unpacker, heard } = unpacking();
  unpacker.take(Uint8Array.of(1, 0, 9, 9, 9));
  unpacker.reset();
  for (const message of (await pack(batch())) ?? []) {
    unpacker.take(message);
  }
  expect(await heard(1)).toEqual([batch()]);
});
