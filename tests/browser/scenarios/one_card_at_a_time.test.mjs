// A lead and a move in the history, one before the other is answered: the newest is shown, and the
// agent is told that the other was replaced.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { accept, agentAtWork, connected, lead, leadStatus, visitorInPanel } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));
const { node, browser } = await withNode();

before(() => mkdir(SCREENS, { recursive: true }));

test("whichever comes later takes the place of the other", async () => {
  const agent = await agentAtWork(browser, node);
  const { shop, context } = await visitorInPanel(browser, node);
  await accept(agent);
  await connected(agent, shop);
  const travel = (name) =>
    agent
      .getByRole("group", { name: "Visitor's history" })
      .getByRole("button", { name, exact: true })
      .click();
  const leadCard = shop.getByRole("dialog", { name: /^Go to shop/ });
  const travelCard = shop.getByRole("dialog", { name: "Load this page again?" });
  const outcomes = (text) => agent.getByRole("log", { name: "Conversation" }).getByText(text);

  await lead(agent, `${node.sites.shop}/cart`);
  await leadCard.waitFor();
  await travel("Reload");
  await travelCard.waitFor();
  assert.equal(await shop.getByRole("dialog").count(), 1);
  await outcomes(/took its place/i)
    .nth(0)
    .waitFor();
  await leadStatus(agent, /shown to the visitor/i);

  await lead(agent, `${node.sites.shop}/cart`);
  await leadCard.waitFor();
  assert.equal(await shop.getByRole("dialog").count(), 1);
  await outcomes(/took its place/i)
    .nth(1)
    .waitFor();
  await leadCard.getByRole("button", { name: "Go", exact: true, disabled: false }).waitFor();
  await shop.screenshot({ path: `${SCREENS}/one_card_visitor.png` });
  await agent.screenshot({ path: `${SCREENS}/one_card_agent.png` });
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  await shop.waitForURL(/cart$/);
  await leadStatus(agent, /landed in the visitor's page/i);
  await agent.getByRole("button", { name: "End session" }).click();
  await context.close();
  await agent.context().close();
});
