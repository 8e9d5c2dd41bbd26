// Hostile addresses are refused by the visitor's own code, under the strict policy of a site
// that is not in development, and the agent is told why.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { rawLead, session } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const fixture = new URL("../../../sdk/protocol/fixtures/leads.json", import.meta.url);
const { refused } = JSON.parse(await readFile(fixture, "utf8"));

const { node, browser } = await withNode({ development: false });

test(`${refused.length} hostile addresses move nothing and ask nobody`, async () => {
  assert.ok(refused.length >= 60);
  const { agent, companion, shop, context, close } = await session(browser, node, {
    hostile: true,
  });
  const before = shop.url();
  for (const { url, why } of refused.filter(({ url }) => Buffer.byteLength(url) <= 2048)) {
    const told = await rawLead(agent, url);
    assert.equal(told, `blocked:${why}`, JSON.stringify(url));
    assert.equal(await companion.getByRole("dialog").count(), 0, JSON.stringify(url));
  }
  assert.equal(shop.url(), before);
  assert.equal(context.pages().length, 2);
  await close();
});
