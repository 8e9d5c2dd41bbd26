// The addresses in sdk/protocol/fixtures/leads.json are judged here as in Rust.

import { describe, expect, test } from "vitest";
import leads from "../../../../sdk/protocol/fixtures/leads.json";
import { judgeLead } from "../src/index";

const short = (url: string) => JSON.stringify(url.length > 80 ? `${url.slice(0, 60)}…` : url);

describe.each([
  { policy: { development: false }, cases: leads },
  { policy: { development: true }, cases: leads.development },
])("development: $policy.development", ({ policy, cases }) => {
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

test("the table is as large as it must be", () => {
  expect(leads.refused.length).toBeGreaterThanOrEqual(75);
  expect(leads.allowed.length).toBeGreaterThanOrEqual(20);
});
