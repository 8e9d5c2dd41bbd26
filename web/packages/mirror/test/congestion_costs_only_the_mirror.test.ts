// A channel without room: events wait within bounds, then give way to a new snapshot.

import { expect, test } from "vitest";
import type { Batch, MirrorEvent } from "../src/events";
import { Sender } from "../src/sender";

const META = { type: 4, timestamp: 1, data: { href: "", width: 9, height: 9 } } as const;
const FULL: MirrorEvent = {
  type: 2,
  timestamp: 1,
  data: { node: { type: 0, id: 1, childNodes: [] }, initialOffset: { left: 0, top: 0 } },
};
const scroll = (y: number): MirrorEvent => ({
  type: 3,
  timestamp: 2,
  data: { source: 3, id: 1, x: 0, y },
});

/** A sender whose channel takes so many messages, and whose timer the test turns. */
function sending() {
  const batches: Batch[] = [];
  const sent: number[] = [];
  let room = Number.POSITIVE_INFINITY;
  let tooLarge = false;
  let snapshots = 0;
  let timer: (() => void) | null = null;
  let packing: Promise<unknown> = Promise.resolve();
  const on = { room: () => {}, open: () => {}, mirror: () => {} };
  const sender = new Sender({
    view: "v",
    outlet: {
      send(message) {
        if (room === 0) {
          return false;
        }
        room -= 1;
        sent.push(message[0] ?? -1);
        return true;
      },
      onRoom: (run) => {
        on.room = run;
        return () => {};
      },
      onOpen: (run) => {
        on.open = run;
        return () => {};
      },
      onMirror: (run) => {
        on.mirror = run;
        return () => {};
      },
    },
    // Three messages a batch, each with the batch's number.
    pack: (batch) => {
      if (!tooLarge) {
        batches.push(batch);
      }
      const messages = [0, 1, 2].map(() => Uint8Array.of(batches.length - 1));
      const packed = Promise.resolve(tooLarge ? null : messages);
      packing = packed;
      return packed;
    },
    after: (_, run) => {
      timer = run;
      return () => {
        timer = null;
      };
    },
    onStale: () => {
      snapshots += 1;
      sender.add(META);
      sender.add(FULL);
    },
  });
  const turn = async () => {
    timer?.();
    // The sender waits for the same, and was first; what it does then may pack once more.
    let last: typeof packing;
    do {
      last = packing;
      await last;
    } while (last !== packing);
  };
  sender.add(META);
  sender.add(FULL);
  return {
    sender,
    batches,
    sent,
    on,
    turn,
    setRoom: (messages: number) => {
      room = messages;
    },
    setTooLarge: (is: boolean) => {
      tooLarge = is;
    },
    snapshots: () => snapshots,
  };
}

test("events that come together go together", async () => {
  const { sender, batches, turn } = sending();
  sender.add(scroll(1));
  await turn();
  sender.add(scroll(2));
  sender.add(scroll(3));
  await turn();
  expect(batches.map(({ first, events }) => [first, events.length])).toEqual([
    [true, 3],
    [false, 2],
  ]);
});

test("a batch under way ends before the next one begins, whatever room there is", async () => {
  const { sender, batches, sent, on, turn, setRoom } = sending();
  await turn();
  setRoom(1);
  sender.add(scroll(1));
  await turn();
  sender.add(scroll(2));
  await turn();
  expect(sent).toEqual([0, 0, 0, 1]);
  setRoom(9);
  on.room();
  await turn();
  expect(sent).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
  expect(batches.length).toBe(3);
});

test("too many events are thrown away, and a snapshot takes their place once there is room", async () => {
  const { sender, batches, on, turn, setRoom } = sending();
  await turn();
  setRoom(0);
  sender.add(scroll(0));
  await turn();
  for (let y = 1; y < 20_000; y += 1) {
    sender.add(scroll(y));
  }
  expect(sender.stale).toBe(true);
  await turn();
  expect(batches.length).toBe(2);
  setRoom(99);
  on.room();
  await turn();
  await turn();
  const latest = batches.at(-1);
  expect(latest?.first).toBe(true);
  expect(latest?.events.map(({ type }) => type)).toEqual([4, 2]);
  expect(sender.stale).toBe(false);
});

test("another channel, and an agent who lost the picture, begin anew", async () => {
  const { sender, batches, on, turn, setRoom, sent } = sending();
  await turn();
  setRoom(1);
  sender.add(scroll(1));
  await turn();
  setRoom(99);
  on.open();
  await turn();
  await turn();
  // The rest of the batch that was under way is void with its channel.
  expect(sent).toEqual([0, 0, 0, 1, 2, 2, 2]);
  expect(batches.at(-1)?.first).toBe(true);
  on.mirror();
  await turn();
  await turn();
  expect(batches.length).toBe(4);
  expect(batches.at(-1)?.first).toBe(true);
});

test("a page that is too large is not tried again and again", async () => {
  const { batches, on, turn, setTooLarge, snapshots, sender } = sending();
  setTooLarge(true);
  await turn();
  sender.add(scroll(1));
  await turn();
  await turn();
  expect(snapshots()).toBe(0);
  setTooLarge(false);
  on.mirror();
  await turn();
  await turn();
  expect(snapshots()).toBe(1);
  expect(batches.map(({ first }) => first)).toEqual([true]);
});
