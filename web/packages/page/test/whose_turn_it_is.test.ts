// Which tab of a site is the next to hold the visit, by the rules of the Web Locks API.

import { expect, test, vi } from "vitest";
import { FakeClock, settled } from "../../peer/test/fakes";
import { GRACE, type Locks, Turn } from "../src/turn";

/** One lock, as browsers keep it: it can be stolen, and who waits is served in order. */
function fakeLocks(): Locks {
  let holder: { lose(reason: Error): void } | null = null;
  const waiting: (() => void)[] = [];
  const grant = (held: () => Promise<void>) =>
    new Promise<void>((resolve, reject) => {
      const mine = { lose: reject };
      holder = mine;
      void held().then(() => {
        resolve();
        if (holder === mine) {
          holder = null;
          waiting.shift()?.();
        }
      });
    });
  return {
    request: (_, { steal, signal }, held) => {
      if (steal) {
        holder?.lose(new Error("stolen"));
        return grant(held);
      }
      if (!holder) {
        return grant(held);
      }
      return new Promise((resolve, reject) => {
        const next = () => resolve(grant(held));
        waiting.push(next);
        signal?.addEventListener("abort", () => {
          waiting.splice(waiting.indexOf(next), 1);
          reject(new Error("aborted"));
        });
      });
    },
  };
}

function tabs() {
  const locks = fakeLocks();
  const clock = new FakeClock();
  const tab = () => {
    const orphaned = vi.fn();
    return { turn: new Turn("isession:demo", locks, clock, orphaned), orphaned };
  };
  return { clock, first: tab(), second: tab() };
}

test("when the tab that held the visit is gone, the next is told after a while", async () => {
  const { clock, first, second } = tabs();
  first.turn.take();
  second.turn.wait();
  await settled();
  first.turn.leave();
  await settled();
  clock.turn(GRACE - 1);
  expect(second.orphaned).not.toHaveBeenCalled();
  clock.turn(1);
  expect(second.orphaned).toHaveBeenCalledOnce();
});

test("a page that follows in the same tab is left in peace", async () => {
  const { clock, first, second } = tabs();
  first.turn.take();
  second.turn.wait();
  await settled();
  first.turn.leave();
  await settled();
  first.turn.take();
  await settled();
  clock.turn(GRACE);
  expect(second.orphaned).not.toHaveBeenCalled();
});

test("a tab that was granted the lock before the next holder stole it still waits", async () => {
  const { clock, first, second } = tabs();
  // The first held it, and hears of the second before the second's lock is heard of.
  first.turn.take();
  first.turn.wait();
  await settled();
  second.turn.take();
  await settled();
  clock.turn(GRACE);
  expect(first.orphaned).not.toHaveBeenCalled();
  second.turn.leave();
  await settled();
  clock.turn(GRACE);
  expect(first.orphaned).toHaveBeenCalledOnce();
});

test("a tab that no longer waits is not told", async () => {
  const { clock, first, second } = tabs();
  first.turn.take();
  second.turn.wait();
  await settled();
  second.turn.leave();
  first.turn.leave();
  await settled();
  clock.turn(GRACE);
  expect(second.orphaned).not.toHaveBeenCalled();
});

test("without locks nothing happens, and nothing fails", () => {
  const turn = new Turn("isession:demo", undefined, new FakeClock(), () => {});
  turn.take();
  turn.wait();
  turn.leave();
});
