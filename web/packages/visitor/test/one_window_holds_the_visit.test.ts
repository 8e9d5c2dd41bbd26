// Several windows of one browser, one visit: who holds it, and who is told what.

import { beforeEach, expect, test } from "vitest";
import { FakeClock, settled } from "../../peer/test/fakes";
import type { Remembered } from "../src/memory";
import { type Channel, Once, type Word } from "../src/once";

/** Windows of one browser: each hears what the others say, a little later. */
class Hub {
  readonly #channels: Channel[] = [];
  readonly said: Word[] = [];

  join(): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (word) => {
        this.said.push(word);
        for (const other of this.#channels) {
          if (other !== channel) {
            queueMicrotask(() => other.onmessage?.({ data: word } as MessageEvent<Word>));
          }
        }
      },
    };
    this.#channels.push(channel);
    return channel;
  }
}

let hub: Hub;
let clock: FakeClock;

beforeEach(() => {
  hub = new Hub();
  clock = new FakeClock();
});

/** A window that opens a millisecond after the one before. */
function open(): Once {
  clock.turn(1);
  return new Once(hub.join(), clock);
}

const state = (ticket: string): Remembered => ({ ticket, details: {} });

/** Gives its state once, as a visit does. */
function holder(ticket: string): { give(): Remembered | null; gave: number } {
  const window = {
    gave: 0,
    give() {
      window.gave += 1;
      return window.gave === 1 ? state(ticket) : null;
    },
  };
  return window;
}

test("the first window finds nobody and waits for nobody", async () => {
  expect(await open().take(false)).toBeNull();
});

test("a second window gets the very latest, and the first has given it up", async () => {
  const first = open();
  await first.take(false);
  const window = holder("one");
  first.serve(() => window.give());
  expect(await open().take(true)).toEqual(state("one"));
  expect(window.gave).toBe(1);
});

test("a window that seems gone is told to give up, and not waited for", async () => {
  const first = open();
  const window = holder("one");
  first.serve(() => window.give());
  expect(await open().take(false)).toBeNull();
  await settled();
  expect(window.gave).toBe(1);
});

test("a window that died delays its successor by a fifth of a second at most", async () => {
  const taken = open().take(true);
  let waits = true;
  void taken.then(() => {
    waits = false;
  });
  clock.turn(199);
  await settled();
  expect(waits).toBe(true);
  clock.turn(1);
  expect(await taken).toBeNull();
});

test("of two windows that open together, the later one has the visit", async () => {
  const first = open();
  const second = open();
  const takes = [first.take(true), second.take(true)];
  await settled();
  clock.turn(200);
  await Promise.all(takes);
  const [a, b] = [holder("a"), holder("b")];
  first.serve(() => a.give());
  second.serve(() => b.give());
  await settled();
  expect([a.gave, b.gave]).toEqual([1, 0]);
});

test("the visit goes from window to window, and back", async () => {
  const windows = [holder("one"), holder("two"), holder("three")];
  for (const [index, window] of windows.entries()) {
    const once = open();
    const before = windows[index - 1];
    const taken = await once.take(before !== undefined);
    expect(taken?.ticket).toBe(["one", "two"][index - 1]);
    once.serve(() => window.give());
  }
  expect(windows.slice(0, 2).every(({ gave }) => gave > 0)).toBe(true);
  expect(windows[2]?.gave).toBe(0);
});
