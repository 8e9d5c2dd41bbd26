// A visit on its way from a page of the site into the companion, in the fragment of the companion's
// address: the one way that is left where a page's opener policy cuts the two windows apart. No
// server ever sees a fragment; the browser's history may, though it is erased at once. So it is sealed
// with the session's link, and nothing in it reads as words. The ticket holds the link too: this
// keeps out whoever looks, and not who has the whole address and takes the ticket apart.

import type { LinkId } from "@isession/protocol";
import { ARRIVED, type Remembered } from "./memory";

/** Firefox takes no address of a megabyte. */
const LONGEST = 900_000;

/** Throws if it is too long for an address. `ticket` opens the door; the rest is sealed. */
export async function departure(visit: Remembered, link: LinkId): Promise<string> {
  const { ticket = "", ...rest } = visit;
  const packed = await through(
    new CompressionStream("deflate-raw"),
    new TextEncoder().encode(JSON.stringify(rest)),
  );
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(link), packed);
  const bytes = [...iv, ...new Uint8Array(sealed)];
  const text = btoa(bytes.map((byte) => String.fromCharCode(byte)).join(""));
  const fragment = `${ARRIVED}?${new URLSearchParams({ ticket, sealed: text })}`;
  if (fragment.length > LONGEST) {
    throw new Error("this visit is too long for an address");
  }
  return fragment;
}

/** What came; null if it is none of ours. */
export function arrival(fragment: string): { ticket: string; sealed: string } | null {
  const words = new URLSearchParams(fragment.slice(ARRIVED.length + 1));
  const [ticket, sealed] = [words.get("ticket"), words.get("sealed")];
  return ticket && sealed ? { ticket, sealed } : null;
}

/** Throws if it was sealed for another session. */
export async function unseal(sealed: string, link: LinkId): Promise<Remembered> {
  const bytes = Uint8Array.from(atob(sealed), (letter) => letter.charCodeAt(0));
  const [iv, rest] = [bytes.slice(0, 12), bytes.slice(12)];
  const packed = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key(link), rest);
  const text = await through(new DecompressionStream("deflate-raw"), packed);
  return JSON.parse(new TextDecoder().decode(text)) as Remembered;
}

async function key(link: LinkId): Promise<CryptoKey> {
  const raw = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(link));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

const through = (stream: GenericTransformStream, data: BufferSource): Promise<ArrayBuffer> =>
  new Response(new Blob([data]).stream().pipeThrough(stream)).arrayBuffer();
