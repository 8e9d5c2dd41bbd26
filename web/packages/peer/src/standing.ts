// How it stands with what the agent asked for: a pure function of what was said.

import type { Grant, Permission } from "@isession/protocol";
import type { Line } from "./transcript";

/** `none`: it was never asked for. `asked`: the visitor has not answered yet. */
export type Standing = Grant | "none" | "asked";

/** How it stands with a permission. */
export function standing(lines: readonly Line[], permission: Permission): Standing {
  const latest = lines.findLast(
    (line) => (line.kind === "ask" || line.kind === "grant") && line.permission === permission,
  );
  if (latest?.kind === "grant") {
    return latest.grant;
  }
  return latest ? "asked" : "none";
}

/** Whether it is permitted: what is asked again stays permitted. */
export function permits(lines: readonly Line[], permission: Permission): boolean {
  const latest = lines.findLast((line) => line.kind === "grant" && line.permission === permission);
  return latest?.kind === "grant" && latest.grant === "granted";
}
