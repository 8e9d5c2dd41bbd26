// The frames in sdk/protocol/fixtures are read and written again here as Rust does.

import { describe, expect, test } from "vitest";
import channel from "../../../../sdk/protocol/fixtures/channel.json";
import signaling from "../../../../sdk/protocol/fixtures/signaling.json";
import { decodeGlance, decodeTalk, decodeToAgent, decodeToVisitor } from "../src/index";
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
check(channel as unknown as Fixtures, "talk", decodeTalk);
check(channel as unknown as Fixtures, "glance", decodeGlance);

test("what is no JSON, or longer than allowed, is refused", () => {
  expect(decodeTalk("{")).toBeNull();
  expect(decodeTalk(`{"type":"resume","seen":{}${" ".repeat(300_000)}}`)).toBeNull();
});

test("a name that objects inherit is no frame", () => {
  expect(decodeTalk('{"type":"toString"}')).toEqual({ type: "unknown" });
  expect(decodeTalk('{"type":"__proto__"}')).toEqual({ type: "unknown" });
});
