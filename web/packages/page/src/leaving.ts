// What becomes of permissions when the session leaves the site.

import { type Line, permits, standing } from "@isession/peer";
import type { Body } from "@isession/protocol";

/** What the agent was permitted stays behind with the page, and what waits for an answer gets one. */
export function leaving(lines: readonly Line[]): Body[] {
  return (["point", "view", "follow"] as const).flatMap((permission) => {
    const asked = standing(lines, permission) === "asked" && "no_page";
    const grant = permits(lines, permission) ? "withdrawn" : asked;
    return grant ? [{ type: "grant", permission, grant }] : [];
  });
}
