// The session layer's rules, pure: time, epochs and chance come in, effects go out. The same
// rules stand in sdk/client/src/session_core.rs, and sdk/protocol/fixtures/session_scenarios.json proves
// it of both.
//
// One peer connection is current at a time. Nothing is sent on it before the other side's `seen`
// is known; then what the other side misses flows, and all that is written later. A path that is
// lost is mended by an ICE restart, and by a new connection when that does not help. Signals
// travel over the channel while it lives, so that a running session does not need the node.
//
// What is here is what both sides do, and what a visitor's side does that has one life, as windows
// and programs have it. `AgentCore` is the agent's side, `PageCore` a visitor's that lives in pages.

import type { Body, Entry, EntryId, NextOffer, Seen, Signal, Talk } from "@isession/protocol";
import type { Addressed, Connection, Effect, Input, PathState } from "./core_words";
import { Held } from "./held";
import { sameId, type Transcript } from "./transcript";

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

/** One peer connection, as the rules see it. */
export interface Current {
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
  protected readonly transcript: Transcript;
  protected readonly options: CoreOptions;
  #now = 0;
  protected effects: Effect[] = [];
  protected current: Current | null = null;
  /** How much longer the first connection may take. */
  protected first = FIRST;
  #shown: Connection = "connecting";
  #answeredLife: string | null = null;
  #tries = 0;
  #mendAt: number | null = null;
  #over = false;
  /** Whether this side may speak, and hear, before the accept. */
  protected speaks = true;
  #hears = true;
  #held = new Held();
  /** A better path may be looked for: the one before the accept is a relay's. */
  #upgrades = false;
  /** Nothing but an offer passes before the accept. */
  protected offerOnly = false;

  constructor(options: CoreOptions) {
    this.options = options;
    this.transcript = options.transcript;
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
    this.effects = [];
    if (!this.#over || input.type === "hear") {
      this.take(input);
    }
    return this.effects;
  }

  protected take(input: Input): void {
    if ("epoch" in input && input.epoch !== this.current?.epoch) {
      return;
    }
    switch (input.type) {
      case "start":
        this.connect();
        break;
      case "ring":
        this.speaks = this.#hears = false;
        this.#upgrades = input.relay_only;
        this.offerOnly = input.offer_only;
        break;
      case "accepted":
        this.#accepted();
        break;
      case "node_returned":
        if (this.#shown !== "open") {
          this.startOver();
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
        const seen = this.transcript.seen();
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

  /** A new connection takes the place of the one that does not carry. */
  protected startOver(): void {
    this.connect();
  }

  protected connect(): void {
    const epoch = this.options.epoch();
    // Whoever connects after the accept does so with all that is allowed.
    this.#upgrades &&= !this.#hears;
    this.begin(epoch);
    this.effects.push({ type: this.offerOnly ? "prepare" : "connect", epoch });
    this.look();
  }

  protected begin(epoch: string): Current {
    const nothing = { theirs: null, seen: null, owed: null };
    const not = { flows: false, heard: false, asked: false, silent: false };
    this.current = { epoch, path: "connecting", channel: "opening", ...nothing, ...not };
    return this.current;
  }

  /** Both may speak and be heard; what came too early is heard now. */
  #accepted(): void {
    this.speaks = this.#hears = true;
    const prepared = this.offerOnly;
    this.offerOnly = false;
    if (!this.current) {
      // Whoever did not connect while it rang begins now.
      this.take({ type: "start", resumed: false });
      return;
    }
    if (prepared) {
      this.effects.push({ type: "gather" });
      this.look();
      return;
    }
    this.flow();
    const held = this.#held;
    this.#held = new Held();
    for (const talk of held.frames) {
      this.#hear(talk);
    }
    if (held.lost) {
      // Nothing may follow that would show the gap.
      this.#ask();
    }
    this.#upgrade();
  }

  /** Once, when both are accepted and hear each other. */
  #upgrade(): void {
    if (this.#upgrades && this.#hears && this.current?.heard && this.lives()) {
      this.#upgrades = false;
      this.effects.push({ type: "restart" });
    }
  }

  /** Fresh credentials: whatever waited for them goes on. */
  #ice(): void {
    if (this.#tries === 0) {
      return;
    }
    const current = this.current;
    const mendable = current?.seen && current.channel !== "closed" && !current.silent;
    if (mendable && this.#tries <= RESTARTS) {
      this.effects.push({ type: "restart" });
    } else {
      this.startOver();
    }
  }

  #signal(signal: Signal): void {
    if (signal.kind === "ready") {
      // Said again for a life that is being connected already, it changes nothing.
      if (signal.epoch !== this.#answeredLife) {
        this.#answeredLife = signal.epoch;
        this.connect();
      }
    } else if (signal.kind !== "unknown" && !this.offerOnly) {
      this.addressee(signal);
    }
  }

  /** Takes a signal, unless it is of or for another life than the current one. */
  protected addressee(signal: Addressed): void {
    const { current } = this;
    if (!current || this.isForeign(signal)) {
      return;
    }
    if (signal.kind === "description") {
      // At once: a later offer, of another life, may come before this one is taken in.
      current.theirs = signal.epoch;
    }
    this.effects.push({ type: "take", signal });
  }

  protected isForeign({ epoch, to = this.current?.epoch }: Addressed): boolean {
    const { current } = this;
    return to !== current?.epoch || (current?.theirs != null && current.theirs !== epoch);
  }

  /**
   * Over the channel while it lives: a running session does not need the node. Some stacks drop
   * what arrives before their end is open, and nothing would repeat a signal.
   */
  #send(signal: Signal): void {
    if (this.lives() && this.current?.heard && this.#hears) {
      this.effects.push({ type: "tell", talk: { type: "signal", signal } });
    } else {
      this.effects.push({ type: "signal", signal });
    }
  }

  /** The channel carries. */
  protected lives(): boolean {
    const current = this.current;
    return current?.channel === "open" && current.path === "connected" && !current.silent;
  }

  /** When the channel that is open has been silent for too long. */
  get #silentAt(): number | null {
    const owed = this.current?.owed;
    return owed && this.#shown === "open" && this.#hears ? owed.since + SILENCE : null;
  }

  #addressed(): { epoch: string; to?: string } {
    const { epoch = "", theirs = null } = this.current ?? {};
    return theirs === null ? { epoch } : { epoch, to: theirs };
  }

  #changed(input: Input & { type: "taken" | "path" | "channel" }): void {
    const current = this.current as Current;
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
    this.flow();
    this.#upgrade();
    this.look();
  }

  /** Sends what the other side has not seen, as soon as that is known on an open channel. */
  protected flow(): void {
    const current = this.current;
    if (current?.channel !== "open" || !current.seen || current.flows || !this.speaks) {
      return;
    }
    current.flows = true;
    this.#flowFrom(current, current.seen);
    // What was seen is said again: between offer and open more may have come over the channel
    // before, and the other side's first entries may have been dropped.
    this.tell({ type: "resume", seen: this.transcript.seen() });
    this.look();
  }

  #flowFrom(current: Current, seen: Seen): void {
    const entries = this.transcript.missing(seen);
    this.effects.push({ type: "flow", entries });
    const last = entries.at(-1);
    current.owed = last ? { id: last.id, since: this.#now } : null;
  }

  /** Says how the connection is, and sees to it that it is mended. */
  protected look(): void {
    const current = this.current;
    if (this.#over) {
      return;
    }
    if (current?.flows && this.lives()) {
      this.#tries = 0;
      this.#mendAt = null;
      if (this.#shown !== "open") {
        this.#show("open");
        this.opened();
      }
      return;
    }
    const first = this.#shown === "connecting";
    this.#show(first ? "connecting" : "reconnecting");
    if (this.offerOnly || (!this.speaks && this.lives())) {
      // It waits for the accept, and nothing else.
      this.#mendAt = null;
      return;
    }
    const patience = current?.path === "failed" || current?.silent ? 0 : PATIENCE;
    this.#mendAt ??= this.#now + patience + (first ? this.first : 0);
  }

  /** It is open, for the first time or again. */
  protected opened(): void {}

  /** The other side's word about the visitor's next life. */
  protected next(_offer: NextOffer | undefined): void {}

  #tick(): void {
    if (this.#silentAt !== null && this.#silentAt <= this.#now) {
      (this.current as Current).silent = true;
      this.look();
    }
    if (this.#mendAt !== null && this.#mendAt <= this.#now) {
      this.#mendAt = null;
      this.mend();
    }
  }

  protected mend(): void {
    this.#tries += 1;
    const wait = Math.min(RETRY_MOST, RETRY * 2 ** Math.min(this.#tries, 3));
    // From three quarters of it to five.
    const thousandths = 750 + Math.round(this.options.chance() * 500);
    this.#mendAt = this.#now + Math.floor((wait * thousandths) / 1000);
    this.effects.push({ type: "want_ice" });
  }

  #write(body: Body): void {
    const entry = this.transcript.write(body, this.#now);
    const current = this.current;
    if (current?.flows) {
      this.effects.push({ type: "entry", entry });
      current.owed = { id: entry.id, since: current.owed?.since ?? this.#now };
    }
  }

  #hear(talk: Talk): void {
    (this.current as Current).heard = true;
    if (!this.#hears) {
      this.#held.hold(talk);
      return;
    }
    switch (talk.type) {
      case "entry":
        this.#hearEntry(talk);
        break;
      case "ack":
        this.transcript.acknowledge(talk.id);
        this.effects.push({ type: "delivered", id: talk.id });
        this.#acknowledged(talk.id);
        break;
      case "resume":
        this.#resume(talk.seen);
        break;
      case "next":
        this.next(talk.offer);
        break;
      case "signal":
        if (!this.#over && talk.signal.kind !== "unknown" && talk.signal.kind !== "ready") {
          this.addressee(talk.signal);
        }
        break;
    }
    this.#upgrade();
  }

  #acknowledged(id: EntryId): void {
    const current = this.current as Current;
    if (current.owed) {
      current.owed = sameId(current.owed.id, id) ? null : { ...current.owed, since: this.#now };
    }
    this.#carries(current);
  }

  /** What this side says gets through: silence is over. */
  #carries(current: Current): void {
    if (current.silent) {
      current.silent = false;
      this.look();
    }
  }

  /** Asks for what is missing, once: all that follows it comes again. */
  #ask(): void {
    const current = this.current as Current;
    if (!current.asked) {
      current.asked = true;
      this.tell({ type: "resume", seen: this.transcript.seen() });
    }
  }

  #resume(seen: Seen): void {
    const current = this.current as Current;
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
    const current = this.current as Current;
    const receipt = this.transcript.receive(entry);
    if (receipt === "gap") {
      this.#ask();
      return;
    }
    if (receipt === "full") {
      this.effects.push({ type: "full" });
      return;
    }
    current.asked = false;
    this.tell({ type: "ack", id });
    if (receipt !== "new") {
      return;
    }
    this.effects.push({ type: "heard", entry });
    if (body.type === "bye") {
      this.#finish();
    }
  }

  protected tell(talk: Talk): void {
    this.effects.push({ type: "tell", talk });
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
      this.effects.push({ type: "show", connection });
    }
  }
}
