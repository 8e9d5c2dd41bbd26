// What the session leaves behind when it goes from a page of the site into the companion.

import { PageTranscript, permits, standing } from "@isession/peer";
import type { Body, Grant, Permission } from "@isession/protocol";
import { expect, test } from "vitest";
import { leaving } from "../src/leaving";

const PERMISSIONS: Permission[] = ["view", "point", "follow"];

/** What the agent asked for and the visitor said, and then leaves. */
function left(...said: [Permission, Grant | "asked"][]): PageTranscript {
  const transcript = new PageTranscript({ role: "visitor", epoch: "mine" });
  let seq = 0;
  for (const [permission, grant] of said) {
    if (grant === "asked") {
      seq += 1;
      const body: Body = { type: "ask", permission };
      transcript.receive({ id: { epoch: "agent", seq }, at: 1, body });
    } else {
      transcript.write({ type: "grant", permission, grant }, 1);
    }
  }
  for (const body of leaving(transcript.lines(false))) {
    transcript.write(body, 2);
  }
  return transcript;
}

const standings = (transcript: PageTranscript) =>
  PERMISSIONS.map((permission) => standing(transcript.lines(false), permission));

test("what was permitted is withdrawn, and the pointing before the seeing that it needs", () => {
  const transcript = left(["view", "granted"], ["point", "granted"]);
  expect(standings(transcript)).toEqual(["withdrawn", "withdrawn", "none"]);
  const grants = transcript.lines(false).slice(2);
  expect(grants).toMatchObject([{ permission: "point" }, { permission: "view" }]);
});

test("what is permitted and asked again is withdrawn", () => {
  const transcript = left(["view", "granted"], ["view", "asked"]);
  expect(permits(transcript.lines(false), "view")).toBe(false);
  expect(standings(transcript)).toEqual(["withdrawn", "none", "none"]);
});

test("a question that waits is answered: nobody is left to answer it", () => {
  expect(standings(left(["view", "granted"], ["point", "asked"], ["follow", "asked"]))).toEqual([
    "withdrawn",
    "no_page",
    "no_page",
  ]);
});

test("following that waits is withdrawn as well: there is nothing to take up again", () => {
  expect(standings(left(["follow", "granted"], ["follow", "paused"]))).toEqual([
    "none",
    "none",
    "withdrawn",
  ]);
});

test("what was refused before stays as it was said", () => {
  expect(standings(left(["view", "declined"], ["follow", "expired"]))).toEqual([
    "declined",
    "none",
    "expired",
  ]);
});

test("a place that the page had not gone to yet is answered, once", () => {
  const transcript = new PageTranscript({ role: "visitor", epoch: "mine" });
  for (const seq of [1, 2]) {
    const body: Body = { type: "guide", url: `https://shop.example/${seq}` };
    transcript.receive({ id: { epoch: "agent", seq }, at: 1, body });
  }
  const lead = { epoch: "agent", seq: 1 };
  transcript.write({ type: "landing", lead, landing: { state: "landed", how: "page" } }, 1);
  const answers = leaving(transcript.lines(false));
  const landing = { state: "failed", why: "no_page" };
  expect(answers).toEqual([{ type: "landing", lead: { epoch: "agent", seq: 2 }, landing }]);
});
