// How it stands with what the agent asked for: a pure function of what was said.

import type { Grant, Permission } from "@isession/protocol";
import type { Line } from "./transcript";

/** `none`: it was never asked for. `asked`: the visitor has not answered yet. `released`: given back. */
export type Standing = Grant | "none" | "asked" | "released";

/** What a permission is worth nothing without. */
const NEEDS: Partial<Record<Permission, Permission>> = { point: "view" };

/** How it stands with a permission. */
export function standing(lines: readonly Line[], permission: Permission): Standing {
  const latest = lines.findLast(
    (line) =>
      (line.kind === "ask" || line.kind === "grant" || line.kind === "release") &&
      line.permission === permission,
  );
  switch (latest?.kind) {
    case "grant":
      return latest.grant;
    case "release":
      return "released";
    case "ask":
      return "asked";
    default:
      return "none";
  }
}

/** The word that counts: what is asked again stays permitted, what was given back does not. */
export function grantOf(lines: readonly Line[], permission: Permission): Grant | null {
  const latest = lines.findLast(
    (line) =>
      (line.kind === "grant" && line.permission === permission) ||
      (line.kind === "release" && [permission, NEEDS[permission]].includes(line.permission)),
  );
  const grant = latest?.kind === "grant" ? latest.grant : null;
  return grant === "unknown" ? "withdrawn" : grant;
}

/** Whether it is permitted. */
export const permits = (lines: readonly Line[], permission: Permission): boolean =>
  grantOf(lines, permission) === "granted";
