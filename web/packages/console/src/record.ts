// What was said, led, allowed and shown in a session, as a text that the agent keeps. Made from what
// this browser holds; no server sees it.

import { type Line, writtenDown } from "@isession/peer";
import { saveFile } from "@isession/visitor/save_file";
import { nameOf } from "./store";
import type { Talk } from "./talk";
import { END, lineInWords, outcomeInWords } from "./words";

/** `time` writes a time as people here do. */
export function recordOf(
  lines: readonly Line[],
  { visitor, ended }: Pick<Talk, "visitor" | "ended">,
  site: string,
  time: (at: number) => string,
): string {
  const happened = lines.map((line) => {
    // Never by a name that people give themselves: it may be "You".
    const who = line.kind === "message" ? `${line.mine ? "You" : "Visitor"}: ` : "";
    const outcome = outcomeInWords(line);
    const came = outcome && ` (${outcome})`;
    return { at: line.at, text: who + lineInWords(line) + came };
  });
  const end = ended ? [{ at: ended.at, text: END[ended.reason] }] : [];
  return writtenDown(`Your session with ${nameOf(visitor)}, ${site}`, [...happened, ...end], time);
}

const written = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

export function saveRecord(talk: Talk, site: string): void {
  const { lines } = talk.peer.view.get();
  saveFile(
    "session.txt",
    recordOf(lines, talk, site, (at) => written.format(at)),
  );
}
