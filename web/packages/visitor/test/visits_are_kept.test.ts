// One visit against a node that is not real: tickets, places, reloads and ends.

import type { Clock } from "@isession/peer";
import { beforeEach, expect, test } from "vitest";
import type { Memory, Remembered } from "../src/memory";
import type { Visit } from "../src/visit";
import { accepted, FakeNode, ID, welcome } from "./fake_node";
import { WholeVisit } from "./whole_visit";

class FakeMemory {
  kept: string | null = null;
  open = false;

  load(): Remembered | null {
    return this.kept === null ? null : (JSON.parse(this.kept) as Remembered);
  }

  save(what: Remembered, open = true): void {
    this.kept = JSON.stringify(what);
    this.open = open;
  }

  clear(): void {
    this.kept = null;
  }
}

let memory: FakeMemory;
let node: FakeNode;
let timers: (() => void)[];
let peers: number;

const clock: Clock = {
  now: () => 1,
  after(_ms, run) {
    timers.push(run);
    return () => {
      timers = timers.filter((other) => other !== run);
    };
  },
};

const fakePeer = () => {
  peers += 1;
  return {
    createDataChannel: () => ({ readyState: "connecting" }),
    close() {},
  } as unknown as RTCPeerConnection;
};

function begin(): Visit {
  return new WholeVisit({
    site: "shop",
    memory: memory as unknown as Memory,
    details: { page: "https://shop.example/" },
    relayOnly: false,
    url: "wss://node.example/v1/visitor",
    clock,
    openSocket: () => {
      node = new FakeNode();
      return node as unknown as WebSocket;
    },
    createPeer: fakePeer,
  });
}

beforeEach(() => {
  memory = new FakeMemory();
  timers = [];
  peers = 0;
});

const texts = (visit: Visit) =>
  visit.transcript.lines(false).map((line) => (line.kind === "message" ? line.text : line.kind));

test("a reload comes back with the ticket, the details and what was written", () => {
  const first = begin();
  node.open(welcome("one"));
  first.say("hello?");
  first.describe("Grace", "");
  expect(node.heard.at(-1)).toEqual({
    type: "details",
    details: { name: "Grace", page: "https://shop.example/" },
  });
  first.suspend();
  const second = begin();
  node.open();
  expect(node.heard).toEqual([
    {
      type: "hello",
      site: "shop",
      ticket: "one",
      details: { name: "Grace", page: "https://shop.example/" },
    },
  ]);
  expect(texts(second)).toEqual(["hello?"]);
});

test("the place is shown as the node tells it", () => {
  const visit = begin();
  node.open(welcome("one"), { type: "queue", position: 2, waiting: 5, available: true });
  expect(visit.stage.get()).toMatchObject({ kind: "waiting", place: { position: 2, waiting: 5 } });
});

test("a ticket that holds no longer begins afresh, and keeps what nobody heard", () => {
  const first = begin();
  node.open(welcome("one"), accepted("two"));
  first.say("heard");
  first.transcript.acknowledge({ epoch: firstEpoch(first), seq: 1 });
  first.say("not heard");
  first.suspend();
  const second = begin();
  node.open({ type: "error", code: "bad_ticket", message: "stale", fatal: false }, welcome("new"));
  expect(second.stage.get().kind).toBe("joining");
  expect(texts(second)).toEqual(["not heard"]);
  expect(memory.load()?.ticket).toBe("new");
});

const firstEpoch = (visit: Visit) => visit.transcript.lines(false)[0]?.id.epoch ?? "";

test("an accept begins the session and keeps its ticket", () => {
  const visit = begin();
  node.open(welcome("one"), accepted("two"));
  expect(visit.stage.get()).toEqual({ kind: "talking", agent: "Ada" });
  expect(memory.load()?.ticket).toBe("two");
});

test("the visitor's own end is told to the node and called so", async () => {
  const visit = begin();
  node.open(welcome("one"), accepted("two"));
  const ending = visit.end();
  expect(visit.stage.get()).toEqual({ kind: "over", reason: "by_visitor" });
  expect(node.heard.at(-1)).toEqual({ type: "end", session: ID });
  expect(memory.kept).toBeNull();
  node.tell({ type: "ended", reason: "by_visitor" });
  expect(node.readyState).toBe(3);
  while (timers.length > 0) {
    timers.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  }
  await ending;
  expect(memory.kept).toBeNull();
});

test("an end that the node does not confirm is told again, until it does", () => {
  const visit = begin();
  node.open(welcome("one"), accepted("two"));
  const before = node;
  before.close();
  before.onclose?.();
  void visit.end();
  expect(before.heard.map(({ type }) => type)).toEqual(["hello"]);
  expect(visit.stage.get()).toEqual({ kind: "over", reason: "by_visitor" });
  while (node === before) {
    timers.shift()?.();
  }
  node.open(welcome("three"), accepted("four"));
  expect(node.heard).toMatchObject([
    { type: "hello", ticket: "two" },
    { type: "end", session: ID },
  ]);
  expect(node.readyState).toBe(1);
  node.tell({ type: "ended", reason: "by_visitor" });
  expect(node.readyState).toBe(3);
  expect(visit.stage.get()).toEqual({ kind: "over", reason: "by_visitor" });
  expect(memory.kept).toBeNull();
});

test("a node that has forgotten a session that ended is asked no more", () => {
  const visit = begin();
  node.open(welcome("one"), accepted("two"));
  void visit.end();
  node.tell({ type: "error", code: "bad_ticket", message: "too old", fatal: false });
  expect(node.readyState).toBe(3);
  expect(visit.stage.get()).toEqual({ kind: "over", reason: "by_visitor" });
});

test("leaving is told, and nothing is kept", () => {
  const visit = begin();
  node.open(welcome("one"), { type: "queue", position: 1, waiting: 1, available: false });
  visit.leave();
  expect(node.heard.at(-1)).toEqual({ type: "leave" });
  expect(visit.stage.get()).toEqual({ kind: "over", reason: "abandoned" });
  expect(memory.kept).toBeNull();
});

test("a visit that goes on in another window is refused here", () => {
  const visit = begin();
  const error = { code: "superseded", message: "elsewhere", fatal: true } as const;
  node.open(welcome("one"), accepted("two"), { type: "error", ...error });
  expect(visit.stage.get()).toMatchObject({ kind: "refused", error });
  expect(visit.session?.view.get().connection).toBe("ended");
});

test("a node that may think again loses no visitor", () => {
  const visit = begin();
  const error = { code: "too_fast", message: "slower", fatal: true } as const;
  node.open(welcome("one"), { type: "error", ...error });
  expect(visit.stage.get().kind).toBe("joining");
  expect(visit.problem).toEqual({ type: "error", ...error });
  timers.shift()?.();
  node.open();
  expect(node.heard).toMatchObject([{ type: "hello", ticket: "one" }]);
  node.tell(welcome("one"));
  expect(visit.problem).toBeNull();
});

test("no more than three agents are connected with while it rings", async () => {
  begin();
  node.open(welcome("one"));
  for (const digit of "1234") {
    const link = `${ID.slice(0, -1)}${digit}`;
    node.tell({ type: "ring", link, ice: [], relay_only: true });
    node.tell({ type: "signal", link, signal: { kind: "ready", epoch: "life" } });
  }
  expect(peers).toBe(3);
});

test("a visit is kept from its beginning, and a closed window holds it no longer", () => {
  const visit = begin();
  expect([memory.load(), memory.open]).toMatchObject([{ details: visit.details }, true]);
  visit.suspend();
  expect(memory.open).toBe(false);
});

test("whatever the visitor's side says is kept at once", () => {
  const visit = begin();
  node.open(welcome("one"), accepted("two"));
  visit.session?.consent("allow");
  expect(memory.load()?.transcript?.log).toMatchObject([{ entry: { body: { consent: "allow" } } }]);
});

test("another window goes on where this one stopped, under an epoch of its own", () => {
  const first = begin();
  node.open(welcome("one"), accepted("two"));
  first.say("from the first");
  const state = first.handOver();
  expect(state).toMatchObject({ ticket: "two" });
  expect(node.readyState).toBe(3);
  expect(first.stage.get()).toMatchObject({ kind: "refused", error: { code: "superseded" } });
  expect(first.session?.view.get().connection).toBe("ended");
  const late = timers;
  timers = [];

  memory.save(state as Remembered);
  const second = begin();
  second.say("from the second");
  expect(texts(second)).toEqual(["from the first", "from the second"]);
  const [one, two] = second.transcript.lines(false).map((line) => line.id.epoch);
  expect(one).not.toBe(two);

  // The first window keeps its hands off what is the second's now.
  const { kept } = memory;
  first.save();
  first.suspend();
  for (const run of late) {
    run();
  }
  expect(first.handOver()).toBeNull();
  expect(memory.kept).toBe(kept);
});

test("a visit that is over is nobody else's to go on with", () => {
  const visit = begin();
  node.open(welcome("one"));
  visit.leave();
  expect(visit.handOver()).toBeNull();
  expect(visit.stage.get().kind).toBe("over");
});
