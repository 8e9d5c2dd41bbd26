// Where the visitor is, of all the places where they were.

import type { Place } from "@isession/peer";

/** The tab in front, or the one that was there last; none if no tab shows a page of the site. */
export function placeOf(trail: readonly Place[]): Place | undefined {
  const open = [...new Map(trail.map((place) => [place.tab, place])).values()]
    .filter(({ url }) => url !== undefined)
    .toSorted((a, b) => a.at - b.at);
  return open.findLast(({ front }) => front) ?? open.at(-1);
}
