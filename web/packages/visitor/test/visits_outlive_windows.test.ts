// What a closed window leaves behind, for how long, and what is erased when.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Memory, ownStorage, sharedStorage } from "../src/memory";

const MINUTE = 60_000;
const what = { ticket: "one", details: { name: "Grace" } };

/** Like the browser's: items are its own properties. */
function newStorage(): Storage {
  const storage = Object.create({
    getItem: (key: string) => (storage as Record<string, string>)[key] ?? null,
    setItem(key: string, value: string) {
      (storage as Record<string, string>)[key] = value;
    },
    removeItem(key: string) {
      delete (storage as Record<string, string>)[key];
    },
  }) as Storage;
  return storage;
}

let storage: Storage;

beforeEach(() => {
  vi.useFakeTimers();
  storage = newStorage();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a window that opens within a quarter of an hour takes the visit up", () => {
  new Memory("shop", storage).save(what, false);
  vi.advanceTimersByTime(15 * MINUTE);
  const memory = new Memory("shop", storage);
  expect(memory.load()).toMatchObject(what);
  expect(memory.isOpen).toBe(false);
});

test("after that, nothing is left of it, whichever site is opened", () => {
  new Memory("shop", storage).save(what);
  storage.setItem("isession:available", "yes");
  vi.advanceTimersByTime(15 * MINUTE + 1);
  const other = new Memory("help", storage);
  expect(other.load()).toBeNull();
  expect(Object.keys(storage)).toEqual(["isession:available"]);
});

test("a clock that was set back keeps nothing for longer", () => {
  vi.setSystemTime(1_795_459_200_000);
  new Memory("shop", storage).save(what);
  vi.setSystemTime(1_795_459_200_000 - 16 * MINUTE);
  expect(new Memory("shop", storage).load()).toBeNull();
});

test("a window that holds the visit is seen by the next", () => {
  new Memory("shop", storage).save(what);
  expect(new Memory("shop", storage).isOpen).toBe(true);
  expect(new Memory("help", storage).isOpen).toBe(false);
});

test("the end erases it", () => {
  const memory = new Memory("shop", storage);
  memory.save(what);
  memory.clear();
  expect(Object.keys(storage)).toEqual([]);
});

test("windows that cannot tell of each other keep the visit to themselves", () => {
  vi.stubGlobal("window", {});
  vi.stubGlobal("localStorage", storage);
  const own = newStorage();
  vi.stubGlobal("sessionStorage", own);
  expect(sharedStorage()).toBeNull();
  expect(ownStorage()).toBe(own);
  vi.stubGlobal("window", { BroadcastChannel });
  expect(sharedStorage()).toBe(storage);
});

test("without any storage the visit goes on, and nothing is remembered", () => {
  vi.stubGlobal("window", { BroadcastChannel });
  vi.stubGlobal("localStorage", undefined);
  vi.stubGlobal("sessionStorage", {
    setItem() {
      throw new Error("forbidden");
    },
  });
  expect([sharedStorage(), ownStorage()]).toEqual([null, null]);
  const memory = new Memory("shop", null);
  memory.save(what);
  memory.clear();
  expect([memory.load(), memory.isOpen]).toEqual([null, false]);
});

test("a damaged record is no record", () => {
  storage.setItem("isession:visit:shop", "{");
  expect(new Memory("shop", storage).load()).toBeNull();
});
