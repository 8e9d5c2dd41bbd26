// A side that keeps its transcript lets nothing out that it could forget.

import { channel, type Signal } from "@isession/protocol";
import { expect, test } from "vitest";
import { AgentSession, type Role, Session, Transcript } from "../src/index";
import { FakeClock, fakePeer, settled } from "./fakes";

/** A store that keeps when the test says so. */
class Store {
  #waiting: (() => void)[] = [];

  keep = (): Promise<void> => new Promise((resolve) => this.#waiting.push(resolve));

  keepNext(): Promise<void> {
    this.#waiting.shift()?.();
    return settled();
  }
}

async function pair() {
  const clock = new FakeClock();
  const store = new Store();
  const sessions: Partial<Record<Role, Session>> = {};
  const begin = (role: Role, keep?: () => Promise<void>): Session => {
    const other = role === "visitor" ? "agent" : "visitor";
    const Side = role === "agent" ? AgentSession : Session;
    const session = new Side({
      decoders: channel,
      transcript: new Transcript({ role, epoch: role }),
      ice: [],
      clock,
      createPeer: fakePeer,
      send: (signal: Signal) => queueMicrotask(() => sessions[other]?.signal(signal)),
      wantIce() {},
      ...(keep && { keep }),
    });
    sessions[role] = session;
    return session;
  };
  const visitor = begin("visitor");
  const agent = begin("agent", store.keep);
  agent.start();
  visitor.start();
  await settled();
  const heard = () =>
    visitor.view.get().lines.flatMap((line) => (line.kind === "message" ? [line.text] : []));
  return { clock, store, visitor, agent, heard };
}

test("what is written goes out once it is kept, in its order", async () => {
  const { store, agent, heard } = await pair();
  agent.say("one");
  agent.say("two");
  await settled();
  expect(heard()).toEqual([]);
  await store.keepNext();
  expect(heard()).toEqual(["one"]);
  await store.keepNext();
  expect(heard()).toEqual(["one", "two"]);
});

test("a channel that is made anew meanwhile doubles nothing", async () => {
  const { store, visitor, agent, heard } = await pair();
  agent.say("one");
  visitor.nodeReturned();
  agent.nodeReturned();
  visitor.start();
  await settled();
  await store.keepNext();
  agent.say("two");
  await store.keepNext();
  expect(heard()).toEqual(["one", "two"]);
});

test("goodbye waits for the last words", async () => {
  const { clock, store, visitor, agent, heard } = await pair();
  agent.say("last words");
  const ending = agent.end();
  await settled();
  expect(visitor.view.get().ended).toBe(false);
  await store.keepNext();
  await store.keepNext();
  expect(heard()).toEqual(["last words"]);
  expect(visitor.view.get().ended).toBe(true);
  clock.turn(5000);
  await settled();
  await ending;
  expect(agent.view.get().connection).toBe("ended");
});

test("a side that leaves before it kept has said nothing", async () => {
  const { store, agent, heard } = await pair();
  agent.say("never kept");
  agent.close();
  await store.keepNext();
  expect(heard()).toEqual([]);
});
