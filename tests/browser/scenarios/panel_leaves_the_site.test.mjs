// A lead out of the site, from the panel: one click opens the companion, the session moves into it,
// and the page goes by its own script; also where the page's policy cuts the two windows apart.

import assert from "node:assert/strict";
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

const messages = (page) =>
  page.getByRole("log", { name: "Conversation" }).locator("li.message > p").allInnerTexts();

async function session(at) {
  const agent = await agentAtWork(browser, node);
  const { shop, context } = await visitorInPanel(browser, node, { at });
  await accept(agent);
  await connected(agent, shop);
  await say(shop, "said in the page");
  await heard(agent, "said in the page");
  await say(agent, "heard in the page");
  await heard(shop, "heard in the page");
  const close = async () => {
    await agent.getByRole("button", { name: "End session" }).click();
    await agent.getByRole("button", { name: "Close", exact: true }).waitFor();
    await context.close();
    await agent.context().close();
  };
  return { agent, shop, context, close };
}

/** The agent leads out of the site, and the visitor agrees: gives the companion. */
async function leave({ agent, shop, context }) {
  await lead(agent, `${node.sites.elsewhere}/`);
  const opened = context.waitForEvent("page");
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  const companion = await opened;
  await shop.waitForURL(`${node.sites.elsewhere}/`);
  await leadStatus(agent, /landed in the visitor's page, with the conversation in a window/i);
  await connected(agent, companion);
  return companion;
}

for (const at of ["/", "/locked", "/isolated"]) {
  test(`a lead out of the site from ${at}: one click, and nothing is lost`, async () => {
    const people = await session(at);
    const { agent } = people;
    const companion = await leave(people);
    await say(companion, "said in the companion");
    await heard(agent, "said in the companion");
    await say(agent, "heard in the companion");
    await heard(companion, "heard in the companion");
    for (const page of [agent, companion]) {
      assert.deepEqual(await messages(page), [
        "said in the page",
        "heard in the page",
        "said in the companion",
        "heard in the companion",
      ]);
    }
    assert.equal(await agent.getByRole("tab").count(), 1, "one session all along");
    assert.equal(new URL(companion.url()).hash, "#arrived", "what came is erased");
    assert.ok(!/said in the page/.test(node.log()));
    await people.close();
  });

  test(`who comes back to ${at} finds the companion, and takes the session back`, async () => {
    const people = await session(at);
    const { agent, shop } = people;
    const companion = await leave(people);
    await say(companion, "from the companion");
    await heard(agent, "from the companion");

    await shop.goBack({ waitUntil: "commit" });
    await shop.getByText("Your conversation goes on in a window of its own.").waitFor();
    await connected(agent, companion);
    const front = shop.getByRole("button", { name: "Bring it to the front" });
    if (at === "/isolated") {
      await front.waitFor();
      await shop.getByText("Your browser keeps that window apart").waitFor();
    } else {
      await front.and(shop.locator(":enabled")).click();
    }
    await shop.getByRole("button", { name: "Go on here" }).click();
    await connected(agent, shop);
    await companion.getByText("This conversation goes on in another window.").waitFor();
    await say(shop, "back in the page");
    await heard(agent, "back in the page");
    const there = await messages(shop);
    assert.equal(there.includes("from the companion"), at !== "/isolated");
    await say(agent, "welcome back");
    await heard(shop, "welcome back");
    await people.close();
  });
}

test("a companion that does not come is reported, and the session stays in the page", async () => {
  const people = await session("/");
  const { agent, shop, context } = people;
  await context.route(`${node.url}/go/**`, (route) => route.abort());
  await lead(agent, `${node.sites.elsewhere}/`);
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  await leadStatus(agent, /failed: the visitor's browser opened no window/i);
  assert.equal(shop.url(), `${node.sites.shop}/`);
  await say(shop, "still here");
  await heard(agent, "still here");
  await people.close();
});

test("where the browser opens no window, a link is left, and staying is reported", async () => {
  const people = await session("/");
  const { agent, shop } = people;
  await shop.evaluate(() => {
    window.open = () => null;
  });
  await lead(agent, `${node.sites.elsewhere}/`);
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  await shop.getByRole("link", { name: /^Open elsewhere/ }).waitFor();
  await shop.getByRole("button", { name: "Stay here" }).click();
  await leadStatus(agent, /failed: the visitor's browser opened no window/i);
  await people.close();
});
