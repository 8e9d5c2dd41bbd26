// Links in chat: plain http and https addresses, and nothing else.

export type Piece = string | { href: string; text: string };

const ADDRESS = /https?:\/\/[^\s<>"]+/gi;
/** Punctuation that ends a sentence, not an address. */
const TRAILING = ".,;:!?'\")]}";

function trimmed(address: string): string {
  let end = address.length;
  while (end > 0 && TRAILING.includes(address.charAt(end - 1))) {
    end -= 1;
  }
  return address.slice(0, end);
}

/** Null for what is no address, or pretends to be another by a user name before the host. */
function hrefOf(address: string): string | null {
  try {
    const url = new URL(address);
    return url.username === "" && url.password === "" ? url.href : null;
  } catch {
    return null;
  }
}

export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    const href = hrefOf(address);
    if (href === null) {
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
