// The led tab goes to an origin that knows nothing of iSession, and the conversation goes on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { heard, lead, leadStatus, say, session } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

test("the visitor's own tab goes to a third party, and on to the next", async () => {
  const { agent, companion, shop, close } = await session(browser, node);
  for (const address of [`${node.sites.elsewhere}/`, `${node.sites.shop}/cart`]) {
    await lead(agent, address);
    await companion.getByRole("button", { name: "Go", exact: true }).click();
    await shop.waitForURL(address);
    await leadStatus(agent, /landed/i);
    await say(agent, `You are on ${address} now`);
    await heard(companion, "You are on");
  }
  await close();
});

test("a tab the visitor closed is replaced by a new window", async () => {
  const { agent, companion, shop, context, close } = await session(browser, node);
  await shop.close();
  await lead(agent, `${node.sites.elsewhere}/`);
  const [stage] = await Promise.all([
    context.waitForEvent("page"),
    companion.getByRole("button", { name: "Go", exact: true }).click(),
  ]);
  await stage.waitForURL(`${node.sites.elsewhere}/`);
  await leadStatus(agent, /landed.*new window/i);

  await lead(agent, `${node.sites.shop}/cart`);
  await companion.getByRole("button", { name: "Go", exact: true }).click();
  await stage.waitForURL(`${node.sites.shop}/cart`);
  assert.equal(context.pages().length, 2, "the stage is used again");
  await close();
});

test("a companion opened on its own leads in a window of its own", async () => {
  const { agent, companion, context, close } = await session(browser, node, {
    opener: false,
  });
  await lead(agent, `${node.sites.elsewhere}/`);
  const [stage] = await Promise.all([
    context.waitForEvent("page"),
    companion.getByRole("button", { name: "Go", exact: true }).click(),
  ]);
  await stage.waitForURL(`${node.sites.elsewhere}/`);
  await leadStatus(agent, /landed/i);
  await close();
});
