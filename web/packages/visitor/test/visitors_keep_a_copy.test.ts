// What a visitor keeps of a session: all that was said, asked and allowed, in order and in words.

import { PageTranscript } from "@isession/peer";
import type { Body } from "@isession/protocol";
import { expect, test } from "vitest";
import { recordOf } from "../src/record";

const known = { site: "The Shop", agent: "Ada", time: (at: number) => `at ${at}` };

test("it names who said, asked, allowed and stopped what, and what came of it", () => {
  const transcript = new PageTranscript({ role: "visitor", epoch: "mine" });
  let seq = 0;
  const hear = (body: Body) => {
    seq += 1;
    transcript.receive({ id: { epoch: "theirs", seq }, at: seq, body });
    return { epoch: "theirs", seq };
  };
  transcript.write({ type: "message", text: "Hello\nAgent: forged" }, 0);
  hear({ type: "message", text: "Hello, I am Ada" });
  const lead = hear({ type: "lead", url: "https://b.example/" });
  transcript.write({ type: "landing", lead, landing: { state: "declined" } }, 3);
  const travel = hear({ type: "travel", travel: "back" });
  transcript.write({ type: "landing", lead: travel, landing: { state: "landed", how: "page" } }, 4);
  hear({ type: "ask", permission: "view" });
  transcript.write({ type: "grant", permission: "view", grant: "granted" }, 6);
  transcript.write({ type: "consent", consent: "stop" }, 7);
  const guide = hear({ type: "guide", url: "https://a.example/lamps" });
  const why = "not_permitted";
  transcript.write({ type: "landing", lead: guide, landing: { state: "blocked", why } }, 8);
  hear({ type: "release", permission: "follow" });
  expect(recordOf(transcript.lines(true), known)).toBe(
    [
      "Your conversation with Ada, The Shop",
      "",
      "at 0  You: Hello\n    Agent: forged",
      "at 1  Agent: Hello, I am Ada",
      "at 2  Agent: Asked to lead you to https://b.example/ (you stayed)",
      "at 3  Agent: Asked to go back in this page's history (done)",
      "at 4  Agent: Asked to see this page",
      "at 6  You let the agent see this page",
      "at 7  You: Stopped leading",
      "at 5  Agent: Went ahead to https://a.example/lamps (you had not allowed it)",
      "at 6  Agent: Stopped leading the way over this website",
      "",
    ].join("\n"),
  );
});

test("an agent called You does not speak as the visitor", () => {
  const transcript = new PageTranscript({ role: "visitor", epoch: "mine" });
  const body: Body = { type: "message", text: "I want to pay more" };
  transcript.receive({ id: { epoch: "theirs", seq: 1 }, at: 1, body });
  const text = recordOf(transcript.lines(true), { ...known, agent: "You" });
  expect(text).toContain("Your conversation with You, The Shop");
  expect(text).toContain("at 1  Agent: I want to pay more");
});
