// What the companion says, and what it lets out.

import { bytes, LIMITS } from "@isession/protocol";
import { expect, test } from "vitest";
import { placeInWords } from "../src/queue_view";
import { clip, detailsOf, lengthInWords } from "../src/text";
import { failureInWords } from "../src/words";

const place = { position: 2, waiting: 5, available: true };

test.each([
  [{ ...place, estimate: 119 }, "You are number 2 of 5. Estimated wait: about 2 minutes."],
  [{ ...place, estimate: 61 }, "You are number 2 of 5. Estimated wait: about 1 minute."],
  [{ ...place, estimate: 5 }, "You are number 2 of 5. Estimated wait: less than a minute."],
  [place, "You are number 2 of 5. Estimated wait: unknown."],
  [
    { ...place, available: false },
    "No agent is available right now. You can wait or leave. You are number 2 of 5.",
  ],
])("the place %o", (queue, words) => {
  expect(placeInWords(queue)).toBe(words);
});

test("clipped text fits in bytes and keeps its letters whole", () => {
  expect(clip("short", 80)).toBe("short");
  expect(clip("ü".repeat(80), 80)).toBe("ü".repeat(40));
  expect(clip("👋".repeat(40), 79)).toBe("👋".repeat(19));
});

const at = (rest: string) => new URL(`https://node.example/go/shop${rest}`);

test("the launcher's page wins over the referrer", () => {
  expect(detailsOf(at("#page=https%3A%2F%2Fa.example%2F"), "https://b.example/")).toEqual({
    page: "https://a.example/",
  });
  expect(detailsOf(at("?department=billing"), "https://b.example/")).toEqual({
    page: "https://b.example/",
    department: "billing",
  });
});

test("what would not fit the wire, or is no page, is left out", () => {
  expect(detailsOf(at("#page=javascript:alert(1)"), "")).toEqual({});
  expect(detailsOf(at(`#page=https://a.example/${"ü".repeat(1500)}`), "")).toEqual({});
  expect(detailsOf(at(`?department=${"x".repeat(41)}`), "")).toEqual({});
});

test("the length is told once it matters", () => {
  expect(lengthInWords("hello")).toBe("");
  expect(lengthInWords("x".repeat(LIMITS.messageText - 10))).toBe("About 10 characters left");
  const long = "ü".repeat(LIMITS.messageText / 2 + 1);
  expect(bytes(long)).toBeGreaterThan(LIMITS.messageText);
  expect(lengthInWords(long)).toContain("too long");
});

test("a lead that the visitor had stopped was not stopped for safety", () => {
  expect(failureInWords({ state: "blocked", why: "stopped" })).toBe("you stopped leading");
  expect(failureInWords({ state: "blocked", why: "scheme" })).toBe("blocked for your safety");
});
