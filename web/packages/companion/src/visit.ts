// One visit: the queue, then the session, over reloads and lost connections.

import { NodeSocket, randomEpoch, Session, systemClock, Transcript, Value } from "@isession/peer";
import {
  type Details,
  decodeToVisitor,
  type EndReason,
  type ErrorFrame,
  type FromVisitor,
  type LeadPolicy,
  type LinkId,
  type QueuePlace,
  type SessionId,
  type ToVisitor,
} from "@isession/protocol";
import type { Memory } from "./memory";

export type Stage =
  | { kind: "joining" }
  | { kind: "waiting"; place: QueuePlace }
  | { kind: "talking"; agent: string }
  | { kind: "over"; reason: EndReason }
  | { kind: "refused"; error: ErrorFrame };

type Accepted = ToVisitor & { type: "accepted" };

export interface VisitOptions {
  site: string;
  memory: Memory;
  /** What is known of the visit before anybody typed. */
  details: Details;
  relayOnly: boolean;
}

export class Visit {
  readonly stage = new Value<Stage>({ kind: "joining" });
  /** Something that views show changed. */
  readonly changed = new Value(0);
  readonly transcript: Transcript;
  policy: LeadPolicy = { development: false };
  details: Details;
  session: Session | null = null;
  onSession: (session: Session) => void = () => {};
  readonly #options: VisitOptions;
  readonly #socket: NodeSocket<FromVisitor, ToVisitor>;
  #ticket: string | undefined;
  #link: LinkId | null = null;
  #sessionId: SessionId | null = null;

  constructor(options: VisitOptions) {
    this.#options = options;
    const remembered = options.memory.load();
    this.details = { ...options.details, ...remembered?.details };
    this.#ticket = remembered?.ticket;
    this.transcript = new Transcript({
      role: "visitor",
      epoch: randomEpoch(),
      saved: remembered?.transcript,
    });
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.#socket = new NodeSocket<FromVisitor, ToVisitor>({
      url: `${scheme}://${location.host}/v1/visitor`,
      hello: () => this.#hello(),
      decode: decodeToVisitor,
    });
    this.#socket.onFrame((frame) => this.#frame(frame));
    this.#socket.state.subscribe(() => this.#touch());
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
      this.transcript.write({ type: "message", text }, systemClock.now());
      this.#touch();
    }
    this.save();
  }

  describe(details: Details): void {
    this.details = { ...this.details, ...details };
    this.#socket.send({ type: "details", details: this.details });
    this.save();
  }

  leave(): void {
    this.#socket.send({ type: "leave" });
    this.#end("abandoned");
  }

  async end(): Promise<void> {
    const { session } = this;
    if (session && this.#sessionId) {
      const ending = session.end();
      this.#socket.send({ type: "end", session: this.#sessionId });
      await ending;
    }
    this.#end("by_visitor");
  }

  /** The network is there again, or somebody looks. */
  wake(): void {
    this.#socket.retryNow();
  }

  /** The page goes: without a word, so that it can come back. */
  suspend(): void {
    this.save();
    this.#socket.stop();
    this.session?.close();
  }

  save(): void {
    if (this.stage.get().kind === "over") {
      return;
    }
    this.#options.memory.save({
      ticket: this.#ticket,
      details: this.details,
      transcript: this.transcript.save(),
    });
  }

  #hello(): FromVisitor {
    const { details } = this;
    const hello = { type: "hello" as const, site: this.#options.site, details };
    return this.#ticket === undefined ? hello : { ...hello, ticket: this.#ticket };
  }

  #frame(frame: ToVisitor): void {
    switch (frame.type) {
      case "welcome":
        this.policy = frame.site.lead_policy;
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
      case "accepted":
        this.#accepted(frame);
        break;
      case "signal":
        if (frame.link === this.#link) {
          this.session?.signal(frame.signal);
        }
        break;
      case "ice":
        if (frame.link === this.#link) {
          this.session?.ice(frame.ice);
        }
        break;
      case "ended":
        this.#end(frame.reason);
        break;
      case "error":
        this.#refused(frame);
        break;
    }
  }

  #accepted(frame: Accepted): void {
    this.#ticket = frame.ticket;
    this.stage.set({ kind: "talking", agent: frame.agent.name });
    if (this.session && this.#link === frame.link) {
      this.session.ice(frame.ice);
      this.session.nodeReturned();
      return;
    }
    this.session?.close();
    this.#link = frame.link;
    this.#sessionId = frame.session;
    const { link } = frame;
    const session = new Session({
      transcript: this.transcript,
      ice: frame.ice,
      relayOnly: this.#options.relayOnly,
      send: (signal) => this.#socket.send({ type: "signal", link, signal }),
      wantIce: () => this.#socket.send({ type: "ice", link }),
    });
    this.session = session;
    session.onPath((path) => this.#socket.send({ type: "path", link, path }));
    session.view.subscribe(() => this.#sessionChanged(session));
    this.onSession(session);
    session.start();
    this.#touch();
  }

  #sessionChanged(session: Session): void {
    if (session === this.session && session.view.get().ended) {
      this.#end("by_agent");
    }
    this.save();
    this.#touch();
  }

  #refused(error: ErrorFrame): void {
    if (error.code === "bad_ticket") {
      this.#ticket = undefined;
    } else if (error.fatal) {
      // A visit that goes on in another window is that window's to remember.
      this.session?.close();
      this.stage.set({ kind: "refused", error });
    }
  }

  #end(reason: EndReason): void {
    if (this.stage.get().kind === "over") {
      return;
    }
    this.stage.set({ kind: "over", reason });
    this.#options.memory.clear();
    this.#socket.stop();
    const { session } = this;
    if (session) {
      // The last words of the other side may still be on their way.
      systemClock.after(1000, () => session.close());
    }
    this.#touch();
  }

  #touch(): void {
    this.changed.set(this.changed.get() + 1);
  }
}
