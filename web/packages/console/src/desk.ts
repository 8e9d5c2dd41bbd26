// The agent's desk: the socket, the sessions, and what a reload must not forget.

import {
  NodeSocket,
  randomEpoch,
  Session,
  type SessionView,
  type SocketState,
  Transcript,
} from "@isession/peer";
import {
  type AgentCard,
  decodeToAgent,
  type EndReason,
  type FromAgent,
  type IceServer,
  type LinkId,
  type Preconnect,
  type SessionId,
  type ToAgent,
  type VisitorCard,
  type VisitorId,
} from "@isession/protocol";
import { computed, signal } from "@preact/signals";
import { memory, type RememberedTalk } from "./memory";
import { EMPTY, notice, reduce } from "./store";

/** One session on the desk, going on or ended and not yet put away. */
export interface Talk {
  /** Names it here: it is known while it rings, the session only after the accept. */
  link: LinkId;
  /** Null until the node confirms the accept. */
  session: SessionId | null;
  visitor: VisitorCard;
  ticket: string;
  transcript: Transcript;
  peer: Session;
  ended: EndReason | null;
  /** Lines of the visitor that have been on screen. */
  read: number;
}

/** Ended sessions that stay readable; the oldest is put away for the next. */
const ENDED = 20;

export const queue = signal(EMPTY);
export const talks = signal<readonly Talk[]>([]);
export const current = signal<LinkId | null>(null);
export const socketState = signal<SocketState>("stopped");
/** Signed in somewhere else: this console is out of work. */
export const superseded = signal(false);
/** Visitors accepted here whose session the node has not confirmed yet. */
const accepting = new Set<VisitorId>();
/** Connected while they ring, so that the accept finds them connected. */
const ringing = new Map<VisitorId, { link: LinkId; transcript: Transcript; peer: Session }>();
/** Counts changes of the sessions' own views. */
const turns = signal(0);

/** Lines of the visitor that the agent has not seen. */
export const unread = computed(() => {
  turns.value;
  return new Map(talks.value.map((talk) => [talk.link, theirs(talk) - talk.read]));
});

/** The talk in front. Whoever reads it while rendering renders again at every change of it. */
export function currentTalk(): Talk | null {
  turns.value;
  return talks.value.find((talk) => talk.link === current.value) ?? null;
}

/** A talk as it is now, likewise. */
export function viewOf(talk: Talk): SessionView {
  turns.value;
  return talk.peer.view.get();
}

/** All talks, likewise. */
export function allTalks(): readonly Talk[] {
  turns.value;
  return talks.value;
}

const relayOnly = new URLSearchParams(location.search).get("transport") === "relay";
let socket: NodeSocket<FromAgent, ToAgent> | null = null;

const theirs = (talk: Talk): number =>
  talk.peer.view.get().lines.filter((line) => !line.mine && line.kind === "message").length;

const change = (): void => {
  turns.value += 1;
};

/** Takes up work: sessions of before a reload, then the node. */
export function start(agent: AgentCard): void {
  queue.value = { ...EMPTY, agent, available: memory.available() };
  superseded.value = false;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new NodeSocket<FromAgent, ToAgent>({
    url: `${scheme}://${location.host}/v1/agent`,
    hello,
    decode: decodeToAgent,
  });
  socket.onFrame(receive);
  const { state } = socket;
  state.subscribe(() => {
    socketState.value = state.get();
  });
  socketState.value = state.get();
}

/** Leaves work. Sessions end here without a word: they can be taken up again. */
export function stop(): void {
  socket?.stop();
  socket = null;
  for (const talk of talks.value) {
    talk.peer.close();
  }
  hangUp();
  talks.value = [];
  queue.value = EMPTY;
}

export function setAvailable(available: boolean): void {
  memory.saveAvailable(available);
  queue.value = { ...queue.value, available };
  socket?.send({ type: "available", available });
}

export function answer(visitor: VisitorId, accept: boolean): void {
  socket?.send({ type: accept ? "accept" : "decline", visitor });
  if (accept) {
    accepting.add(visitor);
    beginConnected(visitor);
  }
  const rings = queue.value.rings.filter((ring) => ring.visitor !== visitor);
  queue.value = { ...queue.value, rings };
}

/** Brings a session to the front; what it holds counts as read while somebody looks. */
export function show(link: LinkId | null): void {
  current.value = link;
  read();
}

/** The current conversation is on screen. */
export function read(): void {
  const talk = currentTalk();
  if (talk && !document.hidden && talk.read !== theirs(talk)) {
    talk.read = theirs(talk);
    change();
  }
}

export async function end(talk: Talk): Promise<void> {
  const ending = talk.peer.end();
  tellEnd(talk);
  over(talk, "by_agent");
  await ending;
}

/** Puts an ended session away. */
export function putAway(talk: Talk): void {
  talk.peer.close();
  const index = talks.value.indexOf(talk);
  talks.value = talks.value.filter((other) => other !== talk);
  show((talks.value[index] ?? talks.value[index - 1])?.link ?? null);
  save();
}

/** The network is there again, and may be another one. */
export function renew(): void {
  socket?.renew();
}

/** Somebody looks. */
export function wake(): void {
  socket?.retryNow();
  read();
}

export function save(): void {
  memory.saveTalks(
    talks.value.flatMap(({ session, link, visitor, ticket, transcript, ended }) =>
      session === null || ended !== null
        ? []
        : [{ session, link, visitor, ticket, transcript: transcript.save() }],
    ),
  );
}

function hello(): FromAgent {
  const going = talks.value.filter((talk) => talk.ended === null && talk.session !== null);
  const known = going.map((talk) => talk.ticket);
  const before = memory.talks().filter(({ session }) => !find(session));
  const tickets = [...known, ...before.map(({ ticket }) => ticket)].slice(0, 32);
  return { type: "hello", available: queue.value.available, tickets };
}

function receive(frame: ToAgent): void {
  queue.value = reduce(queue.value, frame, Date.now());
  switch (frame.type) {
    case "welcome":
      // The node rings anew whoever still rings.
      hangUp();
      break;
    case "ring":
      if (frame.preconnect) {
        connectWhileItRings(frame.visitor, frame.preconnect);
      }
      break;
    case "ring_ended":
      ringEnded(frame);
      break;
    case "accepted":
      accepted(frame);
      break;
    case "signal":
      byLink(frame.link)?.signal(frame.signal);
      break;
    case "ice":
      byLink(frame.link)?.ice(frame.ice);
      break;
    case "ended": {
      const talk = find(frame.session);
      if (talk) {
        over(talk, frame.reason);
      } else {
        forget(frame.session);
      }
      break;
    }
    case "error":
      if (frame.code === "superseded") {
        superseded.value = true;
      } else if (frame.fatal) {
        queue.value = notice(queue.value, `The node ended the connection: ${frame.message}.`);
      }
      break;
  }
}

function connectWhileItRings(visitor: VisitorId, { link, ice, relay_only }: Preconnect): void {
  ringing.get(visitor)?.peer.close();
  const transcript = new Transcript({ role: "agent", epoch: randomEpoch() });
  const peer = newSession(link, transcript, ice, relayOnly || relay_only);
  ringing.set(visitor, { link, transcript, peer });
  peer.ring();
}

/** The accept of a visitor who is connected already: the talk begins with the click. */
function beginConnected(visitor: VisitorId): void {
  const ring = ringing.get(visitor);
  const card = queue.value.waiting.get(visitor)?.card;
  if (ring && card) {
    ringing.delete(visitor);
    add({ ...ring, session: null, visitor: card, ticket: "", ended: null, read: 0 });
    show(ring.link);
    ring.peer.answer();
  }
}

function ringEnded({ visitor, reason }: ToAgent & { type: "ring_ended" }): void {
  if (reason.why === "accepted" && reason.by.id === queue.value.agent?.id) {
    return;
  }
  ringing.get(visitor)?.peer.close();
  ringing.delete(visitor);
  // Whoever was too late has a talk that never was one.
  accepting.delete(visitor);
  const late = talks.value.find((talk) => talk.session === null && talk.visitor.id === visitor);
  if (late) {
    putAway(late);
  }
}

/** Nobody rings any more. */
function hangUp(): void {
  for (const { peer } of ringing.values()) {
    peer.close();
  }
  ringing.clear();
}

function accepted(frame: ToAgent & { type: "accepted" }): void {
  const { session, link, visitor, ice, ticket } = frame;
  const known = talks.value.find((talk) => talk.link === link);
  if (known) {
    const confirmed = known.session === null;
    known.session = session;
    known.ticket = ticket;
    if (known.ended !== null) {
      tellEnd(known);
    } else if (confirmed) {
      accepting.delete(visitor.id);
      known.peer.accepted(ice, relayOnly);
      save();
    } else {
      known.peer.ice(ice);
      known.peer.nodeReturned();
    }
    return;
  }
  const before = memory.talks().find((talk) => talk.session === session);
  const transcript = new Transcript({
    role: "agent",
    epoch: randomEpoch(),
    saved: before?.transcript,
  });
  const peer = newSession(link, transcript, ice, relayOnly);
  const card = { ...visitor, details: { ...before?.visitor.details, ...visitor.details } };
  const talk: Talk = {
    session,
    link,
    visitor: card,
    ticket,
    transcript,
    peer,
    ended: null,
    read: 0,
  };
  talk.read = before ? theirs(talk) : 0;
  add(talk);
  if (current.value === null || !before) {
    show(link);
  }
  // Who did not accept just now takes the session up again, and asks for an offer.
  peer.start(!accepting.delete(visitor.id));
  save();
}

function newSession(
  link: LinkId,
  transcript: Transcript,
  ice: IceServer[],
  relayOnly: boolean,
): Session {
  return new Session({
    transcript,
    ice,
    relayOnly,
    send: (signal) => socket?.send({ type: "signal", link, signal }),
    wantIce: () => socket?.ask({ type: "ice", link }),
  });
}

function add(talk: Talk): void {
  const { peer, link } = talk;
  peer.onPath((path) => socket?.send({ type: "path", link, path }));
  peer.view.subscribe(() => changed(talk));
  talks.value = trim([...talks.value, talk]);
}

/** A session that is not confirmed yet is ended when it is. */
function tellEnd({ session }: Talk): void {
  if (session !== null) {
    socket?.send({ type: "end", session });
  }
}

function changed(talk: Talk): void {
  if (talk.peer.view.get().ended && talk.ended === null) {
    over(talk, "by_visitor");
  }
  if (talk.link === current.value && !document.hidden) {
    talk.read = theirs(talk);
  }
  save();
  change();
}

function over(talk: Talk, reason: EndReason): void {
  if (talk.ended === null) {
    talk.ended = reason;
    // The last words of the other side may still be on their way.
    setTimeout(() => talk.peer.close(), 1500);
    save();
    change();
  }
}

function trim(all: Talk[]): Talk[] {
  const ended = all.filter((talk) => talk.ended !== null);
  const excess = new Set(ended.slice(0, Math.max(0, ended.length - ENDED)));
  return all.filter((talk) => !excess.has(talk));
}

const find = (session: SessionId): Talk | undefined =>
  talks.value.find((talk) => talk.session === session);

const byLink = (link: LinkId): Session | undefined =>
  [...talks.value, ...ringing.values()].find((one) => one.link === link)?.peer;

const forget = (session: SessionId): void =>
  memory.saveTalks(memory.talks().filter((talk: RememberedTalk) => talk.session !== session));
