// The visitor's side goes from page to page: the agent's side has sent an offer ahead, and whoever
// comes back answers it with one message.

import type { NextOffer, Signal } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { AgentCore } from "../src/agent_core";
import { SessionCore } from "../src/core";
import type { Effect, Input } from "../src/core_words";
import { type Role, Transcript } from "../src/index";
import { PageCore } from "../src/page_core";

let epochs = 0;
beforeEach(() => {
  epochs = 0;
});

function core(role: Role, travels = true, saved?: ReturnType<Transcript["save"]>) {
  const transcript = new Transcript({ role, epoch: role, saved });
  const Core = role === "agent" ? AgentCore : travels ? PageCore : SessionCore;
  const session = new Core({
    transcript,
    epoch: () => `${role}${++epochs}`,
    chance: () => 0.5,
  });
  let now = 0;
  const handle = (...inputs: Input[]): Effect[] =>
    inputs.flatMap((input) => session.handle(++now, input));
  return { session, transcript, handle, later: (ms: number) => (now += ms) };
}

const description = (role: "offer" | "answer", epoch: string, to?: string): Signal => ({
  kind: "description",
  role,
  sdp: "v=0",
  epoch,
  seen: {},
  ...(to !== undefined && { to }),
});

const opens = (epoch: string): Input[] => [
  { type: "taken", epoch, seen: {} },
  { type: "path", epoch, state: "connected" },
  { type: "channel", epoch, open: true },
];

/** An agent's side that is connected with a visitor's, and what it is called. */
function connectedAgent() {
  const agent = core("agent");
  const begun = agent.handle({ type: "signal", signal: description("offer", "page1") });
  const { epoch } = begun.find((effect) => effect.type === "connect") as { epoch: string };
  agent.handle(...opens(epoch));
  return { ...agent, epoch };
}

/** The same, and an offer was sent ahead. */
function aheadAgent() {
  const agent = connectedAgent();
  const asked = agent.handle({ type: "hear", epoch: agent.epoch, talk: { type: "next" } });
  const { epoch } = asked.find((effect) => effect.type === "offer_ahead") as { epoch: string };
  const offer = { epoch, sdp: "v=0 whole" };
  const sent = agent.handle({ type: "offered_ahead", offer });
  expect(sent).toEqual([{ type: "tell", talk: { type: "next", offer } }]);
  return { ...agent, offer };
}

test("a side that travels asks for an offer as soon as it is connected, and keeps it", () => {
  const visitor = core("visitor", true);
  const begun = visitor.handle({ type: "start", resumed: false });
  const { epoch } = begun[0] as { epoch: string };
  visitor.handle({ type: "signal", signal: description("answer", "agent1", epoch) });
  const opened = visitor.handle(...opens(epoch));
  expect(opened.at(-1)).toEqual({ type: "tell", talk: { type: "next" } });
  const offer = { epoch: "agent2", sdp: "v=0" };
  expect(visitor.handle({ type: "hear", epoch, talk: { type: "next", offer } })).toEqual([
    { type: "next", offer },
  ]);
  // It goes with the connection that carried it.
  expect(
    visitor.handle({ type: "signal", signal: { kind: "ready", epoch: "agent3" } }),
  ).toContainEqual({ type: "next", offer: null });
});

test("one that does not travel asks for nothing", () => {
  const visitor = core("visitor", false);
  const begun = visitor.handle({ type: "start", resumed: false });
  const { epoch } = begun[0] as { epoch: string };
  visitor.handle({ type: "signal", signal: description("answer", "agent1", epoch) });
  expect(visitor.handle(...opens(epoch))).not.toContainEqual({
    type: "tell",
    talk: { type: "next" },
  });
});

test("the next life answers at once, and knows what the other side has", () => {
  const before = core("visitor", true);
  const first = before.transcript.write({ type: "message", text: "heard" }, 1);
  before.transcript.write({ type: "message", text: "not heard" }, 2);
  before.transcript.acknowledge(first.id);
  epochs = 10;
  const next: NextOffer = { epoch: "agent2", sdp: "v=0" };
  const saved = before.transcript.save();
  const visitor = core("visitor", true, saved);
  const begun = visitor.handle({ type: "start", resumed: true, next });
  const { epoch } = begun[0] as { epoch: string };
  const seen = { visitor: 1 };
  expect(begun.slice(0, 3)).toEqual([
    { type: "connect", epoch, answers: true },
    { type: "take", signal: { ...description("offer", "agent2"), seen } },
    { type: "next", offer: null },
  ]);
  expect(visitor.handle({ type: "described", epoch, role: "answer", sdp: "v=0" })).toEqual([
    { type: "signal", signal: description("answer", epoch, "agent2") },
  ]);
  visitor.handle({ type: "taken", epoch, seen }, { type: "path", epoch, state: "connected" });
  const flow = visitor.handle({ type: "channel", epoch, open: true })[0];
  expect(flow).toMatchObject({ type: "flow", entries: [{ body: { text: "not heard" } }] });
});

test("the agent's side takes up what it had prepared", () => {
  const agent = aheadAgent();
  const answer = description("answer", "page2", agent.offer.epoch);
  const taken = agent.handle({ type: "signal", signal: answer });
  expect(taken).toContainEqual({ type: "take_up", epoch: agent.offer.epoch });
  expect(taken).toContainEqual({ type: "take", signal: answer });
  expect(taken).not.toContainEqual(expect.objectContaining({ type: "connect" }));
  agent.handle(...opens(agent.offer.epoch));
  expect(agent.session.connection).toBe("open");
});

test("asked twice, the same offer is sent again; after a mend there is a new one", () => {
  const agent = aheadAgent();
  const { epoch, offer } = agent;
  const ask: Input = { type: "hear", epoch, talk: { type: "next" } };
  expect(agent.handle(ask)).toEqual([{ type: "tell", talk: { type: "next", offer } }]);
  agent.handle({ type: "path", epoch, state: "lost" }, { type: "path", epoch, state: "connected" });
  expect(agent.handle(ask)).toEqual([{ type: "offer_ahead", epoch: expect.any(String) }]);
});

test("an answer to an offer that is gone, or was answered, asks for another", () => {
  const agent = aheadAgent();
  const ready = { type: "signal", signal: { kind: "ready", epoch: expect.any(String) } };
  const stale = description("answer", "page2", "an offer of a page before");
  expect(agent.handle({ type: "signal", signal: stale })).toEqual([ready]);
  agent.handle({ type: "signal", signal: description("answer", "page3", agent.offer.epoch) });
  const again = description("answer", "page4", agent.offer.epoch);
  expect(agent.handle({ type: "signal", signal: again })).toEqual([ready]);
  // A late answer of a life that was connected here is no new one.
  const late = description("answer", "page1", "whatever");
  expect(agent.handle({ type: "signal", signal: late })).toEqual([]);
});

test("where the answer leads nowhere the visitor offers, and does not wait for long", () => {
  const visitor = core("visitor", true);
  visitor.handle({ type: "start", resumed: true, next: { epoch: "agent2", sdp: "v=0" } });
  expect(visitor.session.deadline).toBe(4001);
  visitor.later(4001);
  const [effect] = visitor.handle({ type: "tick" });
  expect(effect).toEqual({ type: "connect", epoch: expect.any(String) });
});
