// What is told of an address: the site says which parameters of the query may be.

import { bytes, LIMITS } from "@isession/protocol";

/** A page's address without its fragment, and with those query parameters that may be shown. */
export function shownAddress(address: URL, query: readonly string[]): string | undefined {
  const shown = new URL(address.origin + address.pathname);
  for (const [name, value] of address.searchParams) {
    if (query.includes(name)) {
      shown.searchParams.append(name, value);
    }
  }
  // One that is too long goes without its query; if that does not do, without itself.
  return [shown.href, shown.origin + shown.pathname].find((text) => bytes(text) <= LIMITS.url);
}
