// The visitor decides: stays, allows for the session, stops with one key, allows again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lead, leadStatus, session } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

test("the card shows the full address, and staying moves nothing", async () => {
  const { agent, companion, shop, close } = await session(browser, node);
  const before = shop.url();
  await lead(agent, `${node.sites.elsewhere}/?a=1`);
  const host = new URL(node.sites.elsewhere).host;
  const card = companion.getByRole("dialog", { name: `Go to ${host}?` });
  await card.getByText(`${node.sites.elsewhere}/?a=1`).waitFor();
  await leadStatus(agent, /shown/i);
  await card.getByRole("button", { name: "Stay here" }).click();
  await leadStatus(agent, /declined/i);
  assert.equal(shop.url(), before);
  await close();
});

test("allowed for the session, leads run without asking, until Escape stops them", async () => {
  const { agent, companion, shop, close } = await session(browser, node);
  await lead(agent, `${node.sites.elsewhere}/`);
  await companion.getByRole("checkbox", { name: /allow/i }).check();
  await companion.getByRole("button", { name: "Go", exact: true }).click();
  await shop.waitForURL(`${node.sites.elsewhere}/`);

  await lead(agent, `${node.sites.shop}/cart`);
  await shop.waitForURL(`${node.sites.shop}/cart`);
  await leadStatus(agent, /landed/i);

  await companion.bringToFront();
  // A key that only ends a composition, of an accent or of Japanese, means nothing else.
  await companion.getByRole("textbox", { name: "Message" }).evaluate((box) => {
    const init = { key: "Escape", isComposing: true, bubbles: true };
    box.dispatchEvent(new KeyboardEvent("keydown", init));
  });
  const stop = companion.getByRole("button", { name: "Stop leading", exact: true });
  assert.equal(await stop.getAttribute("aria-keyshortcuts"), "Escape");
  await companion.keyboard.press("Escape");
  await companion.getByRole("button", { name: "Allow leading again" }).waitFor();
  await lead(agent, `${node.sites.elsewhere}/`);
  await leadStatus(agent, /blocked/i);
  assert.equal(shop.url(), `${node.sites.shop}/cart`);

  await companion.getByRole("button", { name: "Allow leading again" }).click();
  await lead(agent, `${node.sites.elsewhere}/`);
  await companion.getByRole("button", { name: "Go", exact: true }).click();
  await shop.waitForURL(`${node.sites.elsewhere}/`);
  await close();
});

test("the button stops leading as the key does", async () => {
  const { agent, companion, shop, close } = await session(browser, node);
  const before = shop.url();
  await companion.getByRole("button", { name: "Stop leading" }).click();
  await lead(agent, `${node.sites.elsewhere}/`);
  await leadStatus(agent, /blocked/i);
  assert.equal(await companion.getByRole("dialog").count(), 0);
  assert.equal(shop.url(), before);
  await close();
});

test("a newer lead takes the place of one that was not answered", async () => {
  const { agent, companion, shop, close } = await session(browser, node);
  await lead(agent, `${node.sites.elsewhere}/`);
  await companion.getByRole("dialog").waitFor();
  await lead(agent, `${node.sites.shop}/cart`);
  await companion.getByRole("dialog", { name: /shop\.localhost/ }).waitFor();
  await companion.getByRole("button", { name: "Go", exact: true }).click();
  await shop.waitForURL(`${node.sites.shop}/cart`);
  await close();
});
