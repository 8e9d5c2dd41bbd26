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
  type Talk,
} from "@isession/protocol";
import { PeerConnection } from "./connection";
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
  #ice: IceServer[];
  /** The other side's seen is known on this connection: entries may flow. */
  #flowing = false;
  #opened = false;
  #over = false;
  #answeredLife: string | null = null;
  #tries = 0;
  #cancelMend: (() => void) | null = null;
  #cancelTyping = () => {};
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
    const anew =
      signal.kind === "description" &&
      signal.role === "offer" &&
      this.role === "agent" &&
      (this.#connection === null || this.#connection.isSuperseded(signal));
    if (anew) {
      this.#connect();
    }
    this.#connection?.signal(signal);
  }

  /** Fresh relay credentials: whatever waited for them goes on. */
  ice(servers: IceServer[]): void {
    this.#ice = servers;
    if (this.#tries > 0 && this.#tries <= RESTARTS) {
      this.#connection?.restart(servers);
    } else if (this.#tries > RESTARTS) {
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
    const talk = this.#connection?.talk;
    if (talk?.readyState === "open" && talk.bufferedAmount > 0) {
      await new Promise<void>((resolve) => {
        talk.bufferedAmountLowThreshold = 0;
        talk.onbufferedamountlow = () => resolve();
        this.#clock.after(GOODBYE, resolve);
      });
    }
    // What has left the buffer may still be on its way.
    await new Promise<void>((resolve) => this.#clock.after(GOODBYE / 5, resolve));
    this.close();
  }

  /** Closes without a word: the other side waits for this one to come back. */
  close(): void {
    this.#over = true;
    this.#cancelMend?.();
    this.#cancelTyping();
    this.#connection?.close();
    this.#connection = null;
    this.#show({ connection: "ended", typing: false });
  }

  #connect(): void {
    this.#connection?.close();
    this.#flowing = false;
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
    if (connection.talk.readyState === "open" && connection.peerSeen && !this.#flowing) {
      this.#flowing = true;
      for (const entry of this.#transcript.missing(connection.peerSeen)) {
        this.#send({ type: "entry", ...entry });
      }
    }
    const { connectionState } = connection.pc;
    if (this.#flowing && connectionState === "connected") {
      this.#opened = true;
      this.#tries = 0;
      this.#cancelMend?.();
      this.#cancelMend = null;
      this.#show({ connection: "open" });
      void this.#readPath(connection);
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

  async #readPath(connection: PeerConnection): Promise<void> {
    const path = pathOf(await connection.pc.getStats());
    if (path && connection === this.#connection && path !== this.#view.get().path) {
      this.#show({ path });
      this.#paths.fire(path);
    }
  }

  #write(body: Body): Entry {
    const entry = this.#transcript.write(body, this.#clock.now());
    if (this.#flowing) {
      this.#send({ type: "entry", ...entry });
    }
    this.#show({});
    return entry;
  }

  #send(talk: Talk): void {
    const channel = this.#connection?.talk;
    if (channel?.readyState === "open") {
      channel.send(JSON.stringify(talk));
    }
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
        for (const entry of this.#transcript.missing(talk.seen)) {
          this.#send({ type: "entry", ...entry });
        }
        this.#show({});
        break;
    }
  }

  #hearEntry(entry: Entry): void {
    const receipt = this.#transcript.receive(entry);
    if (receipt === "gap") {
      this.#send({ type: "resume", seen: this.#transcript.seen() });
      return;
    }
    if (receipt === "full") {
      void this.end();
      return;
    }
    this.#send({ type: "ack", id: entry.id });
    if (receipt === "double") {
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
      lines: transcript.lines(this.#flowing),
      consent: transcript.consent(),
      ended: transcript.ended(),
    };
  }
}
