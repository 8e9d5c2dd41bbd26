// What the agent asked of the page, and what the visitor answered, in plain words.

import type { Line } from "@isession/peer";

export function pageWords(line: Line): string {
  switch (line.kind) {
    case "travel":
      return `Asked to go ${TRAVEL[line.travel] ?? "elsewhere"} in this page's history`;
    case "guide":
      return `Went ahead to ${line.url}`;
    case "release":
      return RELEASE[line.permission] ?? "Gave back what you had allowed";
    case "ask":
      return `Asked ${ASK[line.permission] ?? "for something that this version does not know"}`;
    case "grant":
      return `${GRANT[line.grant] ?? GRANT.withdrawn} ${MAY[line.permission] ?? "do that"}`;
    case "highlight":
      if (line.found === false) {
        return "Wanted to point at something, which was not shown";
      }
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

const RELEASE: Record<string, string> = {
  view: "Stopped looking at this page",
  point: "Stopped pointing at this page",
  follow: "Stopped leading the way over this website",
};

const MAY: Record<string, string> = {
  view: "see this page",
  point: "point at things on this page",
  follow: "lead the way over this website",
};

const GRANT: Record<string, string> = {
  granted: "You let the agent",
  declined: "You did not let the agent",
  withdrawn: "You no longer let the agent",
  expired: "You did not answer, so the agent may not",
  paused: "You went on alone, so for now the agent may not",
  no_page: "You had no page of the site open, so the agent may not",
};
