// A visitor's side that lives in pages of a site: it asks for an offer for its next life, and whoever
// comes back answers it with one message. Only browsers have these rules: programs have one life.

import { LIMITS, type NextOffer } from "@isession/protocol";
import { SessionCore } from "./core";
import type { Input } from "./core_words";

export class PageCore extends SessionCore {
  /** The connection that answers an offer that was sent ahead. */
  #ahead: string | null = null;
  readonly #first = this.first;

  protected override take(input: Input): void {
    if (input.type === "start" && input.next) {
      this.#answer(input.next);
    } else {
      super.take(input);
    }
  }

  protected override connect(): void {
    this.first = this.#first;
    super.connect();
    this.effects.push({ type: "next", offer: null });
  }

  protected override opened(): void {
    this.tell({ type: "next" });
  }

  protected override next(offer: NextOffer | undefined): void {
    if (offer && this.connection !== "ended") {
      this.effects.push({ type: "next", offer });
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

  /** This side comes back, and knows what the other side is known to have. */
  #answer({ epoch: theirs, sdp }: NextOffer): void {
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
}
