// Batches on their way out: deflated, and cut into messages of `bulk`.

import { BULK, LIMITS, MIRROR } from "@isession/protocol";
import type { Batch } from "./events";

/** The messages of a batch; null if it is more than a batch may be. */
export async function pack(batch: Batch): Promise<Uint8Array<ArrayBuffer>[] | null> {
  const text = new TextEncoder().encode(JSON.stringify(batch));
  return text.length > LIMITS.mirrorBatch ? null : cut(await deflate(text));
}

/** Raw deflate (RFC 1951). */
export async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function cut(
  bytes: Uint8Array,
  limit: number = LIMITS.mirrorMessage,
): Uint8Array<ArrayBuffer>[] {
  const room = limit - MIRROR.header;
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (let from = 0; from === 0 || from < bytes.length; from += room) {
    const piece = bytes.subarray(from, from + room);
    const message = new Uint8Array(MIRROR.header + piece.length);
    message[0] = BULK.mirror;
    message[1] = from + room >= bytes.length ? MIRROR.last : 0;
    message.set(piece, MIRROR.header);
    messages.push(message);
  }
  return messages;
}
