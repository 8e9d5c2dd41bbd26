// One side of a session: keeps the transcript flowing over whatever connection there is.

import {
  type Body,
  type Consent,
  decodeGlance,
  decodeTalk,
  type Entry,
  type EntryId,
  type Glance,
  type IceServer,
  type Landing,
  type Path,
  type Signal,
} from "@isession/protocol";
import { type Addressed, PeerConnection } from "./connection";
import { Outbox } from "./outbox";
import { pathOf } from "./path";
import { type Clock, Event, type Readable, randomEpoch, systemClock, Value } from "./ports";
import type { Line, Role, Transcript } from "./transcript";

export type Connection = "connecting" | "open" | "reconnecting" | "ended";

export interface SessionView {
  connection: Connection;
  path: Path | null;
  lines: readonly Line[];
  /** The other side writes. */
  typing: boolean;
  consent: Consent;
  /** Goodbye was said. */
  ended: boolean;
}

export interface SessionOptions {
  transcript: Transcript;
  ice: IceServer[];
  /** Sends a signal to the other side through the node. */
  send(signal: Signal): void;
  /** Asks the node for fresh relay credentials; they arrive by `ice`. */
  wantIce(): void;
  /** Only relayed paths. */
  relayOnly?: boolean;
  clock?: Clock;
  createPeer?(config: RTCConfiguration): RTCPeerConnection;
}

/** A path that is lost for this long is looked for anew; browsers mend shorter gaps themselves. */
const PATIENCE = 4000;
/** Tries at mending one connection before a new one is made. */
const RESTARTS = 2;
/** Between tries: grows, so that a long outage costs little. */
const retryAfter = (tries: number): number => Math.min(60_000, 8000 * 2 ** Math.min(tries, 3));
/** "Writes" is forgotten when it is not heard again for this long. */
const TYPING = 6000;
/** How long goodbye may take to leave. */
const GOODBYE = 1500;
/** After a path is found a better one often follows; later ones are rare. */
const PATH_SOON = 2000;
const PATH_LATER = 15_000;

export class Session {
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #transcript: Transcript;
  readonly #view: Value<SessionView>;
  readonly #leads = new Event<[EntryId, string]>();
  readonly #paths = new Event<[Path]>();
  /** This life of the session's side: asks the other to start over when it is new. */
  readonly #life = randomEpoch();
  #connection: PeerConnection | null = null;
  #outbox: Outbox | null = null;
  #ice: IceServer[];
  /** The other side's seen is known on this connection: entries may flow. */
  #flowing = false;
  /** What is missing was asked for, and nothing of it came yet. */
  #asked = false;
  #opened = false;
  #over = false;
  #answeredLife: string | null = null;
  #tries = 0;
  #cancelMend: (() => void) | null = null;
  #cancelTyping = () => {};
  #cancelPath = () => {};
  #iTypeSince = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#transcript = options.transcript;
    this.#ice = options.ice;
    this.#view = new Value(this.#look("connecting", null, false));
  }

  get role(): Role {
    return this.#transcript.role;
  }

  get view(): Readable<SessionView> {
    return this.#view;
  }

  /** Begins. `resumed`: this side was in the session before; an agent then asks for an offer. */
  start(resumed = false): void {
    if (this.role === "visitor") {
      this.#connect();
    } else if (resumed) {
      this.#options.send({ kind: "ready", epoch: this.#life });
    }
  }

  /** The node is there again: whatever was under way may have been lost. */
  nodeReturned(): void {
    if (!this.#over && this.#view.get().connection !== "open") {
      this.#startOver();
    }
  }

  signal(signal: Signal): void {
    if (this.#over) {
      return;
    }
    if (signal.kind === "ready") {
      // Said again for a life that is being connected already, it changes nothing.
      if (this.role === "visitor" && signal.epoch !== this.#answeredLife) {
        this.#answeredLife = signal.epoch;
        this.#connect();
      }
      return;
    }
    if (signal.kind !== "unknown") {
      this.#take(signal);
    }
  }

  /** Fresh relay credentials: whatever waited for them goes on. */
  ice(servers: IceServer[]): void {
    this.#ice = servers;
    if (this.#over || this.#tries === 0) {
      return;
    }
    if (this.#connection?.isAnswered && this.#tries <= RESTARTS) {
      this.#connection.restart(servers);
    } else {
      this.#startOver();
    }
  }

  say(text: string): void {
    this.#write({ type: "message", text });
    this.typing(false);
  }

  lead(url: string): EntryId {
    return this.#write({ type: "lead", url }).id;
  }

  land(lead: EntryId, landing: Landing): void {
    this.#write({ type: "landing", lead, landing });
  }

  consent(consent: Consent): void {
    this.#write({ type: "consent", consent });
  }

  /** Tells that this side writes; at most every three seconds. */
  typing(on: boolean): void {
    const now = this.#clock.now();
    if (on ? now - this.#iTypeSince < TYPING / 2 : this.#iTypeSince === 0) {
      return;
    }
    this.#iTypeSince = on ? now : 0;
    const glance = this.#connection?.glance;
    if (glance?.readyState === "open") {
      glance.send(JSON.stringify({ type: "typing", typing: on } satisfies Glance));
    }
  }

  /** A lead arrived and waits for an answer. */
  onLead(run: (lead: EntryId, url: string) => void): () => void {
    return this.#leads.on(run);
  }

  onPath(run: (path: Path) => void): () => void {
    return this.#paths.on(run);
  }

  /** Says goodbye, gives it a moment to leave, and closes. */
  async end(): Promise<void> {
    if (this.#over) {
      return;
    }
    try {
      this.#write({ type: "bye" });
    } catch {
      // A full transcript ends without a word; the node tells the other side.
    }
    this.#over = true;
    await new Promise<void>((resolve) => {
      this.#clock.after(GOODBYE, resolve);
      this.#outbox ? this.#outbox.flush(resolve) : resolve();
    });
    // What has left the buffer may still be on its way.
    await new Promise<void>((resolve) => this.#clock.after(GOODBYE / 5, resolve));
    this.close();
  }

  /** Closes without a word: the other side waits for this one to come back. */
  close(): void {
    this.#over = true;
    this.#cancelMend?.();
    this.#cancelTyping();
    this.#cancelPath();
    this.#connection?.close();
    this.#connection = null;
    this.#outbox = null;
    this.#show({ connection: "ended", typing: false });
  }

  /** Takes a signal of the other side's connection, unless it is meant for an older one here. */
  #take(signal: Addressed): void {
    const connection = this.#connection;
    if (signal.to !== undefined && signal.to !== connection?.epoch) {
      if (this.role === "agent" && !connection) {
        this.#options.send({ kind: "ready", epoch: this.#life });
      }
      return;
    }
    const offered = signal.kind === "description" && signal.role === "offer";
    if (offered && this.role === "agent" && (!connection || connection.isForeign(signal))) {
      this.#connect();
    }
    this.#connection?.signal(signal);
  }

  #connect(): void {
    this.#connection?.close();
    this.#flowing = false;
    this.#asked = false;
    const createPeer = this.#options.createPeer ?? ((config) => new RTCPeerConnection(config));
    const connection = new PeerConnection({
      role: this.role,
      epoch: randomEpoch(),
      ice: this.#ice,
      relayOnly: this.#options.relayOnly ?? false,
      createPeer,
      send: this.#options.send,
      seen: () => this.#transcript.seen(),
    });
    this.#connection = connection;
    this.#outbox = new Outbox(connection.talk);
    connection.changed.on(() => this.#changed(connection));
    connection.talk.onmessage = ({ data }) => this.#hear(connection, data);
    connection.glance.onmessage = ({ data }) => this.#glance(data);
    this.#changed(connection);
  }

  #startOver(): void {
    if (this.role === "visitor") {
      this.#connect();
    } else {
      this.#options.send({ kind: "ready", epoch: randomEpoch() });
    }
  }

  #changed(connection: PeerConnection): void {
    if (connection !== this.#connection || this.#over) {
      return;
    }
    const talks = connection.talk.readyState === "open";
    if (talks && connection.peerSeen && !this.#flowing) {
      this.#flowing = true;
      this.#outbox?.replace(this.#transcript.missing(connection.peerSeen));
    }
    const { connectionState } = connection.pc;
    if (talks && this.#flowing && connectionState === "connected") {
      const before = this.#view.get().connection;
      this.#opened = true;
      this.#tries = 0;
      this.#cancelMend?.();
      this.#cancelMend = null;
      this.#show({ connection: "open" });
      if (before !== "open") {
        void this.#readPath(connection, PATH_SOON);
      }
      return;
    }
    this.#show({ connection: this.#opened ? "reconnecting" : "connecting", typing: false });
    this.#mendLater(connectionState === "failed" ? 0 : PATIENCE);
  }

  /** Looks for a new path if there is none by then, and again, at growing intervals. */
  #mendLater(wait: number): void {
    if (this.#cancelMend) {
      return;
    }
    this.#cancelMend = this.#clock.after(wait + (this.#opened ? 0 : PATIENCE), () => {
      this.#cancelMend = null;
      this.#tries += 1;
      this.#options.wantIce();
      this.#mendLater(retryAfter(this.#tries));
    });
  }

  /** Paths change without a word: looked up now, and again. */
  async #readPath(connection: PeerConnection, next: number): Promise<void> {
    const path = await connection.pc.getStats().then(pathOf, () => null);
    if (connection !== this.#connection) {
      return;
    }
    if (path && path !== this.#view.get().path) {
      this.#show({ path });
      this.#paths.fire(path);
    }
    this.#cancelPath();
    this.#cancelPath = this.#clock.after(next, () => void this.#readPath(connection, PATH_LATER));
  }

  #write(body: Body): Entry {
    const entry = this.#transcript.write(body, this.#clock.now());
    if (this.#flowing) {
      this.#outbox?.add(entry);
    }
    this.#show({});
    return entry;
  }

  #hear(connection: PeerConnection, data: unknown): void {
    const talk = typeof data === "string" ? decodeTalk(data) : null;
    if (!talk || connection !== this.#connection) {
      return;
    }
    switch (talk.type) {
      case "entry":
        this.#hearEntry(talk);
        break;
      case "ack":
        this.#transcript.acknowledge(talk.id);
        this.#show({});
        break;
      case "resume":
        this.#flowing = true;
        this.#outbox?.replace(this.#transcript.missing(talk.seen));
        this.#show({});
        break;
    }
  }

  #hearEntry(entry: Entry): void {
    const receipt = this.#transcript.receive(entry);
    if (receipt === "gap") {
      // Asked once: all that follows the gap comes again.
      if (!this.#asked) {
        this.#asked = true;
        this.#outbox?.tell({ type: "resume", seen: this.#transcript.seen() });
      }
      return;
    }
    if (receipt === "full") {
      void this.end();
      return;
    }
    this.#asked = false;
    this.#outbox?.tell({ type: "ack", id: entry.id });
    if (receipt !== "new") {
      return;
    }
    const { body } = entry;
    if (body.type === "message") {
      this.#cancelTyping();
      this.#show({ typing: false });
    } else {
      this.#show({});
    }
    if (body.type === "lead" && this.role === "visitor") {
      this.#leads.fire(entry.id, body.url);
    } else if (body.type === "bye") {
      this.#over = true;
      this.#clock.after(GOODBYE / 5, () => this.close());
    }
  }

  #glance(data: unknown): void {
    const glance = typeof data === "string" ? decodeGlance(data) : null;
    if (glance?.type === "typing") {
      this.#cancelTyping();
      this.#show({ typing: glance.typing });
      if (glance.typing) {
        this.#cancelTyping = this.#clock.after(TYPING, () => this.#show({ typing: false }));
      }
    }
  }

  #show(change: Partial<Pick<SessionView, "connection" | "path" | "typing">>): void {
    const { connection, path, typing } = { ...this.#view.get(), ...change };
    this.#view.set(this.#look(connection, path, typing));
  }

  #look(connection: Connection, path: Path | null, typing: boolean): SessionView {
    const transcript = this.#transcript;
    return {
      connection,
      path,
      typing,
      lines: transcript.lines(connection === "open"),
      consent: transcript.consent(),
      ended: transcript.ended(),
    };
  }
}
