// What the agent's own tab on the site and the console tell each other, by messages between windows.

import { channel, LIMITS, type Point } from "@isession/protocol";
import type { Standing } from "./standing";

/** The name of that tab, by which the page script knows it. */
export const GUIDE = "isession-guide";

/** Where the agent is, from the tab to the console. */
export interface Report {
  url: URL;
  /** What the agent sees begins here, and would begin there at the page's end. */
  at: Point;
  of: Point;
}

/** How it stands with following, from the console to the tab. */
export interface Told {
  isession: "following";
  standing: Standing;
}

/** What the tab's page says is said by a page of the site, and no more: it may be anything. */
export function readReport(data: unknown, site: string, origin: string): Report | null {
  if (typeof data !== "object" || data === null) {
    return null;
  }
  const { isession, site: theirs, url: text, ...places } = data as Record<string, unknown>;
  const [at, of] = [readPoint(places.at), readPoint(places.of)];
  const glance = channel.glance(JSON.stringify({ type: "scroll", n: 0, at, of }));
  const known = isession === "guide" && theirs === site && typeof text === "string";
  if (!known || text.length > 4 * LIMITS.url || glance?.type !== "scroll" || !glance.of) {
    return null;
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.origin === origin ? { url, at: glance.at, of: glance.of } : null;
}

/** Two numbers and no more, whatever else is there. */
function readPoint(data: unknown): Point | undefined {
  const { x, y } = (data ?? {}) as Record<string, unknown>;
  return typeof x === "number" && typeof y === "number" ? { x, y } : undefined;
}
