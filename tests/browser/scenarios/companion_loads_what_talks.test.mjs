// What it takes to talk is loaded while the visitor waits. Where that fails, the queue goes on, the
// visitor is told, and it is tried again: nothing that happens meanwhile is lost.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { find, launchFirefox, press, status } from "../firefox.mjs";
import {
  accept,
  agentAtWork,
  connected,
  connection,
  heard,
  lead,
  newContext,
  say,
  visitorInPanel,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();
const PART = /\/assets\/talking-[^/]+\.js/;
const TROUBLE = /could not be loaded/i;
let firefox;

before(async () => {
  firefox = await launchFirefox();
});

after(() => firefox?.close());

/** A companion whose part comes once `letThrough` was called. */
async function waiting() {
  const context = await newContext(browser, { width: 400, height: 640 });
  const companion = await context.newPage();
  const asked = [];
  let through = false;
  await context.route(PART, (route) => {
    asked.push(route.request().url());
    return through ? route.continue() : route.abort();
  });
  await companion.goto(`${node.url}/go/demo`);
  const letThrough = () => {
    through = true;
  };
  return { context, companion, asked, letThrough };
}

test("without it the visitor has a place, writes, is told, and may leave", async () => {
  const { context, companion } = await waiting();
  await companion
    .getByRole("status", { name: "Queue position" })
    .filter({ hasText: "number 1" })
    .waitFor();
  await connection(companion, TROUBLE);
  await say(companion, "I write all the same");
  await heard(companion, "I write all the same");
  await companion.getByRole("button", { name: "Leave the queue" }).click();
  await companion.getByText("You left the queue.").waitFor();
  await context.close();
});

test("an agent accepts before it has come: they talk as soon as it has", async () => {
  const agent = await agentAtWork(browser, node);
  const { context, companion, asked, letThrough } = await waiting();
  await connection(companion, TROUBLE);
  await say(companion, "written while it failed");
  await accept(agent);
  letThrough();
  await connected(agent, companion);
  await heard(agent, "written while it failed");
  await say(agent, "there you are");
  await heard(companion, "there you are");
  assert.ok(asked.length > 1);
  assert.ok(asked.every((address) => address.startsWith(node.url)));
  await agent.getByRole("button", { name: "End session" }).click();
  await context.close();
  await agent.context().close();
});

test("a session that comes from a page waits for what takes it up", async () => {
  const agent = await agentAtWork(browser, node);
  const { shop, context } = await visitorInPanel(browser, node);
  await accept(agent);
  await connected(agent, shop);
  const failed = [];
  await context.route(/\/assets\/(arrival|talking)-/, (route) => {
    const part = route.request().url().replace(/\?.*/, "");
    const first = !failed.includes(part);
    failed.push(part);
    return first ? route.abort() : route.continue();
  });
  await lead(agent, `${node.sites.elsewhere}/`);
  const opened = context.waitForEvent("page");
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  const companion = await opened;
  await connected(agent, companion);
  await shop.waitForURL(`${node.sites.elsewhere}/`);
  assert.equal(new Set(failed).size, 2);
  await say(companion, "I am here");
  await heard(agent, "I am here");
  await agent.getByRole("button", { name: "End session" }).click();
  await context.close();
  await agent.context().close();
});

test("in Firefox, which does not ask twice for one address", async () => {
  const agent = await agentAtWork(browser, node);
  const companion = await firefox.newPage();
  let fails = 2;
  await companion.setRequestInterception(true);
  companion.on("request", (request) => {
    if (PART.test(request.url()) && fails > 0) {
      fails -= 1;
      request.abort();
    } else {
      request.continue();
    }
  });
  await companion.goto(`${node.url}/go/demo`);
  await status(companion, "Queue position", "number 1");
  await (await find(companion, "textbox", "Message")).type("written while it failed");
  await press(companion, "button", "Send");
  await accept(agent);
  await Promise.all([connection(agent, /direct/i), status(companion, "Connection", "direct")]);
  await heard(agent, "written while it failed");
  assert.equal(fails, 0);
  await agent.getByRole("button", { name: "End session" }).click();
  await find(companion, "button", "Start again");
  await agent.context().close();
});
