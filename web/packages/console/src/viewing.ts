// Whether the agent sees the visitor's page: a pure function of what was said.

import type { Line } from "@isession/peer";
import type { Grant, Permission } from "@isession/protocol";

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
