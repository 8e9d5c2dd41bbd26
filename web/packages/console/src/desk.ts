// The agent's desk: the socket, the sessions, and what a reload must not forget.

import {
  AgentSession,
  NodeSocket,
  PageTranscript,
  randomEpoch,
  type SessionView,
  type SocketState,
  vanished,
} from "@isession/peer";
import {
  type AgentCard,
  channel,
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
import { isSignedOut } from "./account";
import { type Keepable, Keeper } from "./keeper";
import { memory } from "./memory";
import type { RememberedTalk } from "./shelf";
import { openShelf } from "./shelves";
import { EMPTY, notice, reduce, withRings } from "./store";
import { nothing, pastTalk, type Talk, theirs } from "./talk";

export type { Talk };

/** A node that is there again tells of an accept that it knows in this time. */
const CONFIRM = 4000;
const FRAME = 16;
/** How long the node's word that a ring is over may take. */
const LATE = 1000;
/** Ended sessions that stay readable; the oldest is put away for the next. */
const ENDED = 20;

export const queue = signal(EMPTY);
export const talks = signal<readonly Talk[]>([]);
export const current = signal<LinkId | null>(null);
export const socketState = signal<SocketState>("stopped");
/** Signed in somewhere else: this console is out of work. */
export const superseded = signal(false);
/** The sign-in does not hold any more: the node lets this console in no more. */
export const lapsed = signal(false);
/** Visitors accepted here whose session the node has not confirmed yet. */
const accepting = new Set<VisitorId>();
/** Connected while they ring, so that the accept finds them connected. */
const ringing = new Map<
  VisitorId,
  { link: LinkId; transcript: PageTranscript; peer: AgentSession }
>();
/** Sessions that ended here, and the node has not said so. */
const untold = new Set<SessionId>();
/** The visitor's side tells the node of its goodbye within this time, unless it cannot. */
const THEIR_WORD = 2000;
/** The agent has written somewhere since the last accept: what comes then waits for a look. */
let writes = false;
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

/** A talk as it is now, likewise. Before the node's word it is none, whatever is connected. */
export function viewOf(talk: Talk): SessionView {
  turns.value;
  const view = talk.peer.view.get();
  return talk.session === null ? { ...view, connection: "connecting" } : view;
}

/** All talks, likewise. */
export function allTalks(): readonly Talk[] {
  turns.value;
  return talks.value;
}

/** What was kept of sessions that go on and are not on the desk yet. */
let before = new Map<SessionId, RememberedTalk>();
/** How long the other side's last words may take. */
const LAST_WORDS = 2000;
/** Counts starts and stops: what a former one still waited for is not its own any more. */
let shift = 0;
const keeper = new Keeper({
  open: openShelf,
  onExpired: (session) => {
    const talk = find(session);
    if (talk) {
      putAway(talk);
    }
  },
  onTakenOver: leaveTalks,
});

const relayOnly = new URLSearchParams(location.search).get("transport") === "relay";
let socket: NodeSocket<FromAgent, ToAgent> | null = null;

let changes = false;
/** Whatever changes within one frame is rendered once. Not by a frame: hidden pages have none. */
function change(): void {
  if (!changes) {
    changes = true;
    setTimeout(() => {
      changes = false;
      turns.value += 1;
    }, FRAME);
  }
}

/** Takes up work: sessions of before, then the node. */
export async function start(agent: AgentCard): Promise<void> {
  shift += 1;
  const mine = shift;
  queue.value = { ...EMPTY, agent, available: memory.available() };
  superseded.value = false;
  lapsed.value = false;
  const kept = await keeper.open(agent.id);
  if (mine !== shift) {
    return;
  }
  const unknown = kept.filter(({ session }) => !find(session));
  before = new Map(unknown.flatMap((talk) => (talk.ended ? [] : [[talk.session, talk]])));
  for (const talk of unknown) {
    if (talk.ended) {
      layOut(talk);
    }
  }
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new NodeSocket<FromAgent, ToAgent>({
    url: `${scheme}://${location.host}/v1/agent`,
    hello,
    decode: decodeToAgent,
  });
  socket.onFrame(receive);
  const { state } = socket;
  state.subscribe(() => {
    const refused = socketState.value === "connecting" && state.get() === "waiting";
    socketState.value = state.get();
    if (state.get() !== "open") {
      // Whoever still rings does so anew with the next connection, if there is one.
      queue.value = withRings(queue.value, () => false);
      hangUp();
    }
    if (refused) {
      // Browsers do not say why: the node may be away, or the sign-in may have lapsed.
      void findOut(mine);
    }
  });
  socketState.value = state.get();
}

async function findOut(mine: number): Promise<void> {
  if ((await isSignedOut()) && mine === shift) {
    lapse();
  }
}

/** Sessions go on: only the node asks for a sign-in. */
function lapse(): void {
  socket?.stop();
  lapsed.value = true;
}

/** Leaves work. Sessions end here without a word: they can be taken up again. */
export function stop(): void {
  shift += 1;
  keeper.flush();
  keeper.close();
  socket?.stop();
  socket = null;
  leaveTalks();
  queue.value = EMPTY;
}

function leaveTalks(): void {
  for (const talk of talks.value) {
    talk.peer.close();
  }
  hangUp();
  untold.clear();
  talks.value = [];
  before.clear();
  show(null);
}

export function setAvailable(available: boolean): void {
  memory.saveAvailable(available);
  queue.value = { ...queue.value, available };
  socket?.send({ type: "available", available });
}

export function answer(visitor: VisitorId, accept: boolean): void {
  if (!socket?.ask({ type: accept ? "accept" : "decline", visitor })) {
    const away = "The node cannot be reached: your answer did not arrive.";
    queue.value = notice(queue.value, away, Date.now());
    return;
  }
  if (accept) {
    writes = false;
    accepting.add(visitor);
    beginConnected(visitor);
  }
  queue.value = withRings(queue.value, (ring) => ring.visitor !== visitor);
}

/** Keeps what the agent writes, for another session may come to the front. */
export function draft(talk: Talk, box: keyof Talk["drafts"], text: string): void {
  writes ||= text !== "";
  talk.drafts[box] = text;
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

export async function end(talk: Talk, reason: EndReason = "by_agent"): Promise<void> {
  // Before the goodbye is said, which would be taken for the visitor's.
  over(talk, reason);
  const ending = talk.peer.end();
  tellEnd(talk);
  await ending;
}

/** Puts an ended session away. */
export function putAway(talk: Talk): void {
  talk.peer.close();
  const index = talks.value.indexOf(talk);
  talks.value = talks.value.filter((other) => other !== talk);
  if (current.value === talk.link) {
    show((talks.value[index] ?? talks.value[index - 1])?.link ?? null);
  }
  forget(talk);
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

/** The page may be going. */
export function save(): void {
  keeper.flush();
}

/** Kept before it is said. What the node has not confirmed is no session yet. */
const keepNow = (talk: Talk): Promise<void> | undefined =>
  talk.session === null ? undefined : keeper.now(talk.session, keepable(talk, talk.session));

function keepLater(talk: Talk): void {
  if (talk.session !== null) {
    keeper.later(talk.session, keepable(talk, talk.session));
  }
}

function forget({ session }: Talk): void {
  if (session !== null) {
    void keeper.forget(session);
  }
}

function keepable(talk: Talk, session: SessionId): Keepable {
  const { link, transcript } = talk;
  return {
    version: () => [transcript.version, talk.ticket, talk.ended?.reason].join(" "),
    snapshot: () => {
      const { visitor, ticket, ended } = talk;
      return { session, link, visitor, ticket, ended, transcript: transcript.save() };
    },
    retention: () => retentionOf(talk.visitor),
  };
}

const retentionOf = ({ site }: VisitorCard): number =>
  queue.value.sites.find(({ id }) => id === site)?.retention ?? 0;

/** Puts an ended session of before on the desk, to be read only. */
function layOut(past: Omit<RememberedTalk, "until">): Talk {
  const talk = pastTalk(past);
  talks.value = trim([...talks.value, talk]);
  current.value ??= talk.link;
  return talk;
}

function hello(): FromAgent {
  // One whose end the node does not know of goes on there.
  const going = talks.value.filter(
    ({ session, ended }) => session !== null && (ended === null || untold.has(session)),
  );
  const known = going.map((talk) => talk.ticket);
  const others = [...before.values()].map(({ ticket }) => ticket);
  const tickets = [...known, ...others].slice(0, 32);
  return { type: "hello", available: queue.value.available, tickets };
}

function receive(frame: ToAgent): void {
  queue.value = reduce(queue.value, frame, Date.now());
  switch (frame.type) {
    case "welcome":
      // The node rings anew whoever still rings, and takes up what it knows to be accepted.
      hangUp();
      accepting.clear();
      putAwayUnconfirmed();
      break;
    case "ring":
      notAccepted(frame.visitor);
      if (frame.preconnect) {
        connectWhileItRings(frame.visitor, frame.preconnect);
      }
      setTimeout(dropLateRings, frame.expires_in + LATE);
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
      untold.delete(frame.session);
      const talk = find(frame.session);
      if (talk) {
        over(talk, frame.reason);
      } else {
        overBefore(frame.session, frame.reason);
      }
      break;
    }
    case "error":
      if (frame.code === "superseded") {
        superseded.value = true;
        // By this browser: the sessions are there. By another one: they go on here.
        void keeper.check();
      } else if (frame.code === "not_signed_in") {
        lapse();
      } else if (frame.fatal) {
        const why = `The node ended the connection: ${frame.message}.`;
        queue.value = notice(queue.value, why, Date.now());
      }
      break;
  }
}

function connectWhileItRings(visitor: VisitorId, preconnect: Preconnect): void {
  const { link, ice, relay_only, offer_only } = preconnect;
  ringing.get(visitor)?.peer.close();
  const transcript = new PageTranscript({ role: "agent", epoch: randomEpoch() });
  const peer = newSession(link, transcript, ice, relayOnly || relay_only);
  ringing.set(visitor, { link, transcript, peer });
  peer.ring(relay_only, offer_only);
}

/** The accept of a visitor who is connected already: the talk begins with the click. */
function beginConnected(visitor: VisitorId): void {
  const ring = ringing.get(visitor);
  const card = queue.value.waiting.get(visitor)?.card;
  if (ring && card) {
    ringing.delete(visitor);
    add({ ...ring, session: null, visitor: card, ticket: "" });
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
  notAccepted(visitor);
}

/** The accept was too late, or never arrived: its talk never was one. */
function notAccepted(visitor: VisitorId): void {
  accepting.delete(visitor);
  const talk = talks.value.find((talk) => talk.session === null && talk.visitor.id === visitor);
  if (talk) {
    putAway(talk);
  }
}

/** Accepts of before this connection that the node does not know of either. */
function putAwayUnconfirmed(): void {
  const unconfirmed = talks.value.filter(({ session }) => session === null);
  setTimeout(() => {
    for (const talk of unconfirmed) {
      if (talks.value.includes(talk) && talk.session === null) {
        putAway(talk);
        const who = talk.visitor.details.name || "The visitor";
        queue.value = notice(queue.value, `${who} was gone when you accepted.`, Date.now());
      }
    }
  }, CONFIRM);
}

/** A ring ends, whatever becomes of the node's word of it. */
function dropLateRings(): void {
  queue.value = withRings(queue.value, ({ until }) => until > Date.now());
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
  if (untold.has(session)) {
    socket?.ask({ type: "end", session });
    return;
  }
  const known = talkOf(link);
  if (known) {
    const confirmed = known.session === null;
    known.session = session;
    known.ticket = ticket;
    if (known.ended !== null) {
      tellEnd(known);
    } else if (confirmed) {
      accepting.delete(visitor.id);
      known.peer.accepted(ice, relayOnly);
      change();
    } else {
      known.peer.ice(ice);
      known.peer.nodeReturned();
    }
    void keepNow(known);
    return;
  }
  const past = before.get(session);
  before.delete(session);
  const transcript = new PageTranscript({
    role: "agent",
    epoch: randomEpoch(),
    saved: past?.transcript,
  });
  const card = { ...visitor, details: { ...past?.visitor.details, ...visitor.details } };
  const peer = newSession(link, transcript, ice, relayOnly);
  const talk = add({ session, link, visitor: card, ticket, transcript, peer });
  talk.read = past ? theirs(talk) : 0;
  const front = currentTalk();
  if (!front || (!writes && (front.ended !== null || !past))) {
    show(link);
  }
  // Who did not accept just now takes the session up again, and asks for an offer.
  peer.start(!accepting.delete(visitor.id));
  void keepNow(talk);
}

function newSession(
  link: LinkId,
  transcript: PageTranscript,
  ice: IceServer[],
  relayOnly: boolean,
): AgentSession {
  return new AgentSession({
    decoders: channel,
    transcript,
    ice,
    relayOnly,
    send: (signal) => socket?.send({ type: "signal", link, signal }),
    wantIce: () => socket?.ask({ type: "ice", link }),
    full: () => {
      const talk = talkOf(link);
      talk && void end(talk, "unknown");
    },
    keep: () => {
      const talk = talkOf(link);
      return talk && keepNow(talk);
    },
  });
}

function add(begun: Omit<Talk, "gone" | "ended" | "read" | "drafts">): Talk {
  const { peer, link } = begun;
  const gone = vanished(peer.view);
  const talk: Talk = { ...begun, gone, ended: null, read: 0, drafts: nothing() };
  peer.onPath((path) => socket?.send({ type: "path", link, path }));
  peer.view.subscribe(() => changed(talk));
  talk.gone.subscribe(change);
  talks.value = trim([...talks.value, talk]);
  return talk;
}

/** A session that is not confirmed yet is ended when it is; one that the node misses, later. */
function tellEnd({ session }: Talk): void {
  if (session !== null) {
    untold.add(session);
    socket?.ask({ type: "end", session });
  }
}

/** The visitor said goodbye. A node that hears of it from nobody would hold the session. */
function hearEnd(talk: Talk): void {
  over(talk, "by_visitor");
  const { session } = talk;
  if (session !== null) {
    untold.add(session);
    setTimeout(() => untold.has(session) && tellEnd(talk), THEIR_WORD);
  }
}

function changed(talk: Talk): void {
  if (talk.peer.view.get().ended && talk.ended === null) {
    hearEnd(talk);
  }
  if (talk.link === current.value && !document.hidden) {
    talk.read = theirs(talk);
  }
  keepLater(talk);
  change();
}

function over(talk: Talk, reason: EndReason): void {
  if (talk.ended === null) {
    talk.ended = { reason, at: Date.now() };
    // The last words of the other side may still be on their way.
    setTimeout(() => talk.peer.close(), LAST_WORDS);
    void keepNow(talk);
    change();
  }
}

function trim(all: Talk[]): Talk[] {
  const ended = all.filter((talk) => talk.ended !== null);
  const excess = new Set(ended.slice(0, Math.max(0, ended.length - ENDED)));
  for (const talk of excess) {
    forget(talk);
  }
  return all.filter((talk) => !excess.has(talk));
}

const find = (session: SessionId): Talk | undefined =>
  talks.value.find((talk) => talk.session === session);

const talkOf = (link: LinkId): Talk | undefined => talks.value.find((talk) => talk.link === link);

const byLink = (link: LinkId): AgentSession | undefined =>
  [...talks.value, ...ringing.values()].find((one) => one.link === link)?.peer;

/** A session ended while nobody was at this desk. */
function overBefore(session: SessionId, reason: EndReason): void {
  const past = before.get(session);
  before.delete(session);
  if (past && retentionOf(past.visitor) > 0) {
    const talk = layOut({ ...past, ended: { reason, at: Date.now() } });
    void keepNow(talk);
  } else {
    void keeper.forget(session);
  }
}
