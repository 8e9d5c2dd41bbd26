// What an agent sees of the queue, frame by frame.

import type { AgentCard, AgentId, RingEnd, SiteId, ToAgent, VisitorId } from "@isession/protocol";
import { expect, test } from "vitest";
import { dismiss, EMPTY, inOrder, news, notice, type Queue, reduce, withRings } from "../src/store";

const ada: AgentCard = { id: "ada" as AgentId, name: "Ada" };
const ben: AgentCard = { id: "ben" as AgentId, name: "Ben" };
const zoe = "zoe" as VisitorId;
const max = "max" as VisitorId;
const NOW = 1_000_000;

const welcome: ToAgent = {
  type: "welcome",
  agent: ada,
  available: true,
  capacity: 3,
  sites: [],
};

const waits = (id: VisitorId, waited: number, name?: string): ToAgent => ({
  type: "waiting",
  visitor: { id, site: "shop" as SiteId, details: name === undefined ? {} : { name } },
  waited,
});

const rings = (visitor: VisitorId): ToAgent => ({ type: "ring", visitor, expires_in: 20_000 });
const ringEnds = (visitor: VisitorId, reason: RingEnd): ToAgent => ({
  type: "ring_ended",
  visitor,
  reason,
});

const after = (...frames: ToAgent[]): Queue =>
  frames.reduce((queue, frame) => reduce(queue, frame, NOW), reduce(EMPTY, welcome, NOW));

const told = (queue: Queue) => queue.notices.map(({ text }) => text);

test("whoever waits longest stands first, in the order of places and not of arrival here", () => {
  const queue = after(waits(zoe, 1000), waits(max, 60_000));
  expect(inOrder(queue).map(({ card }) => card.id)).toEqual([max, zoe]);
});

test("details said later replace the card and keep the wait", () => {
  const queue = after(waits(zoe, 5000), waits(zoe, 5000, "Zoë"));
  expect(inOrder(queue)).toMatchObject([{ card: { details: { name: "Zoë" } }, since: NOW - 5000 }]);
});

test("a ring counts down from what the node said, and rings once", () => {
  const queue = after(waits(zoe, 0), rings(zoe), rings(zoe));
  expect(queue.rings).toEqual([{ visitor: zoe, until: NOW + 20_000 }]);
});

test.each<[RingEnd, string[]]>([
  [{ why: "accepted", by: ben }, ["Ben took Zoë."]],
  [{ why: "accepted", by: ada }, []],
  [{ why: "timeout" }, ["You missed Zoë. They ring at the next agent."]],
  [{ why: "left" }, ["Zoë left."]],
  [{ why: "declined" }, []],
  [{ why: "unknown" }, []],
])("a ring that ends by %o leaves nothing ringing and says %o", (reason, notices) => {
  const queue = after(waits(zoe, 0, "Zoë"), rings(zoe), rings(max), ringEnds(zoe, reason));
  expect(queue.rings.map(({ visitor }) => visitor)).toEqual([max]);
  expect(told(queue)).toEqual(notices);
});

test("an agent who goes away is not told that visitors left", () => {
  const away: ToAgent = { type: "available", available: false };
  const queue = after(waits(zoe, 0), rings(zoe), away, ringEnds(zoe, { why: "left" }));
  expect(told(queue)).toEqual([]);
});

test("after a broken connection nothing of before is shown", () => {
  const queue = reduce(after(waits(zoe, 0), rings(zoe)), welcome, NOW);
  expect([queue.waiting.size, queue.rings.length]).toEqual([0, 0]);
});

test("a queue is never changed in place", () => {
  const before = after(waits(zoe, 0), rings(zoe));
  const size = before.waiting.size;
  reduce(before, { type: "gone", visitor: zoe }, NOW);
  expect(before.waiting.size).toBe(size);
});

test("only the last notices are kept", () => {
  const frames = Array.from({ length: 9 }, () => ringEnds(zoe, { why: "timeout" }));
  expect(after(...frames).notices).toHaveLength(5);
});

test("rings that are over without a word of the node go, and nobody is told who stay", () => {
  const queue = after(waits(zoe, 0), rings(zoe));
  expect(withRings(queue, ({ until }) => until > NOW)).toBe(queue);
  expect(withRings(queue, ({ until }) => until > NOW + 20_000).rings).toEqual([]);
});

test("news go when they are dismissed, and by themselves when they are old", () => {
  const queue = notice(notice(EMPTY, "early", NOW), "late", NOW + 60_000);
  const texts = (now: number) => news(queue, now).map(({ text }) => text);
  expect(texts(NOW + 600_000 - 1)).toEqual(["early", "late"]);
  expect(texts(NOW + 600_000)).toEqual(["late"]);
  expect(told(dismiss(queue, queue.notices[0]?.id ?? 0))).toEqual(["late"]);
});
