// A part that does not come is asked for again, after a while or when the network is back, and no try
// leaves anything behind.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { load } from "../src/load";

const NOWHERE = "data:text/javascript,throw new Error('no such part');//";

let listeners: Set<() => void>;
let failed: number;
let tried: () => void;

/** Until the try that is under way has failed, and what comes after it is waited for. */
const nextFailure = () =>
  new Promise<void>((resolve) => {
    tried = resolve;
  });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  listeners = new Set();
  failed = 0;
  vi.stubGlobal("addEventListener", (_: string, run: () => void) => listeners.add(run));
  vi.stubGlobal("removeEventListener", (_: string, run: () => void) => listeners.delete(run));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("each try waits for one thing of each kind, whichever comes first", async () => {
  const first = nextFailure();
  void load(NOWHERE, () => {
    failed += 1;
    // What it waits for by then is set up in the same turn.
    queueMicrotask(() => tried());
  });
  await first;
  expect([failed, listeners.size, vi.getTimerCount()]).toEqual([1, 1, 1]);
  const second = nextFailure();
  vi.runOnlyPendingTimers();
  await second;
  expect([failed, listeners.size, vi.getTimerCount()]).toEqual([2, 1, 1]);
  const third = nextFailure();
  for (const run of listeners) {
    run();
  }
  await third;
  expect([failed, listeners.size, vi.getTimerCount()]).toEqual([3, 1, 1]);
});
