// The visitor is in Firefox, the agent in Chromium: two browsers' WebRTC, windows and popups.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { find, launchFirefox, PATIENCE, press, reads, status, windowAt } from "../firefox.mjs";
import { accept, agentAtWork, connection, heard, lead, leadStatus, say } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser: chromium } = await withNode();
let firefox;

before(async () => {
  firefox = await launchFirefox();
});

after(() => firefox?.close());

test("a visitor in Firefox clicks, talks directly and is led around", async () => {
  const agent = await agentAtWork(chromium, node);
  const shop = await firefox.newPage();
  await shop.goto(`${node.sites.shop}/`);
  await press(shop, "link", "Talk to us");
  const companion = await windowAt(firefox, `${node.url}/go/demo`);
  await status(companion, "Queue position", "number 1");
  await (await find(companion, "textbox", "Message")).type("I write before anybody is there");
  await press(companion, "button", "Send");

  await accept(agent);
  await Promise.all([connection(agent, /direct/i), status(companion, "Connection", "direct")]);
  await heard(agent, "I write before anybody is there");
  await say(agent, "Hello, I am Ada");
  await reads(companion, "Hello, I am Ada");

  // The visitor's own tab: within the site, then to somebody else's.
  await lead(agent, `${node.sites.shop}/cart`);
  await press(companion, "button", "Go");
  await leadStatus(agent, /landed/i);
  await shop.waitForFunction(() => location.pathname === "/cart", PATIENCE);
  await lead(agent, `${node.sites.elsewhere}/`);
  await press(companion, "button", "Go");
  await leadStatus(agent, /landed/i);
  await shop.waitForFunction(
    (origin) => location.origin === origin,
    PATIENCE,
    node.sites.elsewhere,
  );

  // A page that cuts openers takes the tab away; the next lead lands in a new window.
  await lead(agent, `${node.sites.elsewhere}/coop`);
  await press(companion, "button", "Go");
  await leadStatus(agent, /landed/i);
  const before = (await firefox.pages()).length;
  await lead(agent, `${node.sites.shop}/strict`);
  await press(companion, "button", "Go");
  await leadStatus(agent, /landed/i);
  await windowAt(firefox, `${node.sites.shop}/strict`);
  assert.equal((await firefox.pages()).length, before + 1);

  await agent.getByRole("button", { name: "End session" }).click();
  await find(companion, "button", "Start again");
});
