// What was said, asked, allowed and shown, as a text that the visitor keeps. Made in the browser; no
// server sees it.

import { type Line, PageTranscript, randomEpoch } from "@isession/peer";
import { button } from "./dom";
import { pageWords } from "./page_words";
import type { Visit } from "./visit";
import { failureInWords } from "./words";

export interface Known {
  site: string;
  agent: string;
  /** As people here write dates and times. */
  time(at: number): string;
}

export function recordOf(lines: readonly Line[], { site, agent, time }: Known): string {
  const of = lines.map((line) => {
    const who = line.mine ? "You" : agent;
    return `${time(line.at)}  ${who}: ${words(line)}`;
  });
  return [`Your conversation with ${agent}, ${site}`, "", ...of, ""].join("\n");
}

function words(line: Line): string {
  switch (line.kind) {
    case "message":
      // What follows a line break is not to be read as somebody else's line.
      return line.text.replace(/\r?\n|\r/g, "\n    ");
    case "lead":
      return outcome(`Asked to lead you to ${line.url}`, line);
    case "travel":
      return outcome(pageWords(line), line);
    case "consent":
      return CONSENT[line.consent];
    default:
      return pageWords(line);
  }
}

function outcome(asked: string, { landing }: Line & { kind: "lead" | "travel" }): string {
  const came = failureInWords(landing);
  return came ? `${asked} (${came})` : asked;
}

const CONSENT = {
  ask: "Wants to be asked before each lead",
  allow: "Allowed leads for this session",
  stop: "Stopped leading",
  unknown: "Stopped leading",
};

const written = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

/** There once somebody is talked with; stays when the session is over. */
export function copyButton(visit: Visit): HTMLElement {
  let agent = "";
  const copy = button(
    "Save a copy",
    () => {
      const known = { site: visit.site.name, agent, time: (at: number) => written.format(at) };
      saveFile("conversation.txt", recordOf(linesOf(visit), known));
    },
    { class: "quiet" },
  );
  const look = () => {
    const stage = visit.stage.get();
    agent = stage.kind === "talking" ? stage.agent : agent;
    copy.hidden = agent === "";
  };
  visit.stage.subscribe(look);
  look();
  return copy;
}

/** With what was asked, allowed and shown on pages of the site, wherever the session is by now. */
const linesOf = ({ transcript }: Visit): Line[] =>
  new PageTranscript({ role: "visitor", epoch: randomEpoch(), saved: transcript.save() }).lines(
    false,
  );

/** Gives a text to the visitor as a file. */
function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // After the browser has begun.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
