// What was granted, led and shown is kept on both sides, over a reload of the console, and each side
// saves it as a file.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { heard, lead, leadStatus, say } from "../people.mjs";
import { letSee, onGlass, seenAndPointedAt, useTool } from "../pointing.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode({ retention: 5 });

async function copyOf(page) {
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save a copy" }).click();
  const download = await coming;
  assert.match(download.suggestedFilename(), /\.txt$/);
  return readFile(await download.path(), "utf8");
}

test("both copies tell of the same, and the agent's outlives a reload and the end", async () => {
  const { agent, shop, pane } = await seenAndPointedAt(browser, node);
  await say(shop, "my own words");
  await heard(agent, "my own words");
  await lead(agent, `${node.sites.elsewhere}/`);
  await shop.getByRole("button", { name: "Stay here" }).click();
  await leadStatus(agent, /declined/i);
  await useTool(pane, "Point at");
  await pane.locator(".glass").click({ position: await onGlass(pane, shop, "h1") });
  await shop.getByRole("log").getByText("Pointed at: heading").waitFor();
  await shop.getByRole("button", { name: "Stop sharing" }).click();
  const log = agent.getByRole("log", { name: "Conversation" });
  await log.getByText("The visitor no longer lets you see the page.").waitFor();

  const visitors = await copyOf(shop);
  for (const line of [
    /You: my own words$/m,
    /Agent: Asked to see this page$/m,
    / {2}You let the agent see this page$/m,
    / {2}You let the agent point at things on this page$/m,
    /Agent: Asked to lead you to http:\/\/elsewhere\S* \(you stayed\)$/m,
    /Agent: Pointed at: heading: Lamps for long evenings$/m,
    / {2}You no longer let the agent point at things on this page$/m,
    / {2}You no longer let the agent see this page$/m,
  ]) {
    assert.match(visitors, line);
  }

  const agents = await copyOf(agent);
  for (const line of [
    /^Your session with Visitor, Lantern & Co\.$/m,
    /Visitor: my own words$/m,
    /You asked to see the page\.$/m,
    /The visitor lets you see the page\.$/m,
    /The visitor lets you point at things on the page\.$/m,
    /Lead to http:\/\/elsewhere\S* \(Declined: the visitor stays\)$/m,
    /You pointed at: heading: Lamps for long evenings$/m,
    /The visitor no longer lets you point at things on the page\.$/m,
    /The visitor no longer lets you see the page\.$/m,
  ]) {
    assert.match(agents, line);
  }

  await agent.reload();
  await log.getByText("The visitor no longer lets you see the page.").waitFor();
  assert.equal(await copyOf(agent), agents);
  await letSee(agent, shop);
  await agent.getByRole("button", { name: "End session" }).click();
  await agent.getByRole("button", { name: "Close" }).waitFor();
  const ended = await copyOf(agent);
  assert.ok(ended.startsWith(agents.trimEnd()), "what was kept stays as it was");
  assert.match(ended, /You ended the session\.$/m);
  // Ended, and kept for as long as the site says.
  await agent.reload();
  await agent.getByRole("button", { name: "Close" }).waitFor();
  assert.equal(await copyOf(agent), ended);
  await agent.context().close();
  await shop.context().close();
});
