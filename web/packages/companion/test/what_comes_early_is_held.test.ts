// A window that has not loaded yet what it takes to talk, and a node that does not wait for it.

import { AgentSession, Session, Transcript } from "@isession/peer";
import { channel, conversation, type ToVisitor } from "@isession/protocol";
import { Memory } from "@isession/visitor";
import { beforeEach, expect, test } from "vitest";
import { FakeClock, fakePeer, settled } from "../../peer/test/fakes";
import { accepted, FakeNode, ID, welcome } from "../../visitor/test/fake_node";
import { type Sessions, WindowVisit } from "../src/window_visit";

const queue: ToVisitor = { type: "queue", position: 1, waiting: 1, available: true };
const ring: ToVisitor = { type: "ring", link: ID, ice: [], relay_only: false, offer_only: false };
const sessions: Sessions = {
  newSession: (options) => new Session({ ...options, decoders: conversation }),
};

let clock: FakeClock;
let nodes: FakeNode[];
let agent: AgentSession;
let visit: WindowVisit;

const node = () => nodes.at(-1) as FakeNode;
const said = () => node().heard.map(({ type }) => type);

beforeEach(() => {
  clock = new FakeClock();
  nodes = [];
  visit = new WindowVisit({
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
  agent = new AgentSession({
    decoders: channel,
    transcript: new Transcript({ role: "agent", epoch: "agent" }),
    ice: [],
    clock,
    createPeer: fakePeer,
    send: (signal) => node().tell({ type: "signal", link: ID, signal }),
    wantIce() {},
  });
  node().open(welcome("queue"), queue);
});

const open = () => visit.session?.view.get().connection === "open";

test("the queue needs none of it: the place is shown, and what is written waits", () => {
  visit.say("written early");
  expect(visit.stage.get()).toMatchObject({ kind: "waiting", place: { position: 1 } });
  visit.leave();
  expect(said()).toEqual(["hello", "leave"]);
});

test("a ring, its signals and the accept are taken up in their order once it is there", async () => {
  visit.say("written early");
  node().tell(ring);
  agent.ring(false);
  await settled();
  node().tell(accepted("session"));
  agent.answer();
  agent.accepted([], false);
  await settled();
  expect(visit.stage.get().kind).toBe("waiting");
  visit.take(sessions);
  await settled();
  expect(visit.stage.get()).toEqual({ kind: "talking", agent: "Ada" });
  expect(open()).toBe(true);
  expect(agent.view.get().lines).toMatchObject([{ text: "written early" }]);
});

test("with what the node said on a connection that is lost nobody is connected", async () => {
  node().tell(ring);
  visit.renew();
  node().open(welcome("queue"), queue);
  visit.take(sessions);
  await settled();
  expect(visit.session).toBeNull();
  expect(visit.stage.get().kind).toBe("waiting");
});

test("a visit that another window has taken by then stays there", async () => {
  node().tell(accepted("session"));
  visit.handOver();
  visit.take(sessions);
  await settled();
  expect(visit.stage.get().kind).toBe("refused");
  expect(visit.session).toBeNull();
});

test("who leaves the queue when an agent has accepted ends that session", async () => {
  node().tell(accepted("session"));
  visit.leave();
  visit.take(sessions);
  await settled();
  expect(visit.session).toBeNull();
  expect(node().heard.at(-1)).toEqual({ type: "end", session: ID });
});

test("more than can be held is told again by the node", async () => {
  node().tell(accepted("session"));
  const signal = { kind: "ready", epoch: "flood" } as const;
  for (let n = 0; n < 256; n += 1) {
    nodes[0]?.tell({ type: "signal", link: ID, signal });
  }
  expect(nodes).toHaveLength(2);
  node().open(welcome("queue"), accepted("session"));
  agent.start();
  visit.take(sessions);
  await settled();
  expect(open()).toBe(true);
});
