// What becomes of permissions, and of what they were for, when the session leaves the site.

import { grantOf, type Line, standing } from "@isession/peer";
import type { Body } from "@isession/protocol";

/** What the agent was permitted stays behind with the page, and what waits for an answer gets one. */
export function leaving(lines: readonly Line[]): Body[] {
  const grants = (["point", "view", "follow"] as const).flatMap((permission): Body[] => {
    const asked = standing(lines, permission) === "asked" && "no_page";
    const there = ["granted", "paused"].includes(grantOf(lines, permission) ?? "");
    const grant = there ? "withdrawn" : asked;
    return grant ? [{ type: "grant", permission, grant }] : [];
  });
  // A page that went a moment ago lets the next place wait.
  const landings = lines.flatMap((line): Body[] =>
    line.kind === "guide" && line.landing === null
      ? [{ type: "landing", lead: line.id, landing: { state: "failed", why: "no_page" } }]
      : [],
  );
  return [...grants, ...landings];
}
