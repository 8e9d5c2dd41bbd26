// "Save a copy": what was said, led and allowed, as a file that is made in the visitor's browser.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  accept,
  agentAtWork,
  connected,
  heard,
  lead,
  leadStatus,
  say,
  visitorInPanel,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

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

    const copy = async () => {
      const coming = shop.waitForEvent("download");
      await shop.getByRole("button", { name: "Save a copy" }).click();
      const download = await coming;
      assert.match(download.suggestedFilename(), /\.txt$/);
      return readFile(await download.path(), "utf8");
    };
    const text = await copy();
    assert.match(text, /^Your conversation with Ada, Lantern & Co\.$/m);
    assert.match(text, /You: my own words$/m);
    assert.match(text, /Ada: Asked to lead you to http:\/\/elsewhere\S* \(you stayed\)$/m);
    assert.match(text, /You: Stopped leading$/m);

    await shop.getByRole("button", { name: "End session" }).click();
    await shop.getByRole("button", { name: "Start again" }).waitFor();
    assert.equal(await copy(), text);
    await context.close();
    await agent.context().close();
  });
}
