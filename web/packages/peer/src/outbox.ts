// What goes out on `talk`, no faster than the channel takes it. The queue holds entries of the
// transcript, whose size is bounded; asked again and again, it starts anew and does not grow.

import type { Entry, Talk } from "@isession/protocol";

/** Bytes in the channel's own buffer; browsers close a channel that holds 16 MiB. */
const HIGH = 1024 * 1024;
const LOW = HIGH / 4;

export class Outbox {
  readonly #channel: RTCDataChannel;
  #entries: Entry[] = [];
  #whenEmpty: (() => void) | null = null;

  constructor(channel: RTCDataChannel) {
    this.#channel = channel;
    channel.bufferedAmountLowThreshold = LOW;
    channel.onbufferedamountlow = () => this.#pump();
  }

  /**
   * Acks and the like: with a full buffer they are left out, for the next says as much. Signals
   * are few, and nothing repeats them.
   */
  tell(talk: Talk): void {
    const must = talk.type === "signal" && this.#channel.readyState === "open";
    if (must || this.#hasRoom()) {
      this.#channel.send(JSON.stringify(talk));
    }
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#pump();
  }

  /** Sends these; what waited is among them. */
  replace(entries: Entry[]): void {
    this.#entries = entries;
    this.#pump();
  }

  /** Runs once everything has left, at once if nothing can leave any more. */
  flush(run: () => void): void {
    this.#whenEmpty = run;
    this.#channel.bufferedAmountLowThreshold = 0;
    this.#pump();
  }

  #hasRoom(): boolean {
    return this.#channel.readyState === "open" && this.#channel.bufferedAmount < HIGH;
  }

  #pump(): void {
    while (this.#hasRoom()) {
      const entry = this.#entries.shift();
      if (!entry) {
        break;
      }
      this.#channel.send(JSON.stringify({ type: "entry", ...entry } satisfies Talk));
    }
    const left = this.#entries.length === 0 && this.#channel.bufferedAmount === 0;
    if (left || this.#channel.readyState !== "open") {
      this.#whenEmpty?.();
      this.#whenEmpty = null;
    }
  }
}
