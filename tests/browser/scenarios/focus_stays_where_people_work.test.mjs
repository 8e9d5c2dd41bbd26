// By keyboard alone: what goes away under the focus gives it to what comes next, never to nowhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startNode } from "../node.mjs";
import { agentAtWork, connected, heard, lead, leadStatus, visitorFromShop } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

/** Presses a button by the keyboard. */
const press = (page, name) =>
  page.getByRole("button", { name, exact: true, disabled: false }).press("Enter");

/** Waits until the focus is on this. */
const focused = async (page, role, name) => {
  const element = await page.getByRole(role, { name }).first().elementHandle();
  await page.waitForFunction((element) => element === document.activeElement, element);
};

test("an agent who accepts, ends and closes", async () => {
  const agent = await agentAtWork(browser, node);
  const first = await visitorFromShop(browser, node);
  await press(agent, "Decline");
  await focused(agent, "heading", /^Waiting visitors/);
  await first.companion.getByRole("button", { name: "Leave the queue" }).click();
  await first.context.close();

  const { companion, context } = await visitorFromShop(browser, node);
  await press(agent, "Accept");
  await focused(agent, "textbox", "Message");
  await agent.keyboard.type("Hello");
  await agent.keyboard.press("Enter");
  await heard(companion, "Hello");
  await press(agent, "End session");
  await focused(agent, "tab", "Visitor");
  await press(agent, "Close");
  await focused(agent, "heading", /^Waiting visitors/);
  await agent.getByRole("button", { name: "Sign out" }).press("Enter");
  await focused(agent, "textbox", "Login");
  await agent.context().close();
  await context.close();
});

test("an agent whose accept brings the session later", async () => {
  // A visitor begins nothing with a fourth agent who is rung.
  const agents = ["ada", "ben", "cleo", "dora"];
  const many = await startNode({ agents, set: ["queue.ring_agents=4"] });
  try {
    const { companion } = await visitorFromShop(browser, many);
    const consoles = [];
    for (const login of agents) {
      consoles.push(await agentAtWork(browser, many, login));
      await consoles.at(-1).getByRole("alert", { name: "Incoming visitor" }).waitFor();
    }
    const agent = consoles.at(-1);
    assert.equal(await agent.evaluate(() => window.peers.length), 0);
    await press(agent, "Accept");
    await focused(agent, "textbox", "Message");
    await connected(agent, companion);
    // Whoever ends it, what the agent was about to write in goes away.
    await companion.getByRole("button", { name: "End session" }).click();
    await focused(agent, "tab", "Visitor");
    for (const page of [...consoles, companion]) {
      await page.context().close();
    }
  } finally {
    await many.close();
  }
});

test("a visitor who stops leading, allows it again, and ends the session", async () => {
  const agent = await agentAtWork(browser, node);
  const { companion, context } = await visitorFromShop(browser, node);
  await press(agent, "Accept");
  await connected(agent, companion);
  await press(companion, "Stop leading");
  await focused(companion, "textbox", "Message");
  await press(companion, "Allow leading again");
  await focused(companion, "textbox", "Message");
  await lead(agent, `${node.sites.shop}/cart`);
  await press(companion, "Stay here");
  await leadStatus(agent, /declined/i);
  await focused(companion, "textbox", "Message");
  await press(companion, "End session");
  await focused(companion, "log", "Conversation");
  await agent.context().close();
  await context.close();
});
