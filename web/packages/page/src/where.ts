// Where the visitor is, as far as agents may know.

import { shownAddress } from "@isession/peer";
import { bytes, type Details, LIMITS, type Location } from "@isession/protocol";
import { clip } from "@isession/visitor";

/** What is said before the site's policy is known: the page without query and fragment. */
export function detailsOf(
  page: { origin: string; pathname: string },
  department?: string,
): Details {
  const address = page.origin + page.pathname;
  return {
    ...(/^https?:/.test(address) && bytes(address) <= LIMITS.url && { page: address }),
    ...(department && bytes(department) <= LIMITS.department && { department }),
  };
}

/** What agents may know of where a tab is. */
export function locationOf(
  tab: string,
  page: { address: URL; title: string; front: boolean },
  query: readonly string[],
): Location {
  const url = shownAddress(page.address, query);
  const title = clip(page.title, LIMITS.title);
  return { tab, ...(url !== undefined && { url }), title, front: page.front };
}
