// What an agent asks of a page of the site, where the visitor's side has none: each is answered.

import { channel, conversation, type Signal } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { AgentSession, PageTranscript, Session, standing, Transcript } from "../src/index";
import { FakeClock, fakePeer, settled } from "./fakes";

let agent: AgentSession;
let visitor: Session;

beforeEach(async () => {
  const clock = new FakeClock();
  const common = { ice: [], clock, createPeer: fakePeer, wantIce() {} };
  agent = new AgentSession({
    ...common,
    decoders: channel,
    transcript: new PageTranscript({ role: "agent", epoch: "agent" }),
    send: (signal: Signal) => queueMicrotask(() => visitor.signal(signal)),
  });
  visitor = new Session({
    ...common,
    decoders: conversation,
    transcript: new Transcript({ role: "visitor", epoch: "visitor" }),
    send: (signal: Signal) => queueMicrotask(() => agent.signal(signal)),
  });
  agent.start();
  visitor.start();
  await settled();
});

const lines = () => agent.view.get().lines;

test("a permission that is asked for", async () => {
  for (const permission of ["view", "point", "follow"] as const) {
    agent.ask(permission);
    await settled();
    expect(standing(lines(), permission)).toBe("no_page");
  }
  // Asked again it is answered again: it depends on nothing that was said before.
  agent.ask("view");
  await settled();
  expect(lines().filter((line) => line.kind === "grant")).toHaveLength(4);
});

test("an element that is pointed at, and a move in the history", async () => {
  agent.highlight("view", 7);
  agent.travel("back");
  await settled();
  expect(lines()).toMatchObject([
    { kind: "highlight", found: false, label: "" },
    { kind: "travel", landing: { state: "failed", why: "no_page" } },
  ]);
});

test("the visitor is shown nothing of it", async () => {
  agent.ask("view");
  agent.highlight("view", 7);
  await settled();
  expect(visitor.view.get().lines).toEqual([]);
});
