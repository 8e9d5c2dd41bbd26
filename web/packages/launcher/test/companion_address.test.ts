import { expect, test } from "vitest";
import { availabilityAddress, availabilityOf, companionAddress } from "../src/address";

const embed = { node: "https://node.example", site: "shop", department: undefined };
const page = "https://shop.example/cart?item=1&size=2#top";

test("the page travels in the fragment, out of every server's sight", () => {
  const address = new URL(companionAddress(embed, page));
  expect(address.pathname).toBe("/go/shop");
  expect(address.search).toBe("");
  expect(new URLSearchParams(address.hash.slice(1)).get("page")).toBe(page);
});

test("a department is asked for", () => {
  const address = new URL(companionAddress({ ...embed, department: "billing & more" }, page));
  expect(address.searchParams.get("department")).toBe("billing & more");
});

test("whether somebody is there is asked of the department", () => {
  expect(availabilityAddress(embed)).toBe("https://node.example/v1/sites/shop");
  const address = availabilityAddress({ ...embed, department: "billing & more" });
  expect(new URL(address).searchParams.get("department")).toBe("billing & more");
});

test("a site's name cannot leave its place in the address", () => {
  const address = new URL(companionAddress({ ...embed, site: "../../console?" }, page));
  expect(address.pathname).toBe("/go/..%2F..%2Fconsole%3F");
});

test("an address that the node would refuse is left out", () => {
  const address = companionAddress(embed, `https://shop.example/${"a".repeat(3000)}`);
  expect(address).toBe("https://node.example/go/shop");
});

test.each([
  [{ available: true }, true],
  [{ available: false, name: "Shop" }, false],
  [{ available: "yes" }, null],
  [{ code: "unknown_site" }, null],
  [null, null],
  ["available", null],
])("the answer %o means %s", (answer, available) => {
  expect(availabilityOf(answer)).toBe(available);
});
