// Back, forward and reload in the visitor's page, asked for and answered as leads are.

import { test } from "node:test";
import {
  accept,
  agentAtWork,
  connected,
  heard,
  lead,
  leadStatus,
  say,
  session,
  visitorInPanel,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

async function onTheSite() {
  const agent = await agentAtWork(browser, node);
  const { shop, context } = await visitorInPanel(browser, node);
  await accept(agent);
  await connected(agent, shop);
  const close = async () => {
    await agent.getByRole("button", { name: "End session" }).click();
    await agent.getByRole("button", { name: "Close", exact: true }).waitFor();
    await context.close();
    await agent.context().close();
  };
  return { agent, shop, close };
}

const ask = (agent, name) =>
  agent
    .getByRole("group", { name: "Visitor's history" })
    .getByRole("button", { name, exact: true })
    .click();

const go = (shop) => shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();

/** The agent is told of this page. */
const isAt = (agent, title) =>
  agent.getByRole("status", { name: "Visitor's page" }).filter({ hasText: title }).waitFor();

test("the visitor is asked, goes back and forward, and loads again; the session comes along", async () => {
  const { agent, shop, close } = await onTheSite();
  await shop.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForURL(/cart/);
  await connected(agent, shop);
  await isAt(agent, "Your basket");

  await ask(agent, "Back");
  await shop.getByRole("dialog", { name: "Go back to the page before?" }).waitFor();
  await leadStatus(agent, /shown to the visitor/i);
  await go(shop);
  await shop.waitForFunction(() => location.pathname === "/");
  await leadStatus(agent, /landed in the visitor's page/i);
  await connected(agent, shop);

  await ask(agent, "Forward");
  await shop.getByRole("checkbox", { name: /allow/i }).check();
  await go(shop);
  await shop.waitForFunction(() => location.pathname === "/cart");
  await connected(agent, shop);

  // Allowed for the session: without a question.
  await shop.evaluate(() => {
    window.before = true;
  });
  await ask(agent, "Reload");
  await shop.waitForFunction(() => window.before === undefined);
  await connected(agent, shop);
  await leadStatus(agent, /landed in the visitor's page/i);
  await say(shop, "here I am");
  await heard(agent, "here I am");
  await close();
});

test("who stays is left alone, and nothing moves while leading is stopped", async () => {
  const { agent, shop, close } = await onTheSite();
  await isAt(agent, /./);
  await ask(agent, "Reload");
  await shop.getByRole("button", { name: "Stay here" }).click();
  await leadStatus(agent, /declined/i);

  // Escape answers the question, and nothing else.
  await ask(agent, "Reload");
  await shop.getByRole("dialog", { name: "Load this page again?" }).waitFor();
  await shop.keyboard.press("Escape");
  await leadStatus(agent, /declined/i);
  await shop.getByRole("button", { name: "Stop leading" }).click();
  await ask(agent, "Reload");
  await leadStatus(agent, /blocked: the visitor stopped leading/i);
  await close();
});

test("where there is nothing to go back to on the site, that is said", async () => {
  const { agent, close } = await onTheSite();
  await isAt(agent, /./);
  await ask(agent, "Back");
  await leadStatus(agent, /failed: the visitor has no page of the site/i);
  await close();
});

test("once the session is in the companion, no page of the site is there to move", async () => {
  const { agent, shop, close } = await onTheSite();
  await isAt(agent, /./);
  await lead(agent, `${node.sites.elsewhere}/`);
  const opened = shop.context().waitForEvent("page");
  await go(shop);
  const companion = await opened;
  await shop.waitForURL(`${node.sites.elsewhere}/`);
  await connected(agent, companion);
  await isAt(agent, "On no page of the site");
  await ask(agent, "Back");
  await leadStatus(agent, /failed: the visitor has no page of the site/i);
  await close();
});

test("where the visitor never was in a page with the script, there is nothing to ask for", async () => {
  const people = await session(browser, node);
  await people.agent
    .getByRole("group", { name: "Visitor's history" })
    .waitFor({ state: "detached" });
  await people.close();
});
