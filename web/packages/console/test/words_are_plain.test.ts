// What the console says, and what it makes of what an agent types.

import type { SessionView } from "@isession/peer";
import { expect, test } from "vitest";
import { asAddress, connectionInWords, duration, landingInWords, shortAddress } from "../src/words";

test.each([
  [-5, "0:00"],
  [7_000, "0:07"],
  [750_000, "12:30"],
  [3_720_000, "1:02:00"],
])("%i ms read as %s", (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test.each([
  ["shop.example/returns", "https://shop.example/returns"],
  ["  https://shop.example ", "https://shop.example"],
  ["localhost:8081/cart", "https://localhost:8081/cart"],
  ["http://shop.example", "http://shop.example"],
  ["javascript:alert(1)", "javascript:alert(1)"],
])("an agent who types %j leads to %j", (typed, address) => {
  expect(asAddress(typed)).toBe(address);
});

test("every state of a lead has its words", () => {
  expect(landingInWords(null, false)).toBe("Waiting for the connection");
  expect(landingInWords(null, true)).toBe("Sent");
  expect(landingInWords({ state: "shown" }, true)).toBe("Shown to the visitor");
  expect(landingInWords({ state: "landed", how: "window" }, true)).toBe("Landed in a new window");
  expect(landingInWords({ state: "declined" }, true)).toBe("Declined: the visitor stays");
  expect(landingInWords({ state: "blocked", why: "private_address" }, true)).toBe(
    "Blocked: the address is a private one",
  );
  expect(landingInWords({ state: "failed", why: "no_window" }, true)).toBe(
    "Failed: the visitor's browser opened no window",
  );
});

test("addresses are shortened to host and path", () => {
  expect(shortAddress("https://shop.example/cart?id=1#top")).toBe("shop.example/cart");
  expect(shortAddress("https://shop.example/")).toBe("shop.example");
  expect(shortAddress("not an address")).toBe("not an address");
});

test("the connection is told with its path, and a vanished visitor with what can be done", () => {
  const view = { connection: "open", path: "direct" } as SessionView;
  expect(connectionInWords(view)).toBe("Connected: direct");
  expect(connectionInWords({ ...view, connection: "reconnecting" }, true)).toBe(
    "reconnecting … The visitor has not been reachable for a minute. You can wait or end the session.",
  );
});
