// The agent's side: it answers, and asks for an offer where it needs one. For a visitor's side that
// lives in pages it prepares a second connection, and sends its offer ahead (`next`).

import type { NextOffer } from "@isession/protocol";
import { type CoreOptions, type Current, fresh, PATIENCE, SessionCore } from "./core";
import type { Addressed, Input } from "./core_words";

/** Lives of the other side whose late answers are recognised. */
const REMEMBERED = 8;

export class AgentCore extends SessionCore {
  /** This life of the agent's side: asks the other to start over when it is new. */
  readonly #life: string;
  /** For the visitor's next life; the offer, once it is made. */
  #ahead: { epoch: string; offer: NextOffer | null } | null = null;
  /** The connection was mended since: what was prepared may lead nowhere. */
  #stale = false;
  /** The offer that is answered with the accept. */
  #offer: Addressed | null = null;
  /**
   * Another life of the visitor's side, whose connection is made beside the current one while that
   * carries, and takes its place once it is open; after `by` in any case.
   */
  #beside: (Current & { theirs: string; by: number }) | null = null;
  /** The latest lives of the other side that were connected. */
  #known: string[] = [];

  constructor(options: CoreOptions) {
    super(options);
    this.#life = options.epoch();
  }

  override get deadline(): number | null {
    const due = super.deadline;
    const by = this.connection === "ended" ? undefined : this.#beside?.by;
    return by === undefined || (due !== null && due < by) ? due : by;
  }

  protected override take(input: Input): void {
    if (this.#beside && "epoch" in input && input.epoch === this.#beside.epoch) {
      // It has nothing to say to a session that is over.
      if (this.connection !== "ended") {
        this.#takeBeside(this.#beside, input);
      }
      return;
    }
    switch (input.type) {
      case "tick":
        if (this.#beside && this.#beside.by <= this.now) {
          this.#goOver();
        }
        super.take(input);
        break;
      case "start":
        if (input.resumed) {
          this.#ready(this.#life);
        } else if (this.#offer) {
          this.addressee(this.#offer);
        }
        break;
      case "ring":
        // The side that offers looks for better paths.
        super.take({ ...input, relay_only: false });
        this.#ready(this.#life);
        break;
      case "answer":
        this.speaks = true;
        this.flow();
        break;
      case "offered_ahead":
        this.#sendAhead(input.offer);
        break;
      case "signal":
        this.#signal(input);
        break;
      default:
        super.take(input);
    }
  }

  #signal(input: Input & { type: "signal" }): void {
    const { signal } = input;
    if (!this.offerOnly && signal.kind !== "ready") {
      super.take(input);
    } else if (signal.kind === "description" && signal.role === "offer") {
      this.#offer = signal;
    }
  }

  protected override startOver(): void {
    this.#ready(this.options.epoch());
  }

  protected override connect(): void {
    super.connect();
    this.#ahead = null;
  }

  protected override begin(epoch: string): Current {
    this.#beside = null;
    return super.begin(epoch);
  }

  /** What does not carry any more is not waited with. */
  protected override look(): void {
    if (this.#beside && !(this.current?.flows && this.lives())) {
      this.#goOver();
    } else {
      super.look();
    }
  }

  protected override opened(): void {
    this.#stale = true;
  }

  protected override next(): void {
    if (this.connection === "ended") {
      return;
    }
    if (!this.#ahead || this.#stale) {
      const epoch = this.options.epoch();
      this.#ahead = { epoch, offer: null };
      this.#stale = false;
      this.effects.push({ type: "offer_ahead", epoch });
    } else if (this.#ahead.offer) {
      this.#sendAhead(this.#ahead.offer);
    }
  }

  protected override addressee(signal: Addressed): void {
    const { role } = signal.kind === "description" ? signal : {};
    const beside = this.#beside;
    if (beside?.theirs === signal.epoch && (signal.to ?? beside.epoch) === beside.epoch) {
      this.effects.push({ type: "take_beside", signal });
      return;
    }
    if (role === "answer") {
      this.#takeUp(signal);
    }
    const foreign = this.isForeign(signal);
    if (role === "answer" && this.current && foreign && !this.#known.includes(signal.epoch)) {
      // A new life answers what was sent ahead, and that is gone or was answered before.
      this.startOver();
      return;
    }
    if (signal.to !== undefined && !this.current) {
      // The other side believes in a connection that is gone.
      this.#ready(this.#life);
      return;
    }
    const meant = signal.to === undefined || signal.to === this.current?.epoch;
    if (role === "offer" && meant && (!this.current || foreign)) {
      if (this.connection === "open") {
        this.#connectBeside(signal);
        return;
      }
      this.connect();
    }
    super.addressee(signal);
    this.#remember();
  }

  #remember(): void {
    const theirs = this.current?.theirs;
    if (theirs && !this.#known.includes(theirs)) {
      this.#known = [...this.#known.slice(1 - REMEMBERED), theirs];
    }
  }

  #connectBeside(signal: Addressed): void {
    const epoch = this.options.epoch();
    this.#beside = { ...fresh(epoch), theirs: signal.epoch, by: this.now + PATIENCE };
    this.effects.push({ type: "connect_beside", epoch }, { type: "take_beside", signal });
  }

  /** What the connection beside the current one says. Its signals go through the node. */
  #takeBeside(beside: Current & { theirs: string }, input: Input): void {
    const addressed = { epoch: beside.epoch, to: beside.theirs };
    switch (input.type) {
      case "described": {
        const { role, sdp } = input;
        const seen = this.transcript.seen();
        const signal = { kind: "description", role, sdp, seen, ...addressed } as const;
        this.effects.push({ type: "signal", signal });
        return;
      }
      case "candidate": {
        const { candidate, mid } = input;
        const signal = { kind: "candidate", candidate, mid, ...addressed } as const;
        this.effects.push({ type: "signal", signal });
        return;
      }
      case "taken":
        beside.seen = input.seen;
        break;
      case "path":
        beside.path = input.state;
        break;
      case "channel":
        beside.channel = input.open ? "open" : "closed";
        break;
      case "hear":
        this.#goOver();
        super.take(input);
        return;
    }
    const opened = beside.channel === "open" && beside.path === "connected" && beside.seen;
    if (opened || beside.channel === "closed" || beside.path === "failed") {
      this.#goOver();
    }
  }

  /** The connection beside the current one takes its place, whether it is open or to be mended. */
  #goOver(): void {
    const beside = this.#beside as Current;
    this.#beside = this.#ahead = null;
    this.current = beside;
    this.#remember();
    this.effects.push({ type: "take_up", epoch: beside.epoch });
    this.flow();
    this.look();
  }

  /** What was prepared takes the place of the current connection, if this answers it. */
  #takeUp({ to }: Addressed): void {
    if (this.#ahead && to === this.#ahead.epoch) {
      const { epoch } = this.#ahead;
      this.#ahead = null;
      this.begin(epoch);
      this.effects.push({ type: "take_up", epoch });
      this.look();
    }
  }

  #sendAhead(offer: NextOffer): void {
    if (this.#ahead?.epoch === offer.epoch) {
      this.#ahead.offer = offer;
      if (this.lives()) {
        this.tell({ type: "next", offer });
      }
    }
  }

  /** Asks for an offer. */
  #ready(epoch: string): void {
    this.effects.push({ type: "signal", signal: { kind: "ready", epoch } });
  }
}
