// The frames in sdk/protocol/fixtures are read and written again here as Rust does.

import { describe, expect, test } from "vitest";
import fixtures from "../../../../sdk/protocol/fixtures/channel.json";
import signaling from "../../../../sdk/protocol/fixtures/signaling.json";
import { channel, conversation, decodeToAgent, decodeToVisitor } from "../src/index";
import { decodeFromAgent, decodeFromVisitor } from "./from";

type Case = { name: string; frame: unknown; text?: string; reads?: unknown };
type Chapter = Record<string, Case[]>;
type Fixtures = { golden: Chapter; newer: Chapter; unread?: Chapter; refused: Chapter };

function check(fixtures: Fixtures, kind: string, decode: (text: string) => unknown) {
  const cases = (chapter: Chapter) => chapter[kind] ?? [];
  describe(kind, () => {
    test.each(cases(fixtures.golden))("golden: $name", ({ frame }) => {
      expect(JSON.parse(JSON.stringify(decode(JSON.stringify(frame))))).toEqual(frame);
    });
    test.each(cases(fixtures.newer))("newer: $name", ({ frame, reads }) => {
      expect(decode(JSON.stringify(frame))).toEqual(reads ?? { type: "unknown" });
    });
    test.each(cases(fixtures.unread ?? {}))("unread: $name", ({ frame, text, reads }) => {
      expect(decode(text ?? JSON.stringify(frame))).toEqual(reads);
    });
    test.each(cases(fixtures.refused))("refused: $name", ({ frame }) => {
      expect(decode(JSON.stringify(frame))).toBeNull();
    });
  });
}

const frames = signaling as unknown as Fixtures;
check(frames, "from_visitor", decodeFromVisitor);
check(frames, "to_visitor", decodeToVisitor);
check(frames, "from_agent", decodeFromAgent);
check(frames, "to_agent", decodeToAgent);
check(fixtures as unknown as Fixtures, "talk", channel.talk);
check(fixtures as unknown as Fixtures, "glance", channel.glance);

const { golden } = fixtures as unknown as Fixtures;

test.each(golden.talk ?? [])("without pages, understood or passed over: $name", ({ frame }) => {
  const { type, ...rest } = frame as { type: string; body?: { type: string } };
  const known = ["message", "lead", "travel", "guide", "ask", "highlight", "bye"];
  const wanted =
    type === "next"
      ? { type: "unknown" }
      : type === "entry" && !known.includes(rest.body?.type ?? "")
        ? { type, ...rest, body: { type: "unknown" } }
        : frame;
  expect(JSON.parse(JSON.stringify(conversation.talk(JSON.stringify(frame))))).toEqual(wanted);
});

test.each(golden.glance ?? [])("without pages, only typing is seen: $name", ({ frame }) => {
  const typing = (frame as { type: string }).type === "typing";
  expect(conversation.glance(JSON.stringify(frame))).toEqual(typing ? frame : { type: "unknown" });
});

test("what is no JSON, or longer than allowed, is refused", () => {
  expect(channel.talk("{")).toBeNull();
  expect(channel.talk(`{"type":"resume","seen":{}${" ".repeat(300_000)}}`)).toBeNull();
});

test("a name that objects inherit is no frame", () => {
  expect(channel.talk('{"type":"toString"}')).toEqual({ type: "unknown" });
  expect(channel.talk('{"type":"__proto__"}')).toEqual({ type: "unknown" });
});
