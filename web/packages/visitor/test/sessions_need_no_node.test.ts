// A visit whose session runs, against a node that forgets or cannot be reached, and a real agent's
// side behind it.

import { AgentSession, Transcript } from "@isession/peer";
import { channel, type ToVisitor } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { FakeClock, FakePeer, fakePeer, settled } from "../../peer/test/fakes";
import { Memory } from "../src/memory";
import type { Visit } from "../src/visit";
import { accepted, FakeNode, ID, welcome } from "./fake_node";
import { WholeVisit } from "./whole_visit";

const stale: ToVisitor = { type: "error", code: "bad_ticket", message: "stale", fatal: false };

let clock: FakeClock;
let nodes: FakeNode[];
let agent: AgentSession;

const node = () => nodes.at(-1) as FakeNode;

beforeEach(() => {
  clock = new FakeClock();
  nodes = [];
});

function begin(): Visit {
  return new WholeVisit({
    site: "shop",
    memory: new Memory("shop", null),
    details: {},
    relayOnly: false,
    url: "wss://node.example/v1/visitor",
    clock,
    openSocket: () => {
      nodes.push(new FakeNode(({ signal }) => agent.signal(signal)));
      return node() as unknown as WebSocket;
    },
    createPeer: fakePeer,
  });
}

async function talking(): Promise<Visit> {
  const visit = begin();
  agent = new AgentSession({
    decoders: channel,
    transcript: new Transcript({ role: "agent", epoch: "agent" }),
    ice: [],
    clock,
    createPeer: fakePeer,
    send: (signal) => queueMicrotask(() => node().tell({ type: "signal", link: ID, signal })),
    wantIce() {},
  });
  agent.start();
  node().open(welcome("queue"), accepted("session"));
  await settled();
  expect(visit.session?.view.get().connection).toBe("open");
  return visit;
}

/** The connection to the node breaks and is made anew. */
function comeBack(...frames: ToVisitor[]): void {
  const { length } = nodes;
  node().lose();
  clock.turn(500);
  expect(nodes).toHaveLength(length + 1);
  node().open(...frames);
}

const texts = (visit: Visit) =>
  visit.transcript.lines(false).flatMap((line) => (line.kind === "message" ? [line.text] : []));

test("a ticket that the node forgot ends no session that runs", async () => {
  const visit = await talking();
  comeBack(stale, welcome("another"));
  expect(visit.stage.get()).toEqual({ kind: "talking", agent: "Ada" });
  expect(node().heard.map(({ type }) => type)).toEqual(["hello", "leave"]);
  expect(node().readyState).toBe(3);
  visit.say("still there?");
  await settled();
  expect(agent.view.get().lines).toMatchObject([{ text: "still there?" }]);
});

test("when its channel is lost too, the visit begins afresh", async () => {
  const visit = await talking();
  visit.say("heard");
  await settled();
  comeBack(stale, welcome("another"));
  const { length } = nodes;
  for (const peer of FakePeer.all.slice(-2)) {
    peer.fail("failed");
  }
  visit.say("not heard");
  clock.turn(0);
  expect(visit.session).toBeNull();
  expect(visit.stage.get().kind).toBe("joining");
  expect(texts(visit)).toEqual(["not heard"]);
  expect(nodes).toHaveLength(length + 1);
  node().open(welcome("new"));
  expect(node().heard).toEqual([{ type: "hello", site: "shop", details: {} }]);
});

const ended = (reason: "by_visitor" | "by_agent" | "abandoned"): ToVisitor => ({
  type: "ended",
  reason,
});
const said = () => node().heard.filter(({ type }) => type !== "hello" && type !== "path");

test("an end that the node could not hear is told when it is back", async () => {
  const visit = await talking();
  node().lose();
  void visit.end();
  await settled();
  expect(visit.stage.get()).toEqual({ kind: "over", reason: "by_visitor" });
  expect(agent.view.get().ended).toBe(true);
  clock.turn(500);
  node().open(welcome("queue"));
  expect(node().heard).toMatchObject([{ type: "hello", ticket: "session" }]);
  node().tell(accepted("session"));
  expect(said()).toEqual([{ type: "end", session: ID }]);
  node().tell(ended("by_visitor"));
  expect(node().readyState).toBe(3);
  clock.turn(100_000);
  expect(nodes).toHaveLength(2);
});

test("an end on a connection that died without a word is told again", async () => {
  const visit = await talking();
  void visit.end();
  await settled();
  expect(said()).toEqual([{ type: "end", session: ID }]);
  clock.turn(7000);
  expect(nodes).toHaveLength(2);
  node().open(welcome("queue"), accepted("session"));
  expect(said()).toEqual([{ type: "end", session: ID }]);
});

test("leaving while the node is away is told when it is back", () => {
  const visit = begin();
  node().open(welcome("queue"), { type: "queue", position: 1, waiting: 1, available: true });
  node().lose();
  visit.leave();
  expect(visit.stage.get()).toEqual({ kind: "over", reason: "abandoned" });
  clock.turn(500);
  node().open(welcome("queue"));
  expect(node().heard).toMatchObject([{ type: "hello", ticket: "queue" }, { type: "leave" }]);
  node().tell(ended("abandoned"));
  expect(node().readyState).toBe(3);
});

test("an agent who accepts somebody who left is left", () => {
  const visit = begin();
  node().open(welcome("queue"));
  visit.leave();
  node().tell(accepted("session"));
  expect(visit.session).toBeNull();
  expect(said()).toEqual([{ type: "leave" }, { type: "end", session: ID }]);
});

test("a ticket that holds no longer has nothing to end", () => {
  const visit = begin();
  node().open(welcome("queue"));
  node().lose();
  visit.leave();
  clock.turn(500);
  node().open(stale);
  expect(node().readyState).toBe(3);
  clock.turn(100_000);
  expect(nodes).toHaveLength(2);
});

test("a goodbye that came by the channel alone is told to the node", async () => {
  const visit = await talking();
  void agent.end();
  await settled();
  expect(visit.stage.get()).toEqual({ kind: "over", reason: "by_agent" });
  expect(said()).toEqual([]);
  clock.turn(2000);
  expect(said()).toEqual([{ type: "end", session: ID }]);
});

test("a goodbye that the node knows of is not", async () => {
  await talking();
  void agent.end();
  await settled();
  node().tell(ended("by_agent"));
  expect(node().readyState).toBe(3);
  clock.turn(2000);
  expect(said()).toEqual([]);
});

test("without a channel a ticket that does not hold begins afresh at once", async () => {
  const visit = await talking();
  FakePeer.all.at(-1)?.fail("disconnected");
  FakePeer.all.at(-2)?.fail("disconnected");
  comeBack(stale, welcome("another"));
  expect(visit.session).toBeNull();
  expect(visit.stage.get().kind).toBe("joining");
});

test("a conversation without room for an answer is over, and the node is told", async () => {
  const visit = await talking();
  for (let entry = 0; entry < 6000; entry += 1) {
    const text = ".";
    visit.transcript.receive({
      id: { epoch: "past", seq: entry + 1 },
      at: 0,
      body: { type: "message", text },
    });
  }
  agent.lead("https://shop.example/");
  await settled();
  expect(visit.stage.get()).toEqual({ kind: "over", reason: "unknown" });
  expect(said()).toEqual([{ type: "end", session: ID }]);
  node().tell(ended("by_visitor"));
  expect(node().readyState).toBe(3);
});

test("what changes nothing that was said is not kept anew", async () => {
  const visit = await talking();
  clock.turn(1000);
  let saves = 0;
  const save = visit.save.bind(visit);
  visit.save = (open) => {
    saves += 1;
    save(open);
  };
  agent.typing(true);
  await settled();
  expect(visit.session?.view.get().typing).toBe(true);
  clock.turn(1000);
  expect(saves).toBe(0);
  agent.say("done");
  await settled();
  clock.turn(1000);
  expect(saves).toBe(1);
});
