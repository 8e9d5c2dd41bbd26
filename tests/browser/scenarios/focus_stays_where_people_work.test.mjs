// By keyboard alone: what goes away under the focus gives it to what comes next, never to nowhere.

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
  const strict = await startNode({ preconnect: "off" });
  try {
    const agent = await agentAtWork(browser, strict);
    const { companion, context } = await visitorFromShop(browser, strict);
    await press(agent, "Accept");
    await focused(agent, "textbox", "Message");
    await connected(agent, companion);
    // Whoever ends it, what the agent was about to write in goes away.
    await companion.getByRole("button", { name: "End session" }).click();
    await focused(agent, "tab", "Visitor");
    await agent.context().close();
    await context.close();
  } finally {
    await strict.close();
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
