// What of a page's address reaches the agent: the path, and the query parameters that the site named.

import { shownAddress } from "@isession/peer";
import { LIMITS } from "@isession/protocol";
import { expect, test } from "vitest";
import { detailsOf, locationOf } from "../src/where";

const address = new URL("https://shop.example/order?token=secret&item=7&item=8&q=a%20b#card=4111");

test("before the policy is known, the page goes without query and fragment", () => {
  expect(detailsOf(address)).toEqual({ page: "https://shop.example/order" });
  expect(detailsOf(address, "billing").department).toBe("billing");
});

test("only named parameters are shown, each as often as it is there, and no fragment", () => {
  expect(shownAddress(address, [])).toBe("https://shop.example/order");
  expect(shownAddress(address, ["item"])).toBe("https://shop.example/order?item=7&item=8");
  expect(shownAddress(address, ["ITEM", "toke"])).toBe("https://shop.example/order");
});

test("what is too long for the wire is left out", () => {
  const long = new URL(`https://shop.example/?item=${"x".repeat(LIMITS.url)}`);
  expect(shownAddress(long, ["item"])).toBe("https://shop.example/");
  const path = new URL(`https://shop.example/${"x".repeat(LIMITS.url)}`);
  expect(shownAddress(path, [])).toBeUndefined();
  const place = locationOf("t", { address, title: "x".repeat(999), front: true }, []);
  expect(place.title).toHaveLength(LIMITS.title);
});
