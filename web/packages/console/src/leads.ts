// Leads, from wherever the agent asks for them: what can be known before one is sent is said at once.

import { judgeLead, TooLong } from "@isession/peer";
import { queue, type Talk } from "./desk";
import { NOT_ALLOWED } from "./words";

/** Whether the site's policy forbids to lead there: the visitor's side would refuse it. */
export function isForbidden(talk: Talk, url: string): boolean {
  const site = queue.value.sites.find(({ id }) => id === talk.visitor.site);
  const verdict = site && judgeLead(url, site.lead_policy);
  return verdict?.ok === false && verdict.why === "not_allowed";
}

/** Leads; what is said if that cannot be. */
export function lead(talk: Talk, url: string): string {
  if (isForbidden(talk, url)) {
    return NOT_ALLOWED;
  }
  return attempt(() => talk.peer.lead(url));
}

/** Says something to the visitor's side; gives what is to be told if that cannot be. */
export function attempt(say: () => void): string {
  try {
    say();
    return "";
  } catch (error) {
    return error instanceof TooLong ? "This address is too long." : "This conversation is full.";
  }
}
