// A visit on its way into the companion: whole where it is meant for, and nothing to anybody else.

import { expect, test } from "vitest";
import { arrival, departure, unseal } from "../src/seal";

const LINK = "0197f0aa-0000-7000-8000-000000000001";
const visit = {
  ticket: "opaque.ticket",
  details: { name: "Grace", topic: "A canary in a lamp" },
  transcript: { log: [], seen: { theirs: 3 }, delivered: { mine: 2 } },
};

test("what is sealed for a session is read by who knows its link", async () => {
  const fragment = await departure(visit, LINK);
  const came = arrival(fragment);
  expect(came?.ticket).toBe(visit.ticket);
  const { ticket: _, ...rest } = visit;
  expect(await unseal(came?.sealed ?? "", LINK)).toEqual(rest);
});

test("nothing of it can be read in the address, and another session does not open it", async () => {
  const fragment = await departure(visit, LINK);
  expect(fragment).not.toMatch(/Grace|canary|theirs/);
  const { sealed = "" } = arrival(fragment) ?? {};
  await expect(unseal(sealed, LINK.replace(/1$/, "2"))).rejects.toThrow();
});

test("what is too long for an address stays where it is", async () => {
  // Random, so that it does not pack.
  const noise = Array.from({ length: 60 }, () =>
    btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15_000)))),
  ).join("");
  await expect(departure({ ...visit, details: { topic: noise } }, LINK)).rejects.toThrow();
});

test.each(["", "#arrived", "#arrived?ticket=", "#page=https%3A%2F%2Fa.example%2F"])(
  "%j carries nothing",
  (fragment) => {
    expect(arrival(fragment)).toBeNull();
  },
);
