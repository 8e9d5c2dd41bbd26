// The addresses in sdk/protocol/fixtures/leads.json are judged here as in Rust.

import { describe, expect, test } from "vitest";
import leads from "../../../../sdk/protocol/fixtures/leads.json";
import { alwaysAsks, judgeLead } from "../src/index";

const short = (url: string) => JSON.stringify(url.length > 80 ? `${url.slice(0, 60)}…` : url);

const anywhere = { development: false, allow: [], deny: [], confirm: [] };

describe.each([
  { name: "any site", policy: anywhere, cases: leads },
  { name: "development", policy: { ...anywhere, development: true }, cases: leads.development },
  { name: "listed hosts", policy: { ...anywhere, ...leads.hosts.policy }, cases: leads.hosts },
])("$name", ({ policy, cases }) => {
  for (const { url, why, note } of cases.refused) {
    test(`refused: ${note}: ${short(url)}`, () => {
      expect(judgeLead(url, policy)).toEqual({ ok: false, why });
    });
  }
  for (const { url, host, note } of cases.allowed) {
    test(`allowed: ${note}: ${short(url)}`, () => {
      expect(judgeLead(url, policy)).toMatchObject({ ok: true, host });
    });
  }
});

test("some hosts are always asked for", () => {
  const policy = { ...anywhere, ...leads.hosts.policy };
  for (const { url, ...rest } of leads.hosts.allowed) {
    const asks = "always_asks" in rest && rest.always_asks;
    expect(alwaysAsks(new URL(url), policy), url).toBe(asks);
  }
});

test("the table is as large as it must be", () => {
  expect(leads.refused.length).toBeGreaterThanOrEqual(75);
  expect(leads.allowed.length).toBeGreaterThanOrEqual(20);
});
