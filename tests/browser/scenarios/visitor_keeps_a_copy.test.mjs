// "Save a copy": what was said, led and allowed, as a file that is made in the visitor's browser.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
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

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));
const { node, browser } = await withNode();

before(() => mkdir(SCREENS, { recursive: true }));

/** What the visitor's window gives as a file. */
async function copy(window) {
  const coming = window.waitForEvent("download");
  await window.getByRole("button", { name: "Save a copy" }).click();
  const download = await coming;
  assert.match(download.suggestedFilename(), /\.txt$/);
  return readFile(await download.path(), "utf8");
}

for (const at of ["/", "/locked"]) {
  test(`a visitor at ${at} saves a copy, while it goes on and after its end`, async () => {
    const agent = await agentAtWork(browser, node);
    const { shop, context } = await visitorInPanel(browser, node, { at });
    await accept(agent);
    await connected(agent, shop);
    await say(shop, "my own words");
    await heard(agent, "my own words");
    await lead(agent, `${node.sites.elsewhere}/`);
    await shop.getByRole("button", { name: "Stay here" }).click();
    await leadStatus(agent, /declined/i);
    await shop.getByRole("button", { name: "Stop leading" }).click();

    const text = await copy(shop);
    assert.match(text, /^Your conversation with Ada, Lantern & Co\.$/m);
    assert.match(text, /You: my own words$/m);
    assert.match(text, /Agent: Asked to lead you to http:\/\/elsewhere\S* \(you stayed\)$/m);
    assert.match(text, /You: Stopped leading$/m);

    await shop.getByRole("button", { name: "End session" }).click();
    await shop.getByRole("button", { name: "Start again" }).waitFor();
    assert.equal(await copy(shop), text);
    await context.close();
    await agent.context().close();
  });
}

test("a visitor saves a copy in the companion, without the node too, and after the end", async () => {
  const { agent, companion, context } = await session(browser, node);
  await say(companion, "my own words");
  await heard(agent, "my own words");
  await lead(agent, `${node.sites.elsewhere}/`);
  await companion.getByRole("button", { name: "Stay here" }).click();
  await leadStatus(agent, /declined/i);
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  await agent.getByText("The visitor has no page of the site open").first().waitFor();
  await companion.screenshot({ path: `${SCREENS}/copy_companion.png` });
  await context.setOffline(true);
  const text = await copy(companion);
  await context.setOffline(false);
  assert.match(text, /^Your conversation with Ada, Lantern & Co\.$/m);
  assert.match(text, /You: my own words$/m);
  assert.match(text, /Agent: Asked to lead you to http:\/\/elsewhere\S* \(you stayed\)$/m);
  assert.match(text, /Agent: Asked to see this page$/m);
  assert.match(text, /You had no page of the site open, so the agent may not see this page$/m);
  await companion.getByRole("button", { name: "End session" }).click();
  await companion.getByRole("button", { name: "Start again" }).waitFor();
  assert.equal(await copy(companion), text);
  await context.close();
  await agent.context().close();
});

test("what was allowed in a page is in the copy of the companion that took the session over", async () => {
  const agent = await agentAtWork(browser, node);
  const { shop, context } = await visitorInPanel(browser, node);
  await accept(agent);
  await connected(agent, shop);
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  await shop.getByRole("button", { name: "Allow", disabled: false }).click();
  await shop.getByRole("status", { name: "Shown" }).waitFor();
  await lead(agent, `${node.sites.elsewhere}/`);
  const opened = context.waitForEvent("page");
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  const companion = await opened;
  await connected(agent, companion);
  const text = await copy(companion);
  assert.match(text, /Agent: Asked to see this page$/m);
  assert.match(text, /You let the agent see this page$/m);
  assert.match(text, /You no longer let the agent see this page$/m);
  assert.match(text, /Asked to lead you to http:\/\/elsewhere\S* \(done\)$/m);
  await agent.getByRole("button", { name: "End session" }).click();
  await context.close();
  await agent.context().close();
});
