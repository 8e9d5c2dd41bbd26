// With a full buffer what goes out waits, and the newest word of each kind is said when there is
// room again.

import type { Talk } from "@isession/protocol";
import { expect, test } from "vitest";
import { Outbox } from "../src/outbox";
import { FakeChannel } from "./fakes";

const FULL = 1024 * 1024;

function outbox() {
  const channel = new FakeChannel();
  channel.readyState = "open";
  const said = () => channel.sent.splice(0).map((text) => JSON.parse(text) as Talk);
  const drain = () => {
    channel.bufferedAmount = 0;
    channel.onbufferedamountlow?.({} as never);
  };
  const outbox = new Outbox(channel as unknown as RTCDataChannel);
  channel.bufferedAmount = FULL;
  return { channel, outbox, said, drain };
}

const ack = (epoch: string, seq: number): Talk => ({ type: "ack", id: { epoch, seq } });
const resume = (seq: number): Talk => ({ type: "resume", seen: { their: seq } });
const entry = (seq: number) => ({
  id: { epoch: "mine", seq },
  at: 0,
  body: { type: "message" as const, text: "" },
});

test("the last word of each kind waits for room, before the entries", () => {
  const { outbox: out, said, drain } = outbox();
  out.add(entry(1));
  for (const talk of [ack("old", 1), ack("new", 1), resume(2), ack("new", 2), resume(3)]) {
    out.tell(talk);
  }
  expect(said()).toEqual([]);
  drain();
  expect(said()).toEqual([ack("old", 1), ack("new", 2), resume(3), { type: "entry", ...entry(1) }]);
});

test("a signal waits for nothing", () => {
  const { outbox: out, said } = outbox();
  const signal: Talk = { type: "signal", signal: { kind: "ready", epoch: "e" } };
  out.tell(signal);
  expect(said()).toEqual([signal]);
});

test("goodbye has not left while a word waits", () => {
  const { channel, outbox: out, drain } = outbox();
  let left = false;
  out.tell(ack("their", 1));
  out.flush(() => {
    left = true;
  });
  expect(left).toBe(false);
  drain();
  expect(left).toBe(true);
  expect(channel.sent).toHaveLength(1);
});

test("on a closed channel nothing waits", () => {
  const { channel, outbox: out, drain, said } = outbox();
  channel.readyState = "closed";
  out.tell(resume(1));
  channel.readyState = "open";
  drain();
  expect(said()).toEqual([]);
});
