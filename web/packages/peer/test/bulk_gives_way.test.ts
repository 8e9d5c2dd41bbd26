// Large data never fills the connection that people talk over.

import { BULK, LIMITS } from "@isession/protocol";
import { expect, test } from "vitest";
import { Bulk } from "../src/index";
import { FakeChannel } from "./fakes";

const message = (length = 10): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(BULK.mirror);

function opened() {
  let live = true;
  const news: string[] = [];
  const bulk = new Bulk(() => live);
  bulk.onOpen(() => news.push("open"));
  bulk.onRoom(() => news.push("room"));
  bulk.onChange(() => news.push("change"));
  bulk.onMirror((data) => news.push(`mirror ${data.byteLength}`));
  const channel = new FakeChannel();
  bulk.attach(channel as never);
  channel.open(new FakeChannel());
  return {
    bulk,
    channel,
    news,
    setLive: (now: boolean) => {
      live = now;
    },
  };
}

test("it takes no more than there is room for, and tells when there is room again", () => {
  const { bulk, channel, news } = opened();
  expect(bulk.send(message())).toBe(true);
  channel.bufferedAmount = 64 * 1024;
  expect(bulk.send(message())).toBe(false);
  expect(channel.sent.length).toBe(1);
  channel.bufferedAmount = channel.bufferedAmountLowThreshold;
  channel.onbufferedamountlow?.({} as never);
  expect(bulk.send(message())).toBe(true);
  expect(news).toEqual(["change", "open", "room"]);
});

test("before the two have each other nothing is taken, and then it opens once", () => {
  const { bulk, channel, news, setLive } = opened();
  setLive(false);
  const next = new FakeChannel();
  bulk.attach(next as never);
  next.open(channel);
  expect(bulk.send(message())).toBe(false);
  setLive(true);
  bulk.check();
  bulk.check();
  expect(bulk.send(message())).toBe(true);
  expect(news).toEqual(["change", "open", "change", "open"]);
});

test("what is larger than a channel carries is refused", () => {
  const { bulk } = opened();
  expect(bulk.send(message(LIMITS.channelFrame + 1))).toBe(false);
});

test("only a mirror's messages are heard as such", () => {
  const { channel, news } = opened();
  const hear = (data: unknown) => channel.onmessage?.({ data } as never);
  hear(message(4).buffer);
  hear(new Uint8Array([BULK.data, 1, 2]).buffer);
  hear(new ArrayBuffer(0));
  hear("text");
  hear(message(LIMITS.mirrorMessage + 1).buffer);
  expect(news).toEqual(["change", "open", "mirror 4"]);
});
