// One visit: the queue, then the session, over reloads and lost connections.

import {
  type Clock,
  isFinal,
  NodeSocket,
  randomEpoch,
  type Saved,
  type Session,
  type SessionOptions,
  systemClock,
  Transcript,
  Value,
} from "@isession/peer";
import {
  type Details,
  decodeToVisitor,
  type EndReason,
  type ErrorFrame,
  type FromVisitor,
  type IceServer,
  type LinkId,
  type Preconnect,
  type QueuePlace,
  type SessionId,
  type ToVisitor,
} from "@isession/protocol";
import type { KnownSite, Memory, Remembered } from "./memory";

export type Stage =
  | { kind: "joining" }
  | { kind: "waiting"; place: QueuePlace }
  | { kind: "talking"; agent: string }
  | { kind: "over"; reason: EndReason }
  | { kind: "refused"; error: ErrorFrame };

export type Accepted = ToVisitor & { type: "accepted" };

/** The last words of the other side may still be on their way. */
const LAST_WORDS = 2000;
/** What arrives is kept this much later: less work, and what a crash forgets comes again. */
const KEEP_AFTER = 300;

/** Agents rung at once, at the most; a node that rings more has them connect after the accept. */
const RINGS = 3;

/** Another window has the visit. */
export const ELSEWHERE: ErrorFrame = { code: "superseded", message: "", fatal: true };

export interface VisitOptions {
  site: string;
  memory: Memory;
  /** What is known of the visit before anybody typed. */
  details: Details;
  relayOnly: boolean;
  /** The node's WebSocket. */
  url: string;
  clock?: Clock;
  openSocket?(url: string, protocol: string): WebSocket;
  createPeer?: SessionOptions["createPeer"];
}

/** What a session is made of, but for what its side understands. */
export type Making = Omit<SessionOptions, "decoders">;

export abstract class Visit {
  readonly stage = new Value<Stage>({ kind: "joining" });
  /** Something that views show changed. */
  readonly changed = new Value(0);
  transcript: Transcript;
  /** As the node described it, once it did. */
  site: KnownSite = {
    name: "",
    lead_policy: { development: false, allow: [], deny: [], confirm: [] },
  };
  details: Details;
  session: Session | null = null;
  /** Why the node closed the connection, until it lets this visit in again. */
  problem: ErrorFrame | null = null;
  onSession: (session: Session) => void = () => {};
  readonly #options: VisitOptions;
  #socket: NodeSocket<FromVisitor, ToVisitor>;
  /** Connected while it rings: one for each agent who is rung. */
  readonly #rings = new Map<LinkId, Session>();
  #ticket: string | undefined;
  #link: LinkId | null = null;
  /** Of the session, while the node knows it. */
  protected sessionId: SessionId | null = null;
  /** What the node has yet to hear of the end. */
  #last: FromVisitor | null = null;
  /** The page went: what is remembered is the next page's. */
  #suspended = false;
  #cancelKeep: (() => void) | null = null;
  /** The version of the transcript that was kept last. */
  #kept = 0;
  readonly #clock: Clock;

  constructor(options: VisitOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const remembered = options.memory.load();
    this.details = { ...options.details, ...remembered?.details };
    this.#ticket = remembered?.ticket;
    this.transcript = this.newTranscript(remembered?.transcript);
    this.#socket = this.#reach();
    this.save();
  }

  /** Whether the node can be reached. */
  get nodeReached(): boolean {
    return this.#socket.state.get() === "open";
  }

  /** Says something: at once, or as soon as somebody is there. */
  say(text: string): void {
    if (this.session) {
      this.session.say(text);
    } else {
      this.transcript.write({ type: "message", text }, this.#clock.now());
      this.#touch();
    }
    this.save();
  }

  /** Says who the visitor is; what is empty is not said. */
  describe(name: string, topic: string): void {
    const { page, department } = this.details;
    this.details = {
      ...(name && { name }),
      ...(topic && { topic }),
      ...(page && { page }),
      ...(department && { department }),
    };
    this.#socket.send({ type: "details", details: this.details });
    this.save();
  }

  leave(): void {
    this.#end("abandoned", { type: "leave" });
    this.#sayLast();
  }

  async end(reason: EndReason = "by_visitor"): Promise<void> {
    const { session } = this;
    this.#end(reason, this.#goodbye());
    this.#sayLast();
    await session?.end();
  }

  /** Somebody looks. */
  wake(): void {
    this.#socket.retryNow();
  }

  /** The network is there again, and may be another one. */
  renew(): void {
    this.#socket.renew();
  }

  /** The page goes: without a word, so that it can come back. */
  suspend(): void {
    this.save(false);
    this.#suspended = true;
    this.#socket.stop();
    this.session?.close();
    this.#hangUp();
  }

  /** Leaves the visit to another window: all that it needs to go on. */
  handOver(): Remembered | null {
    if (this.isClosed) {
      return null;
    }
    const state = this.state();
    this.stage.set({ kind: "refused", error: ELSEWHERE });
    this.#socket.stop();
    this.session?.close();
    this.#hangUp();
    return state;
  }

  /** `open`: this window holds the visit. One that is closed here is no longer its own to keep. */
  save(open = true): void {
    this.#cancelKeep?.();
    this.#cancelKeep = null;
    if (!this.isClosed && !this.#suspended) {
      this.#kept = this.transcript.version;
      this.#options.memory.save(this.state(), open);
    }
  }

  /** Over, refused, or held elsewhere by now. */
  get isClosed(): boolean {
    const { kind } = this.stage.get();
    return kind === "over" || kind === "refused";
  }

  /** What another life of this visit needs to go on. */
  protected state(): Remembered {
    const { details } = this;
    return { ticket: this.#ticket, details, transcript: this.transcript.save() };
  }

  protected use(session: Session, link: LinkId): void {
    this.session = session;
    session.onPath((path) => this.#socket.send({ type: "path", link, path }));
    session.view.subscribe(() => this.#sessionChanged(session));
    this.onSession(session);
  }

  protected keepSoon(): void {
    this.#cancelKeep ??= this.#clock.after(KEEP_AFTER, () => this.save());
  }

  /** False if the node cannot be reached: it tells everything anew when it is back. */
  protected send(frame: FromVisitor): boolean {
    return this.#socket.send(frame);
  }

  #reach(): NodeSocket<FromVisitor, ToVisitor> {
    const { url, openSocket } = this.#options;
    const socket = new NodeSocket<FromVisitor, ToVisitor>({
      url,
      hello: () => this.hello(),
      decode: decodeToVisitor,
      clock: this.#clock,
      ...(openSocket && { open: openSocket }),
    });
    socket.onFrame((frame) => this.frame(frame));
    socket.state.subscribe(() => this.#touch());
    return socket;
  }

  /** What the node is told first on each connection. */
  protected hello(): FromVisitor {
    const { details } = this;
    const hello = { type: "hello" as const, site: this.#options.site, details };
    return this.#ticket === undefined ? hello : { ...hello, ticket: this.#ticket };
  }

  /** The node says something. */
  protected frame(frame: ToVisitor): void {
    if (this.stage.get().kind === "over") {
      this.#part(frame);
      return;
    }
    switch (frame.type) {
      case "welcome":
        this.problem = null;
        // The node rings anew at whoever is still to be rung.
        this.#hangUp();
        this.site = frame.site;
        // A session's ticket is worth more than the place in the queue that welcome offers.
        if (!this.session) {
          this.#ticket = frame.ticket;
          this.save();
        }
        break;
      case "queue":
        if (!this.session) {
          this.stage.set({ kind: "waiting", place: frame });
        }
        break;
      case "ring":
        this.#ring(frame);
        break;
      case "ring_ended":
        this.#rings.get(frame.link)?.close();
        this.#rings.delete(frame.link);
        break;
      case "accepted":
        this.accepted(frame);
        break;
      case "signal":
        this.#by(frame.link)?.signal(frame.signal);
        break;
      case "ice":
        this.#by(frame.link)?.ice(frame.ice);
        break;
      case "ended":
        this.#end(frame.reason, null);
        break;
      case "error":
        this.refused(frame);
        break;
    }
  }

  protected accepted({ session: id, link, agent, ice, ticket }: Accepted): void {
    this.#ticket = ticket;
    const known = this.#link === link ? this.session : null;
    this.talkWith(id, link, agent.name);
    this.save();
    if (known) {
      known.ice(ice);
      known.nodeReturned();
      return;
    }
    this.session?.close();
    const { relayOnly } = this.#options;
    const connected = this.#rings.get(link);
    this.#rings.delete(link);
    this.#hangUp();
    const session = connected ?? this.connect(link, ice, relayOnly);
    this.use(session, link);
    if (connected) {
      session.accepted(ice, relayOnly);
    } else {
      session.start();
    }
    this.#touch();
  }

  protected talkWith(session: SessionId, link: LinkId, agent: string): void {
    this.sessionId = session;
    this.#link = link;
    this.stage.set({ kind: "talking", agent });
  }

  /** An agent is rung: the two may connect, and neither hears the other before the accept. */
  #ring({ link, ice, relay_only, offer_only }: Preconnect): void {
    if (this.session || this.#rings.size >= RINGS) {
      return;
    }
    const session = this.connect(link, ice, this.#options.relayOnly || relay_only);
    this.#rings.set(link, session);
    session.ring(relay_only, offer_only);
  }

  #hangUp(): void {
    for (const session of this.#rings.values()) {
      session.close();
    }
    this.#rings.clear();
  }

  /** Prepares the connection with an agent. */
  protected connect(link: LinkId, ice: IceServer[], relayOnly: boolean): Session {
    const { createPeer } = this.#options;
    return this.newSession({
      transcript: this.transcript,
      clock: this.#clock,
      ...(createPeer && { createPeer }),
      ice,
      relayOnly,
      send: (signal) => this.send({ type: "signal", link, signal }),
      wantIce: () => this.#wantIce(link),
      full: () => void this.end("unknown"),
      keep: () => {
        this.save();
        return undefined;
      },
    });
  }

  protected newTranscript(saved?: Saved): Transcript {
    return new Transcript({ role: "visitor", epoch: randomEpoch(), saved });
  }

  protected abstract newSession(options: Making): Session;

  /** A session that the node does not know ends with its channel. */
  #wantIce(link: LinkId): void {
    if (this.#socket.state.get() === "stopped") {
      this.#beginAfresh();
    } else {
      this.#socket.ask({ type: "ice", link });
    }
  }

  #by(link: LinkId): Session | null | undefined {
    return link === this.#link ? this.session : this.#rings.get(link);
  }

  #sessionChanged(session: Session): void {
    if (session === this.session && session.view.get().ended) {
      // The agent's side tells the node too, unless it cannot.
      this.#end("by_agent", this.#goodbye());
    }
    if (this.transcript.version !== this.#kept) {
      this.keepSoon();
    }
    this.#touch();
  }

  protected refused(error: ErrorFrame): void {
    if (error.code === "bad_ticket") {
      this.#talks() ? this.#goOnAlone() : this.#beginAfresh();
    } else if (isFinal(error) && (error.code === "superseded" || !this.#talks())) {
      this.session?.close();
      this.stage.set({ kind: "refused", error });
    } else if (error.fatal) {
      this.problem = error;
      this.#touch();
    }
  }

  /** A session that runs does not need the node. */
  #talks(): boolean {
    return this.session?.view.get().connection === "open";
  }

  /** The node took this visitor for a newcomer, who does not wait: a session runs. */
  #goOnAlone(): void {
    this.#socket.send({ type: "leave" });
    this.#socket.stop();
    this.#ticket = undefined;
    this.sessionId = null;
    this.save();
  }

  /** The ticket holds no longer: a new visit, with what was written and not yet heard. */
  #beginAfresh(): void {
    this.session?.close();
    this.#hangUp();
    this.session = null;
    this.#ticket = undefined;
    this.#link = this.sessionId = null;
    const unheard = this.transcript.unheard();
    this.transcript = this.newTranscript();
    for (const { text, at } of unheard) {
      this.transcript.write({ type: "message", text }, at);
    }
    this.stage.set({ kind: "joining" });
    this.save();
    if (this.#socket.state.get() === "stopped") {
      this.#socket = this.#reach();
    }
    this.#touch();
  }

  #goodbye(): FromVisitor | null {
    const session = this.sessionId;
    return session === null ? null : { type: "end", session };
  }

  /** `last` is for the node, whose connection stays until it is heard. Nothing else is kept. */
  #end(reason: EndReason, last: FromVisitor | null): void {
    if (this.stage.get().kind === "over") {
      return;
    }
    this.stage.set({ kind: "over", reason });
    this.#options.memory.clear();
    this.#hangUp();
    this.#last = last;
    if (!last) {
      this.#socket.stop();
    }
    const { session } = this;
    this.#clock.after(LAST_WORDS, () => {
      session?.close();
      this.#sayLast();
    });
    this.#touch();
  }

  #sayLast(): void {
    if (this.#last) {
      this.#socket.ask(this.#last);
    }
  }

  /** After the end: a node that was not reached then is told now. */
  #part(frame: ToVisitor): void {
    if (frame.type === "accepted") {
      this.#last = { type: "end", session: frame.session };
      this.#sayLast();
    } else if (frame.type === "welcome" && this.#last?.type === "leave") {
      this.#sayLast();
    } else if (frame.type === "ended" || (frame.type === "error" && frame.code === "bad_ticket")) {
      this.#last = null;
      this.#socket.stop();
    }
  }

  #touch(): void {
    this.changed.set(this.changed.get() + 1);
  }
}
