// What waiting is like: positions, reloads, a node that restarts, several visitors at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startNode } from "../node.mjs";
import { agentAtWork, connected, heard, say, visitorFromShop } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

const position = (page, text) =>
  page.getByRole("status", { name: "Queue position" }).filter({ hasText: text }).waitFor();

test("places are kept over a reload and over a restart of the node", async () => {
  const first = await visitorFromShop(browser, node);
  await position(first.companion, /number 1/);
  const second = await visitorFromShop(browser, node);
  await position(second.companion, /number 2/);
  await first.companion.reload();
  await position(first.companion, /number 1 of 2/);

  await node.stop("SIGKILL");
  await node.start();
  await Promise.all([
    position(first.companion, /number 1 of 2/),
    position(second.companion, /number 2 of 2/),
  ]);

  await first.companion.getByRole("button", { name: "Leave the queue" }).click();
  await position(second.companion, /number 1 of 1/);
  await first.context.close();
  await second.context.close();
});

test("one agent talks to two visitors side by side and sees unread messages", async () => {
  const agent = await agentAtWork(browser, node);
  const visitors = [await visitorFromShop(browser, node), await visitorFromShop(browser, node)];
  for (const [index, { companion }] of visitors.entries()) {
    await agent.getByRole("button", { name: "Accept" }).first().click();
    await connected(agent, companion);
    await say(companion, `I am visitor ${index + 1}`);
    await heard(agent, `I am visitor ${index + 1}`);
  }
  await say(visitors[0].companion, "Are you still there?");
  const tabs = agent.getByRole("tablist", { name: "Sessions" }).getByRole("tab");
  assert.equal(await tabs.count(), 2);
  await tabs.filter({ hasText: "1" }).first().waitFor();
  await tabs.first().click();
  await heard(agent, "Are you still there?");
  for (const { context } of visitors) {
    await context.close();
  }
  await agent.context().close();
});

test("one agent wins, and the other is told who", async () => {
  const both = await startNode({ agents: ["ada", "ben"] });
  try {
    const ada = await agentAtWork(browser, both, "ada");
    const ben = await agentAtWork(browser, both, "ben");
    const { companion, context } = await visitorFromShop(browser, both);
    await ben.getByRole("alert", { name: "Incoming visitor" }).waitFor();
    await ada.getByRole("button", { name: "Accept" }).click();
    await connected(ada, companion);
    await ben
      .getByText(/Ada took/)
      .first()
      .waitFor();
    assert.equal(await ben.getByRole("alert", { name: "Incoming visitor" }).count(), 0);
    await context.close();
    await ada.context().close();
    await ben.context().close();
  } finally {
    await both.close();
  }
});
