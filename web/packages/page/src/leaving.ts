// What becomes of permissions when the session leaves the site.

import { grantOf, type Line, standing } from "@isession/peer";
import type { Body } from "@isession/protocol";

/** What the agent was permitted stays behind with the page, and what waits for an answer gets one. */
export function leaving(lines: readonly Line[]): Body[] {
  return (["point", "view", "follow"] as const).flatMap((permission) => {
    const asked = standing(lines, permission) === "asked" && "no_page";
    const there = ["granted", "paused"].includes(grantOf(lines, permission) ?? "");
    const grant = there ? "withdrawn" : asked;
    return grant ? [{ type: "grant", permission, grant }] : [];
  });
}
