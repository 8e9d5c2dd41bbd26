// How it stands with what the agent asked for: a pure function of what was said.

import type { Grant, Permission } from "@isession/protocol";
import type { Line } from "./transcript";

/** `none`: it was never asked for. `asked`: the visitor has not answered yet. `released`: given back. */
export type Standing = Grant | "none" | "asked" | "released";

/** What a permission is worth nothing without. */
const NEEDS: Partial<Record<Permission, Permission>> = { point: "view" };

/** How it stands with a permission. */
export function standing(lines: readonly Line[], permission: Permission): Standing {
  const latest = lines.findLast((line) => isWordOn(line, permission));
  switch (latest?.kind) {
    case "grant":
      return latest.grant === "withdrawn" && isReleased(lines, permission)
        ? "released"
        : latest.grant;
    case "release":
      return "released";
    case "ask":
      return "asked";
    default:
      return "none";
  }
}

/** Whether the agent gave it back and has not asked for it since; a grant may have crossed that. */
const isReleased = (lines: readonly Line[], permission: Permission): boolean =>
  lines.findLast((line) => line.kind !== "grant" && isWordOn(line, permission))?.kind === "release";

const isWordOn = (line: Line, permission: Permission): line is Word =>
  (line.kind === "ask" || line.kind === "grant" || line.kind === "release") &&
  line.permission === permission;

type Word = Line & { kind: "ask" | "grant" | "release" };

/** The word that counts: what is asked again stays permitted, what was given back does not. */
export function grantOf(lines: readonly Line[], permission: Permission): Grant | null {
  const latest = latestOf(lines, permission);
  const grant = latest?.kind === "grant" ? latest.grant : null;
  return grant === "unknown" ? "withdrawn" : grant;
}

/**
 * Whether what was permitted was given back, and nothing was said to that yet: the agent's side may
 * hear the grant after it gave back, and believe that it is permitted.
 */
export function isGivenBack(lines: readonly Line[], permission: Permission): boolean {
  if (latestOf(lines, permission)?.kind !== "release") {
    return false;
  }
  const said = lines.filter((line) => line.kind === "grant");
  return ["granted", "paused"].includes(grantOf(said, permission) ?? "");
}

const latestOf = (lines: readonly Line[], permission: Permission) =>
  lines.findLast(
    (line) =>
      (line.kind === "grant" && line.permission === permission) ||
      (line.kind === "release" && [permission, NEEDS[permission]].includes(line.permission)),
  );

/** Whether it is permitted. */
export const permits = (lines: readonly Line[], permission: Permission): boolean =>
  grantOf(lines, permission) === "granted";
