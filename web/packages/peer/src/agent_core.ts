// The agent's side: it answers, and asks for an offer where it needs one. For a visitor's side that
// lives in pages it prepares a second connection, and sends its offer ahead (`next`).

import type { NextOffer } from "@isession/protocol";
import { type CoreOptions, SessionCore } from "./core";
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
  /** The latest lives of the other side that were connected. */
  #known: string[] = [];

  constructor(options: CoreOptions) {
    super(options);
    this.#life = options.epoch();
  }

  protected override take(input: Input): void {
    switch (input.type) {
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
      this.connect();
    }
    super.addressee(signal);
    const theirs = this.current?.theirs;
    if (theirs && !this.#known.includes(theirs)) {
      this.#known = [...this.#known.slice(1 - REMEMBERED), theirs];
    }
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
