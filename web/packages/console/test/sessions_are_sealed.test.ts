// What lies in the browser's database, and who can open it.

import "fake-indexeddb/auto";
import type { AgentId, LinkId, SessionId, VisitorCard } from "@isession/protocol";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SealedShelf } from "../src/sealed_shelf";
import { type RememberedTalk, TakenOver } from "../src/shelf";
import { clearShelves, openShelf } from "../src/shelves";
import { TabShelf } from "../src/tab_shelf";

const ada = "ada" as AgentId;
const ben = "ben" as AgentId;

const talk = (session: string, ticket = "the secret canary"): RememberedTalk => ({
  session: session as SessionId,
  link: "link" as LinkId,
  visitor: { details: { name: "canary" } } as VisitorCard,
  ticket,
  transcript: { log: [], seen: {}, delivered: {} },
  ended: null,
  until: 1,
});

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function opened(agent = ada): Promise<SealedShelf> {
  const shelf = new SealedShelf();
  await shelf.open(agent);
  return shelf;
}

interface Sealed {
  session: string;
  iv: Uint8Array;
  sealed: ArrayBuffer;
}

/** Looks into the database from outside, and may write there. */
async function database<T>(
  work: (talks: IDBObjectStore, meta: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const request = indexedDB.open("isession", 1);
  const db = await new Promise<IDBDatabase>((resolve) => {
    request.onsuccess = () => resolve(request.result);
  });
  const transaction = db.transaction(["talks", "meta"], "readwrite");
  const asked = work(transaction.objectStore("talks"), transaction.objectStore("meta"));
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  db.close();
  return asked.result;
}

const records = () => database((talks) => talks.getAll() as IDBRequest<Sealed[]>);

test("a session is there for the agent's next window", async () => {
  const shelf = await opened();
  await shelf.put(talk("one"));
  await shelf.put(talk("two"));
  await shelf.put(talk("one", "a newer ticket"));
  await shelf.delete("two" as SessionId);
  expect(await new SealedShelf().open(ada)).toEqual([talk("one", "a newer ticket")]);
});

test("nothing but the session's id can be read, and no two records are sealed alike", async () => {
  const shelf = await opened();
  await shelf.put(talk("one"));
  const [first] = await records();
  await shelf.put(talk("one"));
  const [second] = await records();
  expect(Object.keys(first ?? {}).sort()).toEqual(["iv", "sealed", "session"]);
  const texts = [first, second].map((record) =>
    new TextDecoder("latin1").decode(new Uint8Array(record?.sealed ?? new ArrayBuffer())),
  );
  expect(texts[0]?.length).toBeGreaterThan(100);
  expect(texts.join()).not.toContain("canary");
  expect(texts[0]).not.toEqual(texts[1]);
  expect(first?.iv).not.toEqual(second?.iv);
});

test("no script can read the key", async () => {
  await opened();
  const key = await database((_, meta) => meta.get("key") as IDBRequest<CryptoKey>);
  expect([key.type, key.extractable]).toEqual(["secret", false]);
  await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
});

test("another agent sees nothing, and it is erased", async () => {
  await (await opened(ada)).put(talk("one"));
  expect(await new SealedShelf().open(ben)).toEqual([]);
  expect(await records()).toEqual([]);
});

test("a record that was changed, or put in another's place, is erased", async () => {
  const shelf = await opened();
  await shelf.put(talk("one"));
  const [record] = await records();
  await database((talks) => talks.put({ ...record, session: "two" }));
  expect(await new SealedShelf().open(ada)).toEqual([talk("one")]);
  const sealed = new Uint8Array(record?.sealed ?? new ArrayBuffer());
  sealed.set([(sealed[0] ?? 0) ^ 1]);
  await database((talks) => talks.put({ ...record, sealed: sealed.buffer }));
  expect(await new SealedShelf().open(ada)).toEqual([]);
  expect(await records()).toEqual([]);
});

test("a window that another one followed writes and erases nothing", async () => {
  const older = await opened();
  await older.put(talk("one", "old"));
  const newer = await opened();
  await newer.put(talk("one", "new"));
  await expect(older.put(talk("one", "old"))).rejects.toThrow(TakenOver);
  await expect(older.delete("one" as SessionId)).rejects.toThrow(TakenOver);
  expect([await older.isMine(), await newer.isMine()]).toEqual([false, true]);
  expect(await new SealedShelf().open(ada)).toEqual([talk("one", "new")]);
});

test("after a sign-out nothing is there, nor comes back from a window that is still open", async () => {
  const shelf = await opened();
  await shelf.put(talk("one"));
  await clearShelves();
  await shelf.put(talk("one"));
  expect(await records()).toEqual([]);
  expect(await shelf.isMine()).toBe(true);
  expect(await database((_, meta) => meta.getAllKeys())).toEqual([]);
});

/** A tab's own storage. */
function stubSessionStorage(): Map<string, string> {
  const items = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
    removeItem: (key: string) => items.delete(key),
  });
  return items;
}

test.each([
  ["there is no database", () => vi.stubGlobal("indexedDB", undefined)],
  [
    "the page is no secure context",
    () => vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) }),
  ],
])("where %s, the tab's own storage keeps what a reload needs", async (_, lack) => {
  stubSessionStorage();
  lack();
  const [shelf, none] = await openShelf(ada);
  expect(none).toEqual([]);
  expect(shelf).toBeInstanceOf(TabShelf);
  await shelf.put(talk("one"));
  await shelf.put(talk("two"));
  await shelf.delete("two" as SessionId);
  expect((await openShelf(ada))[1]).toEqual([talk("one")]);
  expect((await openShelf(ben))[1]).toEqual([]);
  expect((await openShelf(ada))[1]).toEqual([]);
});

test("a tab whose storage is full or forbidden still works", async () => {
  vi.stubGlobal("indexedDB", undefined);
  vi.stubGlobal("sessionStorage", undefined);
  const [shelf] = await openShelf(ada);
  await shelf.put(talk("one"));
  await clearShelves();
});
