// Two sessions, a node between them that can lose signals, and peer connections that are not real.

import { channel, type Signal } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { AgentSession, type Role, type Saved, Session, TooLong, Transcript } from "../src/index";
import { type FakeChannel, FakeClock, FakePeer, fakePeer, settled } from "./fakes";

let clock = new FakeClock();
let transcripts: Partial<Record<Role, Transcript>> = {};
let sessions: Partial<Record<Role, Session>> = {};
let signals: { from: Role; signal: Signal }[] = [];
let nodeIsThere = true;
let epochs = 0;

beforeEach(() => {
  clock = new FakeClock();
  transcripts = {};
  sessions = {};
  signals = [];
  nodeIsThere = true;
});

function begin(role: "agent", saved?: Saved): AgentSession;
function begin(role: Role, saved?: Saved): Session;
function begin(role: Role, saved?: Saved): Session {
  epochs += 1;
  const transcript = new Transcript({ role, epoch: `${role[0]}${epochs}`, saved });
  transcripts[role] = transcript;
  const Side = role === "agent" ? AgentSession : Session;
  const session: Session = new Side({
    decoders: channel,
    transcript,
    ice: [],
    clock,
    createPeer: fakePeer,
    send(signal) {
      signals.push({ from: role, signal });
      if (nodeIsThere && sessions[role] === session) {
        const other = role === "visitor" ? "agent" : "visitor";
        queueMicrotask(() => sessions[other]?.signal(signal));
      }
    },
    wantIce: () => nodeIsThere && queueMicrotask(() => session.ice([])),
  });
  sessions[role] = session;
  return session;
}

async function pair(): Promise<{ visitor: Session; agent: AgentSession }> {
  const visitor = begin("visitor");
  const agent = begin("agent");
  agent.start();
  visitor.start();
  await settled();
  return { visitor, agent };
}

const texts = (session: Session) =>
  session.view.get().lines.flatMap((line) => (line.kind === "message" ? [line.text] : []));
const state = (session: Session) => session.view.get().connection;
const lastPeers = () => FakePeer.all.slice(-2);

test("the visitor offers, the agent answers, and what was written before flows", async () => {
  const visitor = begin("visitor");
  visitor.say("written early");
  const agent = begin("agent");
  agent.start();
  expect(texts(agent)).toEqual([]);
  visitor.start();
  await settled();
  expect(state(visitor)).toBe("open");
  expect(state(agent)).toBe("open");
  expect(texts(agent)).toEqual(["written early"]);
  expect(visitor.view.get().lines).toMatchObject([{ state: "delivered" }]);
  expect(visitor.view.get().path).toBe("direct");
  const roles = signals.flatMap(({ signal }) => (signal.kind === "description" ? signal.role : []));
  expect(roles).toEqual(["offer", "answer"]);
});

test("nothing is sent before the other side's seen is known", async () => {
  const visitor = begin("visitor");
  visitor.say("one");
  visitor.start();
  await settled();
  expect(FakePeer.all.at(-1)?.channels.get(0)?.sent).toEqual([]);
  expect(visitor.view.get().lines).toMatchObject([{ state: "waiting" }]);
});

test("an agent that reloads asks for an offer, and nothing is lost or doubled", async () => {
  const { visitor, agent } = await pair();
  visitor.say("one");
  await settled();
  agent.say("two");
  await settled();
  const saved = transcripts.agent?.save();
  agent.close();
  await settled();
  expect(state(visitor)).toBe("reconnecting");
  visitor.say("three");
  const again = begin("agent", saved);
  again.start(true);
  await settled();
  expect(state(visitor)).toBe("open");
  again.say("four");
  await settled();
  expect(texts(again)).toEqual(["one", "two", "three", "four"]);
  expect(texts(visitor)).toEqual(["one", "two", "three", "four"]);
});

test("a visitor that reloads makes a new offer, and the agent takes it", async () => {
  const { visitor, agent } = await pair();
  agent.say("one");
  await settled();
  visitor.close();
  const again = begin("visitor");
  again.start();
  await settled();
  expect(state(agent)).toBe("open");
  expect(texts(again)).toEqual(["one"]);
});

test("two offers in one breath: the later one counts", async () => {
  const { visitor, agent } = await pair();
  visitor.close();
  const again = begin("visitor");
  again.start();
  again.signal({ kind: "ready", epoch: "another" });
  await settled();
  expect(state(again)).toBe("open");
  expect(state(agent)).toBe("open");
});

test("a signal that is meant for an older life is dropped", async () => {
  const { visitor, agent } = await pair();
  const count = FakePeer.all.length;
  agent.signal({
    kind: "description",
    role: "offer",
    sdp: "late",
    epoch: "old",
    to: "older",
    seen: {},
  });
  await settled();
  expect(FakePeer.all.length).toBe(count);
  expect(state(visitor)).toBe("open");
});

test("candidates that come early wait, and a broken one costs nothing", async () => {
  const visitor = begin("visitor");
  visitor.start();
  await settled();
  const peer = FakePeer.all.at(-1);
  const epoch = "theirs";
  for (const candidate of ["broken", "candidate:1"]) {
    visitor.signal({ kind: "candidate", candidate, mid: "0", epoch });
  }
  await settled();
  expect(peer?.candidates).toEqual([]);
  visitor.signal({ kind: "description", role: "answer", sdp: "x", epoch, seen: {} });
  await settled();
  expect(peer?.candidates).toEqual([{ candidate: "candidate:1", sdpMid: "0" }]);
});

test("a failed path is restarted with fresh credentials", async () => {
  const { visitor } = await pair();
  const peers = lastPeers();
  for (const peer of peers) {
    peer.fail("failed");
  }
  expect(state(visitor)).toBe("reconnecting");
  visitor.say("written meanwhile");
  expect(visitor.view.get().lines).toMatchObject([{ state: "waiting" }]);
  clock.turn(100);
  await settled();
  expect(peers.some((peer) => peer.restarts > 0)).toBe(true);
});

test("without an answer, the visitor offers anew", async () => {
  const visitor = begin("visitor");
  visitor.start();
  await settled();
  const offers = () =>
    signals.filter(({ signal }) => signal.kind === "description" && signal.role === "offer");
  expect(offers().length).toBe(1);
  clock.turn(10_000);
  await settled();
  expect(offers().length).toBe(2);
});

test("while the node is away a running session goes on", async () => {
  const { visitor, agent } = await pair();
  nodeIsThere = false;
  agent.say("still here");
  await settled();
  expect(texts(visitor)).toEqual(["still here"]);
});

test("a lead reaches the visitor once, and its landing the agent", async () => {
  const { visitor, agent } = await pair();
  const leads: string[] = [];
  visitor.onLead((id, url) => {
    leads.push(url);
    visitor.land(id, { state: "shown" });
    visitor.land(id, { state: "landed", how: "opener" });
  });
  agent.lead("https://shop.example/");
  await settled();
  expect(leads).toEqual(["https://shop.example/"]);
  expect(agent.view.get().lines).toMatchObject([
    { kind: "lead", state: "delivered", landing: { state: "landed", how: "opener" } },
  ]);
});

test("typing is told, and forgotten when it is not heard again", async () => {
  const { visitor, agent } = await pair();
  agent.typing(true);
  await settled();
  expect(visitor.view.get().typing).toBe(true);
  clock.turn(7000);
  expect(visitor.view.get().typing).toBe(false);
});

test("goodbye leaves before the connection closes", async () => {
  const { visitor, agent } = await pair();
  visitor.say("thank you");
  const ending = visitor.end();
  await settled();
  clock.turn(2000);
  await ending;
  expect(visitor.view.get()).toMatchObject({ connection: "ended", ended: true });
  expect(texts(agent)).toEqual(["thank you"]);
  expect(agent.view.get().ended).toBe(true);
});

test("a slow channel is not flooded", async () => {
  const { visitor, agent } = await pair();
  const all = lastPeers().flatMap((peer) => peer.channels.get(0) ?? []);
  const sent = () => all.flatMap((talk) => talk.sent);
  for (const talk of all) {
    talk.bufferedAmount = 2 ** 21;
  }
  const before = sent();
  visitor.say("one");
  visitor.say("two");
  expect(sent()).toEqual(before);
  for (const talk of all) {
    talk.bufferedAmount = 0;
    talk.onbufferedamountlow?.({} as never);
  }
  await settled();
  expect(texts(agent)).toEqual(["one", "two"]);
});

test("a gap is asked for once", async () => {
  const { visitor } = await pair();
  const talk = lastPeers()
    .flatMap((peer) => peer.channels.get(0) ?? [])
    .find((channel) => channel.onmessage !== null);
  const entry = (seq: number) => {
    const id = { epoch: "gappy", seq };
    const body = { type: "message", text: String(seq) };
    return { data: JSON.stringify({ type: "entry", id, at: 1, body }) } as never;
  };
  const asked = () => talk?.sent.filter((sent) => sent.includes("resume")).length ?? 0;
  const before = asked();
  talk?.onmessage?.(entry(5));
  talk?.onmessage?.(entry(6));
  expect(asked() - before).toBe(1);
  expect(texts(visitor)).toEqual([]);
});

async function ring(offerOnly = false): Promise<{ visitor: Session; agent: AgentSession }> {
  const visitor = begin("visitor");
  const agent = begin("agent");
  visitor.ring(!offerOnly, offerOnly);
  agent.ring(!offerOnly, offerOnly);
  await settled();
  return { visitor, agent };
}

test("connected while it rings: the accept finds an open channel, and no word passed before", async () => {
  const { visitor, agent } = await ring();
  visitor.say("written while it rang");
  await settled();
  expect(lastPeers().map((peer) => peer.channels.get(0)?.readyState)).toEqual(["open", "open"]);
  expect(lastPeers().flatMap((peer) => peer.channels.get(0)?.sent ?? [])).toEqual([]);
  agent.answer();
  agent.say("hello");
  await settled();
  expect(state(agent)).toBe("open");
  expect(texts(visitor)).toEqual(["written while it rang"]);
  agent.accepted([], false);
  visitor.accepted([], false);
  await settled();
  expect(texts(visitor)).toEqual(["written while it rang", "hello"]);
  expect(texts(agent).sort()).toEqual(["hello", "written while it rang"]);
});

test("after the accept a better path is looked for over the channel itself", async () => {
  const { visitor, agent } = await ring();
  agent.answer();
  agent.accepted([], false);
  nodeIsThere = false;
  const before = signals.length;
  visitor.accepted([], false);
  await settled();
  expect(FakePeer.all.slice(-2).map((peer) => peer.restarts)).toContain(1);
  expect(signals.length).toBe(before);
  expect(state(visitor)).toBe("open");
  expect(state(agent)).toBe("open");
});

test("prepared while it rings: an offer is all that passes, and no address is looked for", async () => {
  const peers = FakePeer.all.length;
  const { visitor, agent } = await ring(true);
  agent.answer();
  agent.say("hello");
  clock.turn(60_000);
  await settled();
  expect(signals.map(({ signal }) => signal)).toMatchObject([
    { kind: "ready" },
    { kind: "description", role: "offer" },
  ]);
  expect(FakePeer.all.slice(peers)).toMatchObject([{ localDescription: null }]);
  const [prepared] = FakePeer.all.slice(peers);
  visitor.accepted([], false);
  agent.accepted([], false);
  await settled();
  expect(lastPeers()[0]).toBe(prepared);
  expect([state(visitor), state(agent)]).toEqual(["open", "open"]);
  expect(texts(visitor)).toEqual(["hello"]);
});

test("an accept that overtakes the offer it prepared is as good", async () => {
  const visitor = begin("visitor");
  const agent = begin("agent");
  visitor.ring(false, true);
  agent.ring(false, true);
  agent.accepted([], false);
  visitor.signal({ kind: "ready", epoch: "another" });
  visitor.accepted([], false);
  await settled();
  expect([state(visitor), state(agent)]).toEqual(["open", "open"]);
});

test("a frame that says nothing new is neither looked through nor shown", async () => {
  const { visitor, agent } = await pair();
  agent.say("one");
  await settled();
  let looks = 0;
  const transcript = transcripts.visitor as Transcript;
  const lines = transcript.lines.bind(transcript);
  transcript.lines = (live) => {
    looks += 1;
    return lines(live);
  };
  let shown = 0;
  visitor.view.subscribe(() => {
    shown += 1;
  });
  const isEntry = (text: string) => text.includes('"entry"');
  const channels = lastPeers().flatMap((peer) => peer.channels.get(0) ?? []);
  const agents = channels.find(({ sent }) => sent.some(isEntry)) as FakeChannel;
  const doubled = agents.sent.find(isEntry) as string;
  for (let time = 0; time < 100; time += 1) {
    agents.send(doubled);
    agents.send(JSON.stringify({ type: "ack", id: { epoch: "v", seq: 1 } }));
  }
  await settled();
  expect([looks, shown]).toEqual([0, 0]);
  agent.say("two");
  await settled();
  expect([looks, shown]).toEqual([1, 1]);
  expect(texts(visitor)).toEqual(["one", "two"]);
});

test("what cannot be read is passed over, and all that follows it is heard", async () => {
  const { visitor } = await pair();
  const talk = lastPeers()
    .flatMap((peer) => peer.channels.get(0) ?? [])
    .find((channel) => channel.onmessage !== null) as FakeChannel;
  const hear = (seq: number, body: string) => {
    const id = `{"epoch":"other","seq":${seq}}`;
    talk.onmessage?.({ data: `{"type":"entry","id":${id},"at":1,"body":${body}}` } as never);
  };
  hear(1, '{"type":"message","text":"half of \\ud83d"}');
  hear(2, `{"type":"lead","url":"https://${"x".repeat(5000)}"}`);
  hear(3, '{"type":"message","text":"heard"}');
  expect(texts(visitor)).toEqual(["heard"]);
  const acks = talk.sent.filter((sent) => sent.includes('"ack"'));
  expect(acks.map((sent) => JSON.parse(sent).id.seq)).toEqual([1, 2, 3]);
});

test("half a character leaves as something that the other side can read", async () => {
  const { visitor, agent } = await pair();
  visitor.say("half of \ud83d, and 👋");
  await settled();
  expect(texts(agent)).toEqual(["half of \ufffd, and 👋"]);
  expect(() => agent.lead(`https://shop.example/${"x".repeat(2048)}`)).toThrow(TooLong);
  agent.say("next");
  await settled();
  expect(texts(visitor)).toContain("next");
});

test("of one description sixty-four candidates are taken", async () => {
  const { visitor } = await pair();
  const peer = FakePeer.all.find(({ id }) => id === lastPeers()[0]?.id) as FakePeer;
  const answer = signals.find(({ from, signal }) => from === "agent" && "epoch" in signal);
  const { epoch } = { epoch: "", ...answer?.signal };
  const tell = (count: number) => {
    for (let line = 0; line < count; line += 1) {
      visitor.signal({ kind: "candidate", candidate: `candidate:${line}`, mid: "0", epoch });
    }
  };
  tell(100);
  await settled();
  expect(peer.candidates).toHaveLength(64);
  visitor.signal({ kind: "description", role: "offer", sdp: "again", epoch, seen: {} });
  tell(1);
  await settled();
  expect(peer.candidates).toHaveLength(65);
});
