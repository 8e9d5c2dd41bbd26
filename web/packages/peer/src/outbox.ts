// What goes out on `talk`, no faster than the channel takes it. Entries that wait are of the
// transcript, whose size is bounded; asked again and again, the queue starts anew and does not grow.
// Of all else the newest of each kind waits.

import { type Entry, LIMITS, type Talk } from "@isession/protocol";

/** Bytes in the channel's own buffer; browsers close a channel that holds 16 MiB. */
const HIGH = 1024 * 1024;
const LOW = HIGH / 4;

export class Outbox {
  readonly #channel: RTCDataChannel;
  /** What found no room, one of each kind: the next says as much. */
  readonly #told = new Map<string, Talk>();
  #entries: Entry[] = [];
  #whenEmpty: (() => void) | null = null;

  constructor(channel: RTCDataChannel) {
    this.#channel = channel;
    channel.bufferedAmountLowThreshold = LOW;
    channel.onbufferedamountlow = () => this.#pump();
  }

  /**
   * Acks and the like wait for room, and a newer one takes the place of an older one. Signals are
   * few and do not wait: nothing repeats them.
   */
  tell(talk: Talk): void {
    if (this.#channel.readyState !== "open") {
      return;
    }
    if (talk.type === "signal") {
      this.#channel.send(JSON.stringify(talk));
      return;
    }
    const kind = talk.type === "ack" ? `ack ${talk.id.epoch}` : talk.type;
    this.#told.delete(kind);
    this.#told.set(kind, talk);
    const [oldest] = this.#told.keys();
    if (this.#told.size > LIMITS.seenEpochs && oldest !== undefined) {
      this.#told.delete(oldest);
    }
    this.#pump();
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
      const talk = this.#next();
      if (!talk) {
        break;
      }
      this.#channel.send(JSON.stringify(talk));
    }
    const waits = this.#told.size + this.#entries.length + this.#channel.bufferedAmount;
    if (waits === 0 || this.#channel.readyState !== "open") {
      this.#whenEmpty?.();
      this.#whenEmpty = null;
    }
  }

  #next(): Talk | null {
    const [told] = this.#told;
    if (told) {
      this.#told.delete(told[0]);
      return told[1];
    }
    const entry = this.#entries.shift();
    return entry ? { type: "entry", ...entry } : null;
  }
}
