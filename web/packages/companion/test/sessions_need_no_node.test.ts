// A visit whose session runs, against a node that forgets or cannot be reached, and a real agent's
// side behind it.

import { Session, Transcript } from "@isession/peer";
import type { FromVisitor, ToVisitor } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { FakeClock, FakePeer, fakePeer, settled } from "../../peer/test/fakes";
import { Memory } from "../src/memory";
import { Visit } from "../src/visit";

const ID = "0192f3a4-7b1c-7def-8123-456789abcdef";
const site = {
  id: "shop",
  name: "Shop",
  lead_policy: { development: false },
  destinations: [],
  retention: 0,
};
const welcome = (ticket: string): ToVisitor => ({ type: "welcome", visitor: ID, site, ticket });
const accepted: ToVisitor = {
  type: "accepted",
  session: ID,
  link: ID,
  agent: { id: ID, name: "Ada" },
  ice: [],
  ticket: "session",
};
const stale: ToVisitor = { type: "error", code: "bad_ticket", message: "stale", fatal: false };

class FakeNode {
  readonly heard: FromVisitor[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;

  send(text: string): void {
    const frame = JSON.parse(text) as FromVisitor;
    if (frame.type === "signal") {
      queueMicrotask(() => agent.signal(frame.signal));
    } else {
      this.heard.push(frame);
    }
  }

  close(): void {
    this.readyState = 3;
  }

  lose(): void {
    this.close();
    this.onclose?.();
  }

  open(...frames: ToVisitor[]): void {
    this.readyState = 1;
    this.onopen?.();
    this.tell(...frames);
  }

  tell(...frames: ToVisitor[]): void {
    for (const frame of frames) {
      this.onmessage?.({ data: JSON.stringify(frame) });
    }
  }
}

let clock: FakeClock;
let nodes: FakeNode[];
let agent: Session;

const node = () => nodes.at(-1) as FakeNode;

beforeEach(() => {
  clock = new FakeClock();
  nodes = [];
});

function begin(): Visit {
  return new Visit({
    site: "shop",
    memory: new Memory("shop", null),
    details: {},
    relayOnly: false,
    url: "wss://node.example/v1/visitor",
    clock,
    openSocket: () => {
      nodes.push(new FakeNode());
      return node() as unknown as WebSocket;
    },
    createPeer: fakePeer,
  });
}

async function talking(): Promise<Visit> {
  const visit = begin();
  agent = new Session({
    transcript: new Transcript({ role: "agent", epoch: "agent" }),
    ice: [],
    clock,
    createPeer: fakePeer,
    send: (signal) => queueMicrotask(() => node().tell({ type: "signal", link: ID, signal })),
    wantIce() {},
  });
  agent.start();
  node().open(welcome("queue"), accepted);
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

test("without a channel a ticket that does not hold begins afresh at once", async () => {
  const visit = await talking();
  FakePeer.all.at(-1)?.fail("disconnected");
  FakePeer.all.at(-2)?.fail("disconnected");
  comeBack(stale, welcome("another"));
  expect(visit.session).toBeNull();
  expect(visit.stage.get().kind).toBe("joining");
});
