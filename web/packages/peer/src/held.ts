// What comes before the accept does: nobody hears it until then.

import type { Talk } from "@isession/protocol";

/** Entries that are kept: first words, or what a visitor wrote waiting. */
const ENTRIES = 16;
/** Signals and the like that are kept; nobody would repeat them. */
const OTHERS = 64;

export class Held {
  readonly #entries: Talk[] = [];
  readonly #others: Talk[] = [];
  /** Entries came for which there was no room. They are to be asked for. */
  lost = false;

  hold(talk: Talk): void {
    const entry = talk.type === "entry";
    const kept = entry ? this.#entries : this.#others;
    if (kept.length < (entry ? ENTRIES : OTHERS)) {
      kept.push(talk);
    } else {
      this.lost ||= entry;
    }
  }

  /** All that is held, entries first. */
  get frames(): readonly Talk[] {
    return [...this.#entries, ...this.#others];
  }
}
