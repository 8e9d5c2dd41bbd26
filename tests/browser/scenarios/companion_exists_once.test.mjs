// A visitor closes the companion, opens it again, and opens it twice: one visit all along.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accept, agentAtWork, connected, heard, say, visitorFromShop } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

const messages = (page) =>
  page.getByRole("log", { name: "Conversation" }).locator("li.message > p").allInnerTexts();

const position = (page, text) =>
  page.getByRole("status", { name: "Queue position" }).filter({ hasText: text }).waitFor();

/** The companion's address once more, in a tab of its own. */
async function anotherWindow(context) {
  const page = await context.newPage();
  await page.goto(`${node.url}/go/demo`);
  return page;
}

/** This window has given the visit up, and offers to take it back. */
async function isElsewhere(page) {
  await page.getByText("This conversation goes on in another window.").waitFor();
  await page.getByRole("button", { name: "Go on here" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Message" }).isVisible(), false);
}

test("a companion that was closed in the middle of a session goes on when it is opened", async () => {
  const agent = await agentAtWork(browser, node);
  const { companion, context } = await visitorFromShop(browser, node);
  await accept(agent);
  await connected(agent, companion);
  await say(companion, "before");
  await heard(agent, "before");
  await companion.close();
  await say(agent, "meanwhile");

  const again = await anotherWindow(context);
  await connected(agent, again);
  await heard(again, "meanwhile");
  await say(again, "after");
  await heard(agent, "after");
  for (const page of [agent, again]) {
    assert.deepEqual(await messages(page), ["before", "meanwhile", "after"]);
  }

  // What ended leaves nothing behind: the next window is a new visit.
  await again.getByRole("button", { name: "End session" }).click();
  await again.getByRole("button", { name: "Start again" }).waitFor();
  assert.deepEqual(await again.evaluate(() => Object.keys(localStorage)), []);
  const next = await anotherWindow(context);
  await position(next, /number 1 of 1/);
  assert.deepEqual(await messages(next), []);
  await next.getByRole("button", { name: "Leave the queue" }).click();
  await next.getByRole("button", { name: "Start again" }).waitFor();
  await context.close();
  await agent.context().close();
});

test("a second window takes the visit over: in the queue, in the session, and back", async () => {
  const { companion: first, context } = await visitorFromShop(browser, node);
  await say(first, "from the queue");
  const second = await anotherWindow(context);
  await position(second, /number 1 of 1/);
  await isElsewhere(first);
  await say(second, "from the second");

  const agent = await agentAtWork(browser, node);
  await accept(agent);
  await connected(agent, second);
  await say(agent, "hello");
  await heard(second, "hello");

  const third = await anotherWindow(context);
  // While the visit moves, both sides write.
  await say(agent, "where are you");
  await isElsewhere(second);
  await say(third, "here");
  await connected(agent, third);
  await heard(third, "where are you");
  await heard(agent, "here");

  await first.getByRole("button", { name: "Go on here" }).click();
  await isElsewhere(third);
  await connected(agent, first);
  await say(first, "and back");
  await heard(agent, "and back");

  const everything = [
    "and back",
    "from the queue",
    "from the second",
    "hello",
    "here",
    "where are you",
  ];
  // The two sides may have written at the same time: the order of those two is each one's own.
  for (const page of [agent, first]) {
    assert.deepEqual((await messages(page)).toSorted(), everything);
  }
  assert.equal(await agent.getByRole("tab").count(), 1);
  await context.close();
  await agent.context().close();
});

test("a window that died holds nobody up, and loses nothing", async () => {
  const agent = await agentAtWork(browser, node);
  const { companion, context } = await visitorFromShop(browser, node);
  await accept(agent);
  await connected(agent, companion);
  await say(companion, "last words");
  await heard(agent, "last words");
  const session = await context.newCDPSession(companion);
  const crashed = new Promise((resolve) => companion.once("crash", resolve));
  session.send("Page.crash").catch(() => {});
  await crashed;

  const again = await anotherWindow(context);
  await connected(agent, again);
  await say(agent, "welcome back");
  await heard(again, "welcome back");
  for (const page of [agent, again]) {
    assert.deepEqual(await messages(page), ["last words", "welcome back"]);
  }
  await context.close();
  await agent.context().close();
});
