// The other side vanishes: it is said after a minute, and not a moment too long.

import { beforeEach, expect, test } from "vitest";
import type { Connection, Readable, SessionView } from "../src/index";
import { Value, vanished } from "../src/index";
import { FakeClock } from "./fakes";

let clock: FakeClock;
let view: Value<SessionView>;
let gone: Readable<boolean>;
let told: number;

const become = (connection: Connection) => view.set({ ...view.get(), connection });

beforeEach(() => {
  clock = new FakeClock();
  view = new Value({ connection: "open" } as SessionView);
  gone = vanished(view, clock);
  told = 0;
  gone.subscribe(() => {
    told += 1;
  });
});

test("a side that is lost for a minute has vanished", () => {
  become("reconnecting");
  clock.turn(59_999);
  expect(gone.get()).toBe(false);
  clock.turn(1);
  expect([gone.get(), told]).toEqual([true, 1]);
});

test("other changes meanwhile do not begin the minute anew", () => {
  become("reconnecting");
  clock.turn(30_000);
  view.set({ ...view.get(), typing: false });
  become("connecting");
  clock.turn(30_000);
  expect(gone.get()).toBe(true);
});

test("who comes back is there at once, and has a whole minute again", () => {
  become("reconnecting");
  clock.turn(60_000);
  become("open");
  expect(gone.get()).toBe(false);
  become("reconnecting");
  clock.turn(59_999);
  expect(gone.get()).toBe(false);
  become("open");
  clock.turn(60_000);
  expect([gone.get(), told]).toEqual([false, 2]);
});

test("a side that never came has vanished as well", () => {
  gone = vanished(new Value({ connection: "connecting" } as SessionView), clock);
  clock.turn(60_000);
  expect(gone.get()).toBe(true);
});

test("after the end nobody is missed", () => {
  become("reconnecting");
  clock.turn(60_000);
  become("ended");
  clock.turn(60_000);
  expect(gone.get()).toBe(false);
});
