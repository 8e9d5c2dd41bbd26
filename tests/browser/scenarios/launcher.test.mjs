// The script tag: a button on the site's page, also under a policy that allows nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { agentAtWork } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

test("under a strict policy the button shows who is there and opens the companion", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const violations = [];
  page.on("console", (message) => {
    if (message.type() === "error") {
      violations.push(message.text());
    }
  });
  await page.goto(`${node.sites.shop}/strict`);
  const button = page.getByRole("link", { name: /^Talk to us/ });
  await button.filter({ hasText: "Nobody is available now" }).waitFor();

  await agentAtWork(browser, node);
  await page.reload();
  await button.filter({ hasText: "An agent is available" }).waitFor();
  const style = await button.evaluate((link) => getComputedStyle(link).borderRadius);
  assert.notEqual(style, "0px", "it is styled without an inline style element");

  const opened = context.waitForEvent("page");
  await button.click();
  const companion = await opened;
  await companion.getByRole("heading", { name: "Lantern & Co." }).waitFor();
  assert.equal(await companion.evaluate(() => window.opener !== null), true, "it can lead");

  // A second click brings the same window back, with what it holds.
  await companion.getByRole("textbox", { name: "Message" }).fill("half a sen");
  await button.click();
  assert.equal(context.pages().length, 2);
  assert.equal(
    await companion.getByRole("textbox", { name: "Message" }).inputValue(),
    "half a sen",
  );
  assert.deepEqual(violations, []);
  await context.close();
});

test("a window of the companion's name that is none becomes one", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${node.sites.shop}/strict`);
  await page.evaluate((dead) => {
    const link = document.createElement("a");
    link.textContent = "nowhere";
    Object.assign(link, { href: dead, target: "isession", rel: "opener" });
    document.body.prepend(link);
  }, `${node.url}/go/there-is-no-such-site`);
  const opened = context.waitForEvent("page");
  await page.getByRole("link", { name: "nowhere" }).click();
  const other = await opened;
  await other.waitForLoadState();
  await page.getByRole("link", { name: /^Talk to us/ }).click();
  await other.getByRole("heading", { name: "Lantern & Co." }).waitFor();
  assert.equal(context.pages().length, 2);
  await context.close();
});
