// A visitor who waits in another tab sees in the title that somebody is there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accept, agentAtWork, connected, say, titled, visitorFromShop } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

/** Playwright's pages believe that they are always seen. */
const hide = (page, hidden) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

test("an agent who accepts, and what is said since", async () => {
  const { companion, context } = await visitorFromShop(browser, node);
  const title = await companion.title();
  await hide(companion, true);
  const agent = await agentAtWork(browser, node);
  assert.equal(await companion.title(), title);
  await accept(agent);
  await connected(agent, companion);
  await titled(companion, `☎ ${title}`);
  await say(agent, "Hello");
  await titled(companion, `(1) ${title}`);
  await hide(companion, false);
  await titled(companion, title);
  await hide(companion, true);
  await titled(companion, title);
  await companion.getByRole("button", { name: "End session" }).click();
  await agent.context().close();
  await context.close();
});
