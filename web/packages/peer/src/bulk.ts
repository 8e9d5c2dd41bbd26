// The `bulk` channel of a session, over all of its connections.

import { BULK, LIMITS } from "@isession/protocol";
import { Event } from "./ports";

/**
 * Bytes in the channel's buffer beyond which nothing more is taken. What lies in there cannot be
 * taken back, and shares the connection with what people say.
 */
const ROOM = 64 * 1024;

export class Bulk {
  readonly #live: () => boolean;
  readonly #rooms = new Event<[]>();
  readonly #opens = new Event<[]>();
  readonly #changes = new Event<[]>();
  readonly #mirrors = new Event<[ArrayBuffer]>();
  #channel: RTCDataChannel | null = null;
  /** The channel was told to be open. */
  #told = false;

  /** `live`: the two sides have each other. */
  constructor(live: () => boolean) {
    this.#live = live;
  }

  /** There is room for another message. */
  get room(): boolean {
    const channel = this.#channel;
    return channel?.readyState === "open" && this.#live() && channel.bufferedAmount < ROOM;
  }

  /** Takes a message, or says that there is no room for it. */
  send(message: Uint8Array<ArrayBuffer>): boolean {
    if (message.length > LIMITS.channelFrame || !this.room) {
      return false;
    }
    this.#channel?.send(message);
    return true;
  }

  /** Runs when there is room again after there was none. */
  onRoom(run: () => void): () => void {
    return this.#rooms.on(run);
  }

  /** Runs for each channel that opens. What went into the one before may be lost. */
  onOpen(run: () => void): () => void {
    return this.#opens.on(run);
  }

  /** Runs when another channel takes over: what was half heard never will be whole. */
  onChange(run: () => void): () => void {
    return this.#changes.on(run);
  }

  /** Runs for each message of a mirror. One that nobody listens to is gone. */
  onMirror(run: (message: ArrayBuffer) => void): () => void {
    return this.#mirrors.on(run);
  }

  /** Goes over to another connection's channel, or to none. */
  attach(channel: RTCDataChannel | null): void {
    this.#channel = channel;
    this.#told = false;
    this.#changes.fire();
    if (channel) {
      channel.bufferedAmountLowThreshold = ROOM / 2;
      channel.onopen = () => this.check();
      channel.onbufferedamountlow = () => this.#rooms.fire();
      channel.onmessage = ({ data }) => this.#hear(data);
    }
  }

  /** Something changed that may have opened it. */
  check(): void {
    if (!this.#told && this.#channel?.readyState === "open" && this.#live()) {
      this.#told = true;
      this.#opens.fire();
    }
  }

  #hear(data: unknown): void {
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0) {
      return;
    }
    if (new Uint8Array(data, 0, 1)[0] === BULK.mirror && data.byteLength <= LIMITS.mirrorMessage) {
      this.#mirrors.fire(data);
    }
  }
}
