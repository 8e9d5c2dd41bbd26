// Messages of `bulk` become batches again, within bounds.

import { BULK, LIMITS, MIRROR } from "@isession/protocol";
import type { Batch } from "./events";
import { readBatch } from "./read";

export interface UnpackOptions {
  onBatch(batch: Batch): void;
  /** What came is no mirror. Everything up to the next batch that begins anew is passed over. */
  onBroken(): void;
}

export class Unpacker {
  readonly #options: UnpackOptions;
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;
  #work: Promise<void> = Promise.resolve();
  /** Bytes of whole batches that wait for their turn. */
  #waiting = 0;
  /** Counts resets: what was under way is void. */
  #round = 0;

  constructor(options: UnpackOptions) {
    this.#options = options;
  }

  take(message: Uint8Array<ArrayBuffer>): void {
    const tooMuch = this.#bytes + this.#waiting + message.length > LIMITS.mirrorBatch;
    if (
      message.length < MIRROR.header ||
      message.length > LIMITS.mirrorMessage ||
      message[0] !== BULK.mirror ||
      tooMuch
    ) {
      this.#break();
      return;
    }
    this.#pieces.push(message.subarray(MIRROR.header));
    this.#bytes += message.length;
    if (((message[1] ?? 0) & MIRROR.last) === MIRROR.last) {
      this.#finish();
    }
  }

  /** Another channel, or another page: what is not complete never will be. */
  reset(): void {
    this.#round += 1;
    this.#pieces = [];
    this.#bytes = 0;
    this.#waiting = 0;
  }

  #finish(): void {
    const { onBatch } = this.#options;
    const round = this.#round;
    const pieces = this.#pieces;
    const bytes = this.#bytes;
    this.#pieces = [];
    this.#bytes = 0;
    this.#waiting += bytes;
    this.#work = this.#work.then(async () => {
      const batch = round === this.#round ? await unpack(pieces) : null;
      if (round !== this.#round) {
        return;
      }
      this.#waiting -= bytes;
      if (batch) {
        onBatch(batch);
      } else {
        this.#break();
      }
    });
  }

  #break(): void {
    this.reset();
    this.#options.onBroken();
  }
}

/** The batch in these pieces; null for anything else. */
export async function unpack(pieces: Uint8Array<ArrayBuffer>[]): Promise<Batch | null> {
  try {
    return readBatch(JSON.parse(await inflate(pieces)));
  } catch {
    return null;
  }
}

/** Stops as soon as there is more than a batch may have: a small bomb makes no large text. */
async function inflate(
  pieces: Uint8Array<ArrayBuffer>[],
  limit: number = LIMITS.mirrorBatch,
): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = new Blob(pieces)
    .stream()
    .pipeThrough(new DecompressionStream("deflate-raw"))
    .getReader();
  const text: string[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return text.join("") + decoder.decode();
    }
    bytes += value.length;
    if (bytes > limit) {
      await reader.cancel();
      throw new RangeError("too large");
    }
    text.push(decoder.decode(value, { stream: true }));
  }
}
