// Where the visitor is, as far as agents may know.

import { bytes, type Details, LIMITS } from "@isession/protocol";

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
