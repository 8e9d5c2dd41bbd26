// What an agent asks of a page of the site, where the companion holds the session: each is answered at
// once, and the agent reads why. What was permitted in a page ends when the session leaves the site.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { PASSWORD, startNode } from "../node.mjs";
import {
  accept,
  agentAtWork,
  connected,
  connection,
  heard,
  lead,
  leadStatus,
  say,
  session,
  visitorFromShop,
  visitorInPanel,
} from "../people.mjs";
import { allow } from "../pointing.mjs";
import { runExample } from "../programs.mjs";
import { withNode } from "../with_node.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));
const { node, browser } = await withNode();

before(() => mkdir(SCREENS, { recursive: true }));

const viewStatus = (agent, text) =>
  agent.getByRole("status", { name: "View status" }).filter({ hasText: text }).waitFor();
const askToSee = (agent) => agent.getByRole("button", { name: "Ask to see the page" }).click();

test("the console says that the visitor has no page of the site open, and may ask again", async () => {
  const { agent, companion, close } = await session(browser, node);
  for (const _ of [1, 2]) {
    await askToSee(agent);
    await viewStatus(agent, /has no page of the site open/);
  }
  await agent.screenshot({ path: `${SCREENS}/no_page_agent.png` });
  await companion.screenshot({ path: `${SCREENS}/no_page_companion.png` });
  await close();
});

test("a program is answered all that it asks, and the visitor is not bothered", async (t) => {
  const other = await startNode();
  t.after(() => other.close());
  const agent = runExample("hostile_agent", [other.url, "ada", PASSWORD]);
  t.after(() => agent.stop());
  await agent.said(/^signed in$/);
  const { companion, context } = await visitorFromShop(browser, other);
  await connection(companion, /direct/i);
  for (const deed of ["act", "ask", "travel"]) {
    agent.input(deed);
  }
  await heard(companion, "travelled");
  await say(companion, "that is all");
  await agent.said(/^heard that is all$/);
  assert.equal(agent.count(/^highlighted false \[\] Some\(NotPermitted\)$/), 50);
  for (const permission of ["View", "Point", "Follow"]) {
    assert.equal(agent.count(new RegExp(`^${permission} NoPage$`)), 1);
  }
  assert.equal(agent.count(/^Failed \{ why: NoPage \}$/), 53, "what was guided to, and travelled");
  const log = companion.getByRole("log", { name: "Conversation" });
  assert.equal(await log.getByRole("listitem").count(), 3, "only what was said");
  assert.equal(await companion.getByRole("dialog").count(), 0);
  await context.close();
});

test("out of the site, what was permitted is withdrawn, and stays so on the way back", async () => {
  const agent = await agentAtWork(browser, node);
  const { shop, context } = await visitorInPanel(browser, node);
  await accept(agent);
  await connected(agent, shop);
  await askToSee(agent);
  await allow(shop, "Let Ada see this page?");
  const pane = agent.getByRole("region", { name: "Visitor's page", exact: true });
  await pane.getByRole("button", { name: "Ask to point" }).click();
  await allow(shop, "Let Ada point at things on this page?");
  await pane.getByRole("toolbar", { name: "Pointing" }).waitFor();

  await lead(agent, `${node.sites.elsewhere}/`);
  const opened = context.waitForEvent("page");
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  const companion = await opened;
  await shop.waitForURL(`${node.sites.elsewhere}/`);
  await leadStatus(agent, /landed in the visitor's page, with the conversation in a window/i);
  await connected(agent, companion);
  await viewStatus(agent, /no longer lets you see/);
  await pane.waitFor({ state: "hidden" });
  await agent.getByText("The visitor no longer lets you point at things").waitFor();
  await agent.screenshot({ path: `${SCREENS}/left_the_site_agent.png` });
  await askToSee(agent);
  await viewStatus(agent, /has no page of the site open/);

  await shop.goBack({ waitUntil: "commit" });
  await shop.getByRole("button", { name: "Go on here" }).click();
  await connected(agent, shop);
  assert.equal(await shop.getByRole("button", { name: "Stop sharing" }).count(), 0);
  await askToSee(agent);
  await allow(shop, "Let Ada see this page?");
  await viewStatus(agent, /lets you see/);
  await agent.getByRole("button", { name: "End session" }).click();
  await context.close();
  await agent.context().close();
});
