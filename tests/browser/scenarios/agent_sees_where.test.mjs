// The agent sees where the visitor is on the site, without what the site keeps to itself, and leads
// back to where the visitor was with one click.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accept, agentAtWork, connected, leadStatus, visitorInPanel } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

test("address and title follow the visitor, and the trail leads back", async () => {
  const agent = await agentAtWork(browser, node);
  const { shop, context } = await visitorInPanel(browser, node, { at: "/?token=secret#card" });
  await accept(agent);
  await connected(agent, shop);
  const here = agent.getByRole("status", { name: "Visitor's page" });
  await here.filter({ hasText: "Lantern & Co." }).waitFor();
  assert.equal(await here.getAttribute("title"), `${node.sites.shop}/`);

  await shop.getByRole("link", { name: "Your basket" }).click();
  await here.filter({ hasText: "Your basket" }).waitFor();
  // A page that changes its address by script.
  await shop.evaluate(() => {
    document.title = "Payment";
    history.pushState(null, "", "/cart/payment?token=secret");
  });
  await here.filter({ hasText: "Payment" }).waitFor();
  assert.equal(await here.getAttribute("title"), `${node.sites.shop}/cart/payment`);
  assert.equal((await agent.content()).includes("secret"), false);

  const trail = agent.getByRole("list", { name: "Pages visited" });
  await trail.getByRole("button", { name: "Your basket" }).click();
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  await leadStatus(agent, /landed/i);
  await here.filter({ hasText: "Your basket" }).waitFor();
  await shop.getByRole("button", { name: "End session" }).click();
  await shop.getByRole("button", { name: "Start again" }).waitFor();
  await context.close();
  await agent.context().close();
});
