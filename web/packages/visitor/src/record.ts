// What was said, asked, allowed and shown, as a text that the visitor keeps. Made in the browser; no
// server sees it.

import { type Line, PageTranscript, randomEpoch, writtenDown } from "@isession/peer";
import { button } from "./dom";
import { pageWords } from "./page_words";
import { saveFile } from "./save_file";
import type { Visit } from "./visit";
import { failureInWords } from "./words";

export interface Known {
  site: string;
  agent: string;
  /** As people here write dates and times. */
  time(at: number): string;
}

export function recordOf(lines: readonly Line[], { site, agent, time }: Known): string {
  const all = lines.map((line) => {
    // What the visitor decided says itself whose word it is.
    // No name stands for anybody: an agent's may be "You".
    const who = line.kind === "grant" ? "" : `${line.mine ? "You" : "Agent"}: `;
    return { at: line.at, text: who + words(line) };
  });
  return writtenDown(`Your conversation with ${agent}, ${site}`, all, time);
}

function words(line: Line): string {
  switch (line.kind) {
    case "message":
      return line.text;
    case "lead":
      return outcome(`Asked to lead you to ${line.url}`, line);
    case "travel":
    case "guide":
      return outcome(pageWords(line), line);
    case "consent":
      return CONSENT[line.consent];
    default:
      return pageWords(line);
  }
}

function outcome(asked: string, { landing }: Line & { kind: "lead" | "travel" | "guide" }): string {
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
    { class: "quiet copy" },
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
