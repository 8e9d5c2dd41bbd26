// One side of a session: carries out what the core wants, on real connections and by a real clock.

import type {
  Body,
  Consent,
  Decoders,
  Entry,
  EntryId,
  Glance,
  IceServer,
  Landing,
  Path,
  Signal,
} from "@isession/protocol";
import { PeerConnection } from "./connection";
import { type CoreOptions, SessionCore } from "./core";
import type { Connection, Effect, Input } from "./core_words";
import { Outbox } from "./outbox";
import { pathOf } from "./path";
import { type Clock, Event, type Readable, randomEpoch, systemClock, Value } from "./ports";
import { Resumes } from "./resumes";
import type { Line, Role, Transcript } from "./transcript";

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
  /** Keeps the transcript, before what was written goes out: this side forgets nothing it said. */
  keep?(): Promise<void> | undefined;
  /** What this side understands of the other. */
  decoders: Decoders;
  /** There is no room for what must be kept: the session ends here, and the node is to be told. */
  full?(): void;
  /** Only relayed paths. */
  relayOnly?: boolean;
  clock?: Clock;
  createPeer?(config: RTCConfiguration): RTCPeerConnection;
}

/** "Writes" is forgotten when it is not heard again for this long. */
const TYPING = 6000;
/** Bytes of glances on their way out; beyond them a glance is worth nothing. */
const GLANCES = 16 * 1024;
/** How long goodbye may take to leave. */
const GOODBYE = 1500;
/** After a path is found a better one often follows; later ones are rare. */
const PATH_SOON = 2000;
const PATH_LATER = 15_000;

interface Read extends Pick<SessionView, "lines" | "consent" | "ended"> {
  version: number;
  live: boolean;
}

export class Session {
  readonly #options: SessionOptions;
  protected readonly clock: Clock;
  readonly #transcript: Transcript;
  readonly #core: SessionCore;
  readonly #view: Value<SessionView>;
  readonly #leads = new Event<[EntryId, string]>();
  readonly #paths = new Event<[Path]>();
  #connection: PeerConnection | null = null;
  #outbox: Outbox | null = null;
  #resumes: Resumes | null = null;
  #ice: IceServer[];
  #relayOnly: boolean;
  #closed = false;
  #cancelTick = () => {};
  #cancelTyping = () => {};
  #cancelPath = () => {};
  #iTypeSince = 0;
  /** What was shown last of the transcript, which is costly to look through. */
  #read: Read | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.#transcript = options.transcript;
    this.#ice = options.ice;
    this.#relayOnly = options.relayOnly ?? false;
    this.#core = this.newCore({
      transcript: options.transcript,
      epoch: randomEpoch,
      chance: Math.random,
    });
    this.#view = new Value(this.#look(null, false));
  }

  get role(): Role {
    return this.#transcript.role;
  }

  get view(): Readable<SessionView> {
    return this.#view;
  }

  /** Begins. `resumed`: this side was in the session before. */
  start(resumed = false): void {
    this.do({ type: "start", resumed });
  }

  /**
   * Begins while it rings: connects, and nothing is said or heard before the accept. `relayOnly`:
   * better paths are for after it. `offerOnly`: so is all but an offer without addresses.
   */
  ring(relayOnly: boolean, offerOnly = false): void {
    this.do({ type: "ring", relay_only: relayOnly, offer_only: offerOnly });
  }

  /** The node's word that the two have each other, with what they may connect by from now on. */
  accepted(ice: IceServer[], relayOnly: boolean): void {
    this.#ice = ice;
    this.#relayOnly = relayOnly;
    this.allow(this.#connection);
    this.do({ type: "accepted" });
  }

  /** The node is there again: whatever was under way may have been lost. */
  nodeReturned(): void {
    this.do({ type: "node_returned" });
  }

  signal(signal: Signal): void {
    this.do({ type: "signal", signal });
  }

  /** Fresh relay credentials: whatever waited for them goes on. */
  ice(servers: IceServer[]): void {
    this.#ice = servers;
    this.do({ type: "ice" });
  }

  say(text: string): void {
    this.write({ type: "message", text });
    this.typing(false);
  }

  land(lead: EntryId, landing: Landing): void {
    this.#answer({ type: "landing", lead, landing });
  }

  consent(consent: Consent): void {
    this.#answer({ type: "consent", consent });
  }

  /** Tells that this side writes; at most every three seconds. */
  typing(on: boolean): void {
    const now = this.clock.now();
    if (on ? now - this.#iTypeSince < TYPING / 2 : this.#iTypeSince === 0) {
      return;
    }
    this.#iTypeSince = on ? now : 0;
    this.glance({ type: "typing", typing: on });
  }

  /** Tells something that is worth nothing a moment later. */
  glance(glance: Glance): void {
    const channel = this.#connection?.glance;
    const open = channel?.readyState === "open" && this.#core.connection === "open";
    if (open && channel.bufferedAmount < GLANCES) {
      channel.send(JSON.stringify(glance));
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
    if (this.#core.connection === "ended") {
      return;
    }
    this.do({ type: "end" });
    await new Promise<void>((resolve) => this.whenKept(resolve));
    await new Promise<void>((resolve) => {
      this.clock.after(GOODBYE, resolve);
      this.#outbox ? this.#outbox.flush(resolve) : resolve();
    });
    // What has left the buffer may still be on its way.
    await new Promise<void>((resolve) => this.clock.after(GOODBYE / 5, resolve));
    this.close();
  }

  /** Closes without a word: the other side waits for this one to come back. */
  close(): void {
    this.#closed = true;
    this.#cancelTick();
    this.#cancelTyping();
    this.#cancelPath();
    this.drop();
    this.#show({ typing: false });
  }

  protected newCore(options: CoreOptions): SessionCore {
    return new SessionCore(options);
  }

  protected do(input: Input): void {
    if (this.#closed) {
      return;
    }
    const effects = this.#core.handle(this.clock.now(), input);
    if (input.type === "write" || input.type === "end") {
      this.keep();
    }
    for (const effect of effects) {
      this.carryOut(effect);
    }
    this.#cancelTick();
    const { deadline } = this.#core;
    if (deadline !== null && !this.#closed) {
      const wait = Math.max(0, deadline - this.clock.now());
      this.#cancelTick = this.clock.after(wait, () => this.do({ type: "tick" }));
    }
    this.#show({});
  }

  protected carryOut(effect: Effect): void {
    switch (effect.type) {
      case "connect":
        this.#connect(effect.epoch, this.role === "visitor" && !effect.answers, false);
        break;
      case "prepare":
        this.#connect(effect.epoch, true, true);
        break;
      case "gather":
        this.#connection?.gather();
        break;
      case "restart":
        this.#connection?.restart(this.#ice, this.#relayOnly);
        break;
      case "take":
        this.#connection?.take(effect.signal);
        break;
      case "signal":
        this.#options.send(effect.signal);
        break;
      case "flow":
        this.#pass((outbox) => outbox.replace(effect.entries));
        break;
      case "entry":
        this.#pass((outbox) => outbox.add(effect.entry));
        break;
      case "tell":
        this.#outbox?.tell(effect.talk);
        break;
      case "want_ice":
        this.#options.wantIce();
        break;
      case "heard":
        this.#heard(effect.entry);
        break;
      case "show":
        if (effect.connection === "open" && this.#connection) {
          void this.#readPath(this.#connection, PATH_SOON);
        }
        break;
      case "full":
        this.#full();
        break;
    }
  }

  /** Has what was written kept. */
  protected keep(): Promise<void> | undefined {
    return this.#options.keep?.();
  }

  /** What this side said goes out once it is kept. */
  protected whenKept(run: () => void): void {
    run();
  }

  #pass(send: (outbox: Outbox) => void): void {
    const outbox = this.#outbox;
    if (outbox) {
      this.whenKept(() => send(outbox));
    }
  }

  #connect(epoch: string, offers: boolean, prepares: boolean): void {
    this.drop();
    this.use(this.newConnection(epoch, offers, prepares), epoch);
  }

  protected newConnection(epoch: string, offers: boolean, prepares = false): PeerConnection {
    const createPeer = this.#options.createPeer ?? ((config) => new RTCPeerConnection(config));
    const connection: PeerConnection = new PeerConnection({
      role: this.role,
      offers,
      ice: this.#ice,
      relayOnly: this.#relayOnly,
      prepares,
      createPeer,
      tell: (input) => this.do({ ...input, epoch }),
      repaired: () => {
        if (connection === this.#connection && this.#core.connection === "open") {
          void this.#readPath(connection, PATH_SOON);
        }
      },
    });
    return connection;
  }

  /** What it may connect by from now on. */
  protected allow(connection: PeerConnection | null): void {
    connection?.allow(this.#ice, this.#relayOnly);
  }

  protected use(connection: PeerConnection, epoch: string): void {
    this.#connection = connection;
    this.#outbox = new Outbox(connection.talk);
    const resumes = new Resumes(this.clock, (talk) => this.do({ type: "hear", epoch, talk }));
    this.#resumes = resumes;
    connection.talk.onmessage = ({ data }) => {
      const talk = typeof data === "string" ? this.#options.decoders.talk(data) : null;
      if (talk) {
        resumes.hear(talk);
      }
    };
    connection.glance.onmessage = ({ data }) => this.#glance(data);
  }

  protected drop(): void {
    this.#resumes?.drop();
    this.#connection?.close();
    this.#connection = null;
    this.#outbox = null;
  }

  /** Paths change, in some browsers without a word: looked up now, and again. */
  async #readPath(connection: PeerConnection, next: number): Promise<void> {
    const path = await connection.pc.getStats().then(pathOf, () => null);
    if (connection !== this.#connection) {
      return;
    }
    if (path && path !== this.#view.get().path) {
      // The side that does not choose goes over to a new path when data comes by it, and not
      // before: without a word it would stay on the relay.
      this.#outbox?.tell({ type: "resume", seen: this.#transcript.seen() });
      this.#show({ path });
      this.#paths.fire(path);
    }
    this.#cancelPath();
    this.#cancelPath = this.clock.after(next, () => void this.#readPath(connection, PATH_LATER));
  }

  protected write(body: Body): EntryId {
    this.do({ type: "write", body });
    return this.#transcript.lastWritten();
  }

  /** What the agent's side waits for is not left out: without room for it the session ends. */
  #answer(body: Body): void {
    try {
      this.write(body);
    } catch {
      this.#full();
    }
  }

  #full(): void {
    if (this.#core.connection !== "ended") {
      this.#options.full?.();
      void this.end();
    }
  }

  #heard({ id, body }: Entry): void {
    if (body.type === "message") {
      this.#cancelTyping();
      this.#show({ typing: false });
    } else if (body.type === "lead") {
      this.#leads.fire(id, body.url);
    } else if (body.type === "bye") {
      this.clock.after(GOODBYE / 5, () => this.close());
    } else {
      this.askedOfPage(id, body);
    }
  }

  /** Whatever was asked of a page of the site, there is none. */
  protected askedOfPage(id: EntryId, body: Body): void {
    if (body.type === "travel" || body.type === "guide") {
      this.land(id, { state: "failed", why: "no_page" });
    } else if (body.type === "ask" && body.permission !== "unknown") {
      this.#answer({ type: "grant", permission: body.permission, grant: "no_page" });
    } else if (body.type === "highlight") {
      const why = "not_permitted";
      this.#answer({ type: "highlighted", highlight: id, found: false, label: "", why });
    }
  }

  /** What this side shows has changed. */
  protected shown(): void {}

  /** The other side glances, which means nothing to who sees no page. */
  protected glanced(_: Glance): void {}

  #glance(data: unknown): void {
    const glance = typeof data === "string" ? this.#options.decoders.glance(data) : null;
    // Before the accept, and after the end, nobody listens.
    if (glance === null || this.#core.connection !== "open") {
      return;
    }
    if (glance.type !== "typing") {
      this.glanced(glance);
    } else {
      this.#cancelTyping();
      this.#show({ typing: glance.typing });
      if (glance.typing) {
        this.#cancelTyping = this.clock.after(TYPING, () => this.#show({ typing: false }));
      }
    }
  }

  /** Tells only news: most frames change nothing that is shown. */
  #show(change: Partial<Pick<SessionView, "path" | "typing">>): void {
    const before = this.#view.get();
    const { path, typing } = { ...before, ...change };
    const now = this.#look(path, typing);
    const keys = Object.keys(now) as (keyof SessionView)[];
    if (keys.some((key) => now[key] !== before[key])) {
      this.#view.set(now);
      this.shown();
    }
  }

  #look(path: Path | null, typing: boolean): SessionView {
    const connection = this.#closed ? "ended" : this.#core.connection;
    const live = connection === "open";
    const { lines, consent, ended } = this.#readTranscript(live);
    return { connection, path, typing: typing && live, lines, consent, ended };
  }

  #readTranscript(live: boolean): Read {
    const transcript = this.#transcript;
    const { version } = transcript;
    if (this.#read?.version !== version || this.#read.live !== live) {
      this.#read = {
        version,
        live,
        lines: transcript.lines(live),
        consent: transcript.consent(),
        ended: transcript.ended(),
      };
    }
    return this.#read;
  }
}
