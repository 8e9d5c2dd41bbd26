// A visitor clicks a plain link, an agent accepts, they talk directly, the agent leads.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accept,
  agentAtWork,
  connected,
  heard,
  lead,
  leadStatus,
  say,
  visitorFromShop,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

test("a visitor clicks, an agent accepts, they talk directly, and the agent leads", async () => {
  const agent = await agentAtWork(browser, node);
  const { shop, companion } = await visitorFromShop(browser, node);
  assert.equal(await companion.getByRole("heading", { level: 1 }).innerText(), "Lantern & Co.");
  await say(companion, "I write before anybody is there");
  await accept(agent);
  await connected(agent, companion);
  await heard(agent, "I write before anybody is there");
  await say(agent, "Hello, I am Ada");
  await heard(companion, "Hello, I am Ada");

  await lead(agent, `${node.sites.shop}/cart`);
  await companion.getByRole("dialog", { name: /^Go to shop\.localhost/ }).waitFor();
  await leadStatus(agent, /shown/i);
  await companion.getByRole("button", { name: "Go", exact: true }).click();
  await leadStatus(agent, /landed/i);
  await shop.waitForURL(/\/cart$/);

  await agent.getByRole("button", { name: "End session" }).click();
  await companion.getByText(/ended/i).first().waitFor();
});

test("nobody available is told at once, and the visitor may leave", async () => {
  const { companion } = await visitorFromShop(await fresh(), node);
  const queue = companion.getByRole("status", { name: "Queue position" });
  await queue.filter({ hasText: /no agent/i }).waitFor();
  await companion.getByRole("button", { name: "Leave the queue" }).click();
  await companion.getByRole("button", { name: "Start again" }).waitFor();
});

/** Signs every agent out by ending their pages. */
async function fresh() {
  for (const context of browser.contexts()) {
    await context.close();
  }
  return browser;
}
