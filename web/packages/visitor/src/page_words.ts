// What the agent asked of the page, and what the visitor answered, in plain words.

import type { Line } from "@isession/peer";

export function pageWords(line: Line): string {
  switch (line.kind) {
    case "travel":
      return `Asked to go ${TRAVEL[line.travel] ?? "elsewhere"} in this page's history`;
    case "ask":
      return `Asked ${ASK[line.permission] ?? "for something that this version does not know"}`;
    case "grant":
      return `You ${GRANT[line.grant] ?? GRANT.withdrawn}.`;
    case "highlight":
      return line.label ? `Pointed at: ${line.label}` : "Pointed at something on the page";
    default:
      return "";
  }
}

const TRAVEL: Record<string, string> = { back: "back", forward: "forward", reload: "again" };

const ASK: Record<string, string> = {
  view: "to see this page",
  point: "to point at things on this page",
  follow: "you to follow over this website",
};

const GRANT: Record<string, string> = {
  granted: "allowed it",
  declined: "declined it",
  withdrawn: "took it back",
  expired: "did not answer",
  paused: "paused it",
  no_page: "had no page of the site open for it",
};
