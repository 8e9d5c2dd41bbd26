// One session over all tabs of the site: the tab in front holds it, and when the one that holds it
// is gone another one takes it up.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accept, agentAtWork, connected, heard, say, visitorInPanel } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

/** Brings a tab to the front. Headless browsers tell their pages nothing of it: this does. */
async function toFront(page) {
  await page.bringToFront();
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
}

const messages = (page) =>
  page.getByRole("log", { name: "Conversation" }).locator("li.message > p").allInnerTexts();

test("the session follows the visitor from tab to tab, and outlives the one that held it", async () => {
  const agent = await agentAtWork(browser, node);
  const { shop: first, context } = await visitorInPanel(browser, node);
  await accept(agent);
  await connected(agent, first);
  await say(first, "from the first tab");
  await heard(agent, "from the first tab");

  // A tab that is opened in front takes the session, without a click.
  const second = await context.newPage();
  await second.goto(`${node.sites.shop}/cart`);
  await connected(agent, second);
  await heard(second, "from the first tab");
  await say(second, "from the second tab");
  await heard(agent, "from the second tab");
  await first.getByText("This conversation goes on in another window.").waitFor();

  // Whichever tab comes to the front has it.
  await toFront(first);
  await connected(agent, first);
  await say(agent, "where are you");
  await heard(first, "where are you");
  await toFront(second);
  await connected(agent, second);
  await heard(second, "where are you");

  // And the one that held it may go.
  await second.close();
  await connected(agent, first);
  await say(first, "still here");
  await heard(agent, "still here");
  for (const page of [agent, first]) {
    assert.deepEqual(
      (await messages(page)).toSorted(),
      ["from the first tab", "from the second tab", "still here", "where are you"].toSorted(),
    );
  }
  assert.equal(await agent.getByRole("tab").count(), 1, "one session all along");
  await first.getByRole("button", { name: "End session" }).click();
  await first.getByRole("button", { name: "Start again" }).waitFor();
  await context.close();
  await agent.context().close();
});
