// A visitor's side that lives in pages of a site asks for an offer for its next life, and an agent's
// side in a browser sends one ahead (`next`): whoever comes back answers it with one message. These
// rules are only here: programs have one life.

import { LIMITS, type NextOffer } from "@isession/protocol";
import { SessionCore } from "./core";
import type { Addressed, Input } from "./core_words";

/** Lives of the other side whose late answers are recognised. */
const REMEMBERED = 8;

export class TravellingCore extends SessionCore {
  /** For the visitor's next life; the offer, once it is made. */
  #prepared: { epoch: string; offer: NextOffer | null } | null = null;
  /** The connection was mended since: what was prepared may lead nowhere. */
  #stale = false;
  /** The latest lives of the other side that were connected. */
  #known: string[] = [];
  /** The connection that answers an offer that was sent ahead. */
  #ahead: string | null = null;
  readonly #first = this.first;

  protected override take(input: Input): void {
    if (input.type === "prepared") {
      this.#sendAhead(input.offer);
    } else if (input.type === "start" && input.next && this.role === "visitor") {
      this.#answerNext(input.next);
    } else {
      super.take(input);
    }
  }

  protected override connect(): void {
    this.first = this.#first;
    super.connect();
    this.#prepared = null;
    if (this.role === "visitor") {
      this.effects.push({ type: "next", offer: null });
    }
  }

  protected override opened(): void {
    this.#stale = true;
    if (this.role === "visitor") {
      this.tell({ type: "next" });
    }
  }

  protected override next(offer: NextOffer | undefined): void {
    if (this.connection === "ended") {
      return;
    }
    if (this.role === "visitor") {
      if (offer) {
        this.effects.push({ type: "next", offer });
      }
    } else if (!this.#prepared || this.#stale) {
      const epoch = this.options.epoch();
      this.#prepared = { epoch, offer: null };
      this.#stale = false;
      this.effects.push({ type: "prepare", epoch });
    } else if (this.#prepared.offer) {
      this.#sendAhead(this.#prepared.offer);
    }
  }

  protected override addressee(signal: Addressed): void {
    if (signal.kind === "description" && signal.role === "answer" && !this.#asked(signal)) {
      // A new life answers what was sent ahead, and that is gone or was answered before.
      if (this.role === "agent") {
        this.ready(this.options.epoch());
      }
      return;
    }
    super.addressee(signal);
    const theirs = this.current?.theirs;
    if (theirs && !this.#known.includes(theirs)) {
      this.#known = [...this.#known.slice(1 - REMEMBERED), theirs];
    }
  }

  protected override mend(): void {
    const { current } = this;
    if (current && current.epoch === this.#ahead && !current.heard) {
      this.connect();
    } else {
      super.mend();
    }
  }

  /** Whether an answer is to the current connection, or to the prepared one, which is taken up. */
  #asked({ epoch, to }: Addressed): boolean {
    if (this.#prepared && to === this.#prepared.epoch) {
      const { epoch } = this.#prepared;
      this.#prepared = null;
      this.begin(epoch);
      this.effects.push({ type: "take_up", epoch });
      this.look();
    }
    const { current } = this;
    const foreign = current?.theirs != null && current.theirs !== epoch;
    const gone = to !== undefined && to !== current?.epoch;
    return !current || !(foreign || gone) || this.#known.includes(epoch);
  }

  /** A visitor's side comes back, and knows what the other side is known to have. */
  #answerNext({ epoch: theirs, sdp }: NextOffer): void {
    const epoch = this.options.epoch();
    // Of the latest lives, if it is of many.
    const delivered = Object.entries(this.transcript.save().delivered).slice(-LIMITS.seenEpochs);
    const seen = Object.fromEntries(delivered);
    this.begin(epoch).theirs = theirs;
    this.#ahead = epoch;
    // That offer was either good or is gone: there is no use in waiting for more.
    this.first = 0;
    const signal = { kind: "description", role: "offer", sdp, epoch: theirs, seen } as const;
    this.effects.push({ type: "connect", epoch, answers: true }, { type: "take", signal });
    // An offer is good for one answer.
    this.effects.push({ type: "next", offer: null });
    this.look();
  }

  #sendAhead(offer: NextOffer): void {
    if (this.#prepared?.epoch === offer.epoch) {
      this.#prepared.offer = offer;
      if (this.lives()) {
        this.tell({ type: "next", offer });
      }
    }
  }
}
