// Links in chat: plain http and https addresses, and nothing else.

export type Piece = string | { href: string; text: string };

const ADDRESS = /https?:\/\/[^\s<>"]+/gi;
/** Punctuation that ends a sentence, not an address. */
const TRAILING = /[.,;:!?'")\]}]+$/;

export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, "");
    let href: string;
    try {
      href = new URL(address).href;
    } catch {
      continue;
    }
    if (match.index > end) {
      pieces.push(text.slice(end, match.index));
    }
    pieces.push({ href, text: address });
    end = match.index + address.length;
  }
  if (end < text.length) {
    pieces.push(text.slice(end));
  }
  return pieces;
}
