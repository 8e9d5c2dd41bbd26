// The session layer's rules, pure: time, epochs and chance come in, effects go out. The same
// rules stand in sdk/client/src/session_core.rs, and sdk/protocol/fixtures/session_scenarios.json proves
// it of both.
//
// One peer connection is current at a time. Nothing is sent on it before the other side's `seen`
// is known; then what the other side misses flows, and all that is written later. A path that is
// lost is mended by an ICE restart, and by a new connection when that does not help. Signals
// travel over the channel while it lives, so that a running session does not need the node.

import type { Body, DescriptionRole, Entry, EntryId, Seen, Signal, Talk } from "@isession/protocol";
import { type Role, sameId, type Transcript } from "./transcript";

export type Connection = "connecting" | "open" | "reconnecting" | "ended";

/** What a peer connection says of its path; `lost` may yet come back by itself. */
export type PathState = "connecting" | "connected" | "lost" | "failed";

/** Signals that belong to one life of a peer connection. */
export type Addressed = Signal & { kind: "description" | "candidate" };

export type Input =
  /** Begins. `resumed`: this side was in the session before. */
  | { type: "start"; resumed: boolean }
  /**
   * Begins while it rings: an agent asks for an offer, and both wait for the accept. `relay_only`:
   * better paths are not allowed before it.
   */
  | { type: "ring"; relay_only: boolean }
  /** This agent accepts: may speak, and is not heard before the node's word. */
  | { type: "answer" }
  /** The node's word that it was this agent. */
  | { type: "accepted" }
  /** The node is there again: whatever was under way may have been lost. */
  | { type: "node_returned" }
  /** Fresh relay credentials have come. */
  | { type: "ice" }
  | { type: "signal"; signal: Signal }
  /** The connection has described itself. */
  | { type: "described"; epoch: string; role: DescriptionRole; sdp: string }
  | { type: "candidate"; epoch: string; candidate: string; mid: string }
  /** The connection took a description of the other side, who had seen this much. */
  | { type: "taken"; epoch: string; seen: Seen }
  | { type: "path"; epoch: string; state: PathState }
  | { type: "channel"; epoch: string; open: boolean }
  | { type: "hear"; epoch: string; talk: Talk }
  | { type: "write"; body: Body }
  /** Says goodbye. */
  | { type: "end" }
  | { type: "tick" };

export type Effect =
  /** Makes a new connection and drops the one before; a visitor's offers. */
  | { type: "connect"; epoch: string }
  /** Looks for a new path, with the credentials and the paths that are allowed by now. */
  | { type: "restart" }
  /** Hands the other side's signal to the connection. */
  | { type: "take"; signal: Addressed }
  /** Sends a signal through the node; over the channel it is told. */
  | { type: "signal"; signal: Signal }
  /** Sends these entries; they take the place of whatever has not left yet. */
  | { type: "flow"; entries: Entry[] }
  | { type: "entry"; entry: Entry }
  | { type: "tell"; talk: Talk }
  | { type: "want_ice" }
  | { type: "heard"; entry: Entry }
  | { type: "delivered"; id: EntryId }
  | { type: "show"; connection: Connection }
  /** The transcript is full: the session ends. */
  | { type: "full" };

/** A path that is lost for this long is looked for anew; browsers mend shorter gaps themselves. */
const PATIENCE = 4000;
/** A first connection gets as much more. */
const FIRST = 4000;
/** Tries at mending one connection before a new one is made. */
const RESTARTS = 2;
/** Between tries: grows, so that a long outage costs little. */
const RETRY = 8000;
const RETRY_MOST = 60_000;
/**
 * What was sent is acknowledged in this time, or the channel does not carry, whatever its path
 * says: a path may be lost one way only, and after an outage some stacks wait for a minute before
 * they send again what it swallowed.
 */
const SILENCE = 10_000;
/** Entries that may come before the accept does: first words, or what a visitor wrote waiting. */
const HELD_ENTRIES = 16;
/** Signals and the like that may come before it, which nobody would repeat. */
const HELD_OTHERS = 64;

type Heard = Talk & { type: "entry" };

interface Current {
  epoch: string;
  /** The other side's connection, once it is known. */
  theirs: string | null;
  /** What the other side had seen, once offer and answer were exchanged. */
  seen: Seen | null;
  path: PathState;
  /** A channel that closed does not open again. */
  channel: "opening" | "open" | "closed";
  /** Entries may flow. */
  flows: boolean;
  /** Something came over the channel: the other side's end of it is open too. */
  heard: boolean;
  /** What is missing was asked for, and nothing of it came yet. */
  asked: boolean;
  /** The last entry sent that is not acknowledged, and since when no acknowledgement came. */
  owed: { id: EntryId; since: number } | null;
  /** It is owed for too long. */
  silent: boolean;
}

export interface CoreOptions {
  transcript: Transcript;
  /** A fresh epoch at each call. */
  epoch(): string;
  /** From 0 to 1, for retries that do not come all at once. */
  chance(): number;
}

export class SessionCore {
  readonly #transcript: Transcript;
  readonly #options: CoreOptions;
  /** This life of the session's side: asks the other to start over when it is new. */
  readonly #life: string;
  #now = 0;
  #effects: Effect[] = [];
  #current: Current | null = null;
  #shown: Connection = "connecting";
  #answeredLife: string | null = null;
  #tries = 0;
  #mendAt: number | null = null;
  #over = false;
  /** Whether this side may speak, and hear, before the accept. */
  #speaks = true;
  #hears = true;
  #heldEntries: Heard[] = [];
  #heldOthers: Talk[] = [];
  /** Entries came for which there was no room. */
  #lost = false;
  /** A better path may be looked for: the one before the accept is a relay's. */
  #upgrades = false;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#transcript = options.transcript;
    this.#life = options.epoch();
  }

  get connection(): Connection {
    return this.#shown;
  }

  /** When the next `tick` is due. */
  get deadline(): number | null {
    return this.#over ? null : (this.#mendAt ?? this.#silentAt);
  }

  handle(now: number, input: Input): Effect[] {
    this.#now = now;
    this.#effects = [];
    if (!this.#over || input.type === "hear") {
      this.#take(input);
    }
    return this.#effects;
  }

  #take(input: Input): void {
    if ("epoch" in input && input.epoch !== this.#current?.epoch) {
      return;
    }
    switch (input.type) {
      case "start":
        this.#start(input.resumed);
        break;
      case "ring":
        this.#speaks = this.#hears = false;
        this.#upgrades = input.relay_only;
        if (this.#role === "agent") {
          this.#ready(this.#life);
        }
        break;
      case "answer":
        this.#speaks = true;
        this.#flow();
        break;
      case "accepted":
        this.#accepted();
        break;
      case "node_returned":
        if (this.#shown !== "open") {
          this.#startOver();
        }
        break;
      case "ice":
        this.#ice();
        break;
      case "signal":
        this.#signal(input.signal);
        break;
      case "described": {
        const { role, sdp } = input;
        const seen = this.#transcript.seen();
        this.#send({ kind: "description", role, sdp, seen, ...this.#addressed() });
        break;
      }
      case "candidate": {
        const { candidate, mid } = input;
        this.#send({ kind: "candidate", candidate, mid, ...this.#addressed() });
        break;
      }
      case "taken":
      case "path":
      case "channel":
        this.#changed(input);
        break;
      case "hear":
        this.#hear(input.talk);
        break;
      case "write":
        this.#write(input.body);
        break;
      case "end":
        this.#end();
        break;
      case "tick":
        this.#tick();
        break;
    }
  }

  get #role(): Role {
    return this.#transcript.role;
  }

  #start(resumed: boolean): void {
    if (this.#role === "visitor") {
      this.#connect();
    } else if (resumed) {
      this.#ready(this.#life);
    }
  }

  #startOver(): void {
    if (this.#role === "visitor") {
      this.#connect();
    } else {
      this.#ready(this.#options.epoch());
    }
  }

  #connect(): void {
    const epoch = this.#options.epoch();
    // Whoever connects after the accept does so with all that is allowed.
    this.#upgrades &&= !this.#hears;
    const nothing = { theirs: null, seen: null, owed: null };
    const not = { flows: false, heard: false, asked: false, silent: false };
    this.#current = { epoch, path: "connecting", channel: "opening", ...nothing, ...not };
    this.#effects.push({ type: "connect", epoch });
    this.#look();
  }

  #ready(epoch: string): void {
    this.#effects.push({ type: "signal", signal: { kind: "ready", epoch } });
  }

  /** Both may speak and be heard; what came too early is heard now. */
  #accepted(): void {
    this.#speaks = this.#hears = true;
    if (!this.#current) {
      // Whoever did not connect while it rang begins now.
      this.#start(false);
      return;
    }
    this.#flow();
    for (const talk of [...this.#heldEntries.splice(0), ...this.#heldOthers.splice(0)]) {
      this.#hear(talk);
    }
    if (this.#lost) {
      // Nothing may follow that would show the gap.
      this.#lost = false;
      this.#ask();
    }
    this.#upgrade();
  }

  /** Once, when both are accepted and hear each other; the side that offers begins. */
  #upgrade(): void {
    if (this.#upgrades && this.#hears && this.#current?.heard && this.#lives()) {
      this.#upgrades = false;
      if (this.#role === "visitor") {
        this.#effects.push({ type: "restart" });
      }
    }
  }

  /** Fresh credentials: whatever waited for them goes on. */
  #ice(): void {
    if (this.#tries === 0) {
      return;
    }
    const current = this.#current;
    const mendable = current?.seen && current.channel !== "closed" && !current.silent;
    if (mendable && this.#tries <= RESTARTS) {
      this.#effects.push({ type: "restart" });
    } else {
      this.#startOver();
    }
  }

  #signal(signal: Signal): void {
    if (signal.kind === "ready") {
      // Said again for a life that is being connected already, it changes nothing.
      if (this.#role === "visitor" && signal.epoch !== this.#answeredLife) {
        this.#answeredLife = signal.epoch;
        this.#connect();
      }
    } else if (signal.kind !== "unknown") {
      this.#addressee(signal);
    }
  }

  /** Takes a signal, unless it is of or for another life than the current one. */
  #addressee(signal: Addressed): void {
    const current = this.#current;
    if (signal.to !== undefined && signal.to !== current?.epoch) {
      // The other side believes in a connection that is gone.
      if (this.#role === "agent" && !current) {
        this.#ready(this.#life);
      }
      return;
    }
    const foreign = (known: Current | null) =>
      known?.theirs != null && known.theirs !== signal.epoch;
    const offered = signal.kind === "description" && signal.role === "offer";
    if (offered && this.#role === "agent" && (!current || foreign(current))) {
      this.#connect();
    }
    if (!this.#current || foreign(this.#current)) {
      return;
    }
    if (signal.kind === "description") {
      // At once: a later offer, of another life, may come before this one is taken in.
      this.#current.theirs = signal.epoch;
    }
    this.#effects.push({ type: "take", signal });
  }

  /**
   * Over the channel while it lives: a running session does not need the node. Some stacks drop
   * what arrives before their end is open, and nothing would repeat a signal.
   */
  #send(signal: Signal): void {
    if (this.#lives() && this.#current?.heard && this.#hears) {
      this.#effects.push({ type: "tell", talk: { type: "signal", signal } });
    } else {
      this.#effects.push({ type: "signal", signal });
    }
  }

  /** The channel carries. */
  #lives(): boolean {
    const current = this.#current;
    return current?.channel === "open" && current.path === "connected" && !current.silent;
  }

  /** When the channel that is open has been silent for too long. */
  get #silentAt(): number | null {
    const owed = this.#current?.owed;
    return owed && this.#shown === "open" && this.#hears ? owed.since + SILENCE : null;
  }

  #addressed(): { epoch: string; to?: string } {
    const { epoch = "", theirs = null } = this.#current ?? {};
    return theirs === null ? { epoch } : { epoch, to: theirs };
  }

  #changed(input: Input & { type: "taken" | "path" | "channel" }): void {
    const current = this.#current as Current;
    switch (input.type) {
      case "taken":
        current.seen = input.seen;
        break;
      case "path":
        current.path = input.state;
        break;
      case "channel":
        current.channel = input.open ? "open" : "closed";
        current.flows &&= input.open;
        break;
    }
    this.#flow();
    this.#upgrade();
    this.#look();
  }

  /** Sends what the other side has not seen, as soon as that is known on an open channel. */
  #flow(): void {
    const current = this.#current;
    if (current?.channel !== "open" || !current.seen || current.flows || !this.#speaks) {
      return;
    }
    current.flows = true;
    this.#flowFrom(current, current.seen);
    // What was seen is said again: between offer and open more may have come over the channel
    // before, and the other side's first entries may have been dropped.
    this.#tell({ type: "resume", seen: this.#transcript.seen() });
    this.#look();
  }

  #flowFrom(current: Current, seen: Seen): void {
    const entries = this.#transcript.missing(seen);
    this.#effects.push({ type: "flow", entries });
    const last = entries.at(-1);
    current.owed = last ? { id: last.id, since: this.#now } : null;
  }

  /** Says how the connection is, and sees to it that it is mended. */
  #look(): void {
    const current = this.#current;
    if (this.#over) {
      return;
    }
    if (current?.flows && this.#lives()) {
      this.#tries = 0;
      this.#mendAt = null;
      this.#show("open");
      return;
    }
    const first = this.#shown === "connecting";
    this.#show(first ? "connecting" : "reconnecting");
    if (!this.#speaks && this.#lives()) {
      // It waits for the accept, and nothing else.
      this.#mendAt = null;
      return;
    }
    const patience = current?.path === "failed" || current?.silent ? 0 : PATIENCE;
    this.#mendAt ??= this.#now + patience + (first ? FIRST : 0);
  }

  #tick(): void {
    if (this.#silentAt !== null && this.#silentAt <= this.#now) {
      (this.#current as Current).silent = true;
      this.#look();
    }
    if (this.#mendAt !== null && this.#mendAt <= this.#now) {
      this.#mend();
    }
  }

  #mend(): void {
    this.#tries += 1;
    const wait = Math.min(RETRY_MOST, RETRY * 2 ** Math.min(this.#tries, 3));
    // From three quarters of it to five.
    const thousandths = 750 + Math.round(this.#options.chance() * 500);
    this.#mendAt = this.#now + Math.floor((wait * thousandths) / 1000);
    this.#effects.push({ type: "want_ice" });
  }

  #write(body: Body): void {
    const entry = this.#transcript.write(body, this.#now);
    const current = this.#current;
    if (current?.flows) {
      this.#effects.push({ type: "entry", entry });
      current.owed = { id: entry.id, since: current.owed?.since ?? this.#now };
    }
  }

  #hear(talk: Talk): void {
    (this.#current as Current).heard = true;
    if (!this.#hears) {
      this.#hold(talk);
      return;
    }
    switch (talk.type) {
      case "entry":
        this.#hearEntry(talk);
        break;
      case "ack":
        this.#transcript.acknowledge(talk.id);
        this.#effects.push({ type: "delivered", id: talk.id });
        this.#acknowledged(talk.id);
        break;
      case "resume":
        this.#resume(talk.seen);
        break;
      case "signal":
        if (!this.#over && talk.signal.kind !== "unknown" && talk.signal.kind !== "ready") {
          this.#addressee(talk.signal);
        }
        break;
    }
    this.#upgrade();
  }

  #acknowledged(id: EntryId): void {
    const current = this.#current as Current;
    if (current.owed) {
      current.owed = sameId(current.owed.id, id) ? null : { ...current.owed, since: this.#now };
    }
    this.#carries(current);
  }

  /** What this side says gets through: silence is over. */
  #carries(current: Current): void {
    if (current.silent) {
      current.silent = false;
      this.#look();
    }
  }

  /** Until the accept. Entries beyond the bound are asked for after it. */
  #hold(talk: Talk): void {
    if (talk.type !== "entry") {
      if (this.#heldOthers.length < HELD_OTHERS) {
        this.#heldOthers.push(talk);
      }
    } else if (this.#heldEntries.length < HELD_ENTRIES) {
      this.#heldEntries.push(talk);
    } else {
      this.#lost = true;
    }
  }

  /** Asks for what is missing, once: all that follows it comes again. */
  #ask(): void {
    const current = this.#current as Current;
    if (!current.asked) {
      current.asked = true;
      this.#tell({ type: "resume", seen: this.#transcript.seen() });
    }
  }

  #resume(seen: Seen): void {
    const current = this.#current as Current;
    current.seen = seen;
    if (current.flows && !this.#over) {
      this.#flowFrom(current, seen);
    }
    if (!current.owed) {
      this.#carries(current);
    }
  }

  #hearEntry({ id, at, body }: Entry): void {
    const entry = { id, at, body };
    const current = this.#current as Current;
    const receipt = this.#transcript.receive(entry);
    if (receipt === "gap") {
      this.#ask();
      return;
    }
    if (receipt === "full") {
      this.#effects.push({ type: "full" });
      return;
    }
    current.asked = false;
    this.#tell({ type: "ack", id });
    if (receipt !== "new") {
      return;
    }
    this.#effects.push({ type: "heard", entry });
    if (body.type === "bye") {
      this.#finish();
    }
  }

  #tell(talk: Talk): void {
    this.#effects.push({ type: "tell", talk });
  }

  /** A full conversation ends without a word: the node tells the other side. */
  #end(): void {
    try {
      this.#write({ type: "bye" });
    } catch {}
    this.#finish();
  }

  #finish(): void {
    this.#over = true;
    this.#show("ended");
  }

  #show(connection: Connection): void {
    if (connection !== this.#shown) {
      this.#shown = connection;
      this.#effects.push({ type: "show", connection });
    }
  }
}
