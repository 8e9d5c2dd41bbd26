// The panel in Firefox: queue, talk, a lead within the site, and the session comes along.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  PATIENCE,
  pressInPanel as press,
  reads,
  panelShows as shows,
  status,
  windowAt,
} from "../firefox.mjs";
import {
  accept,
  agentAtWork,
  connection,
  heard,
  lead,
  leadStatus,
  openShadows,
  say,
} from "../people.mjs";
import { withBothBrowsers } from "../with_node.mjs";

const { node, chromium, firefox } = await withBothBrowsers();

async function write(page, text) {
  const box = await page.waitForFunction(
    () => document.querySelector("isession-panel")?.shadowRoot.querySelector("textarea"),
    PATIENCE,
  );
  await box.type(text);
  await press(page, "Send");
}

for (const at of ["/", "/locked", "/isolated"]) {
  test(`a visitor at ${at} talks, is led, and takes the session along`, async () => {
    const agent = await agentAtWork(chromium, node);
    const shop = await firefox.newPage();
    await shop.evaluateOnNewDocument(openShadows);
    await shop.goto(`${node.sites.shop}${at}`);
    await press(shop, "Talk to us");
    await shows(shop, "You are number 1");
    await accept(agent);
    await Promise.all([connection(agent, /direct/i), shows(shop, "Connected: direct")]);
    await write(shop, "hello from Firefox");
    await heard(agent, "hello from Firefox");

    await shop.waitForFunction(
      () => JSON.parse(localStorage.getItem("isession:visit:demo"))?.talk?.next != null,
      PATIENCE,
    );
    await lead(agent, `${node.sites.shop}/cart`);
    await shows(shop, "Stay here");
    await press(shop, "Go");
    await leadStatus(agent, /landed/i);
    await shop.waitForFunction(() => location.pathname === "/cart", PATIENCE);
    await say(agent, "there you are");
    await shows(shop, "there you are");
    await write(shop, "here I am");
    await heard(agent, "here I am");
    const texts = await agent.locator("li.message > p").allInnerTexts();
    assert.deepEqual(texts.toSorted(), ["hello from Firefox", "here I am", "there you are"]);

    await press(shop, "End session");
    await shows(shop, "Start again");
    await shop.close();
    await agent.context().close();
  });
}

for (const at of ["/", "/isolated"]) {
  test(`a lead out of the site from ${at} takes the session into the companion`, async () => {
    const agent = await agentAtWork(chromium, node);
    const shop = await firefox.newPage();
    await shop.evaluateOnNewDocument(openShadows);
    await shop.goto(`${node.sites.shop}${at}`);
    await press(shop, "Talk to us");
    await shows(shop, "You are number 1");
    await accept(agent);
    await Promise.all([connection(agent, /direct/i), shows(shop, "Connected: direct")]);
    await write(shop, "said in the page");
    await heard(agent, "said in the page");

    await lead(agent, `${node.sites.elsewhere}/`);
    await shows(shop, "Stay here");
    await press(shop, "Go");
    const companion = await windowAt(firefox, `${node.url}/go/demo`);
    await leadStatus(agent, /with the conversation in a window of its own/i);
    await shop.waitForFunction(
      (origin) => location.origin === origin,
      PATIENCE,
      node.sites.elsewhere,
    );
    await Promise.all([
      connection(agent, /direct/i),
      status(companion, "Connection", "direct"),
      reads(companion, "said in the page"),
    ]);
    await say(agent, "there you are");
    await reads(companion, "there you are");

    await shop.goBack();
    await shows(shop, "Your conversation goes on in a window of its own.");
    await press(shop, "Go on here");
    await Promise.all([connection(agent, /direct/i), shows(shop, "Connected: direct")]);
    await write(shop, "back again");
    await heard(agent, "back again");
    await press(shop, "End session");
    await shows(shop, "Start again");
    await Promise.all([companion.close(), shop.close()]);
    await agent.context().close();
  });
}
