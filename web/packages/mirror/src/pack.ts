// Batches on their way out: deflated, and cut into messages of `bulk`.

import type { Batch } from "./events";
import { MESSAGE } from "./limits";

/** The first byte of a message: what it is. */
export const KIND = 1;
/** Bit 0 of the second: the last of its batch. */
export const LAST = 1;
export const HEAD = 2;

/** The messages of a batch. */
export async function pack(batch: Batch): Promise<Uint8Array<ArrayBuffer>[]> {
  return cut(await deflate(new TextEncoder().encode(JSON.stringify(batch))));
}

/** Raw deflate (RFC 1951). */
export async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function cut(bytes: Uint8Array, limit: number = MESSAGE): Uint8Array<ArrayBuffer>[] {
  const room = limit - HEAD;
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (let from = 0; from === 0 || from < bytes.length; from += room) {
    const piece = bytes.subarray(from, from + room);
    const message = new Uint8Array(HEAD + piece.length);
    message[0] = KIND;
    message[1] = from + room >= bytes.length ? LAST : 0;
    message.set(piece, HEAD);
    messages.push(message);
  }
  return messages;
}
