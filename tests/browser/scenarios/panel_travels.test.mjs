// The visitor goes from page to page of the site, and the session comes along: by the offer that
// the agent's side had sent ahead, with nothing lost, doubled or out of order.

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

/** The messages of a conversation, in the order shown. */
const messages = (page) =>
  page.getByRole("log", { name: "Conversation" }).locator("li.message > p").allInnerTexts();

/** What a tab's pages describe to the node, in order: offers and answers. */
function described(page) {
  const roles = [];
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      const frame = JSON.parse(payload);
      if (frame.type === "signal" && frame.signal.kind === "description") {
        roles.push(frame.signal.role);
      }
    }),
  );
  return roles;
}

/** The agent's side has sent an offer ahead, and this page keeps it. */
const offeredAhead = (shop) =>
  shop.waitForFunction(() => {
    const kept = JSON.parse(localStorage.getItem("isession:visit:demo") ?? "null");
    return kept?.talk?.next != null;
  });

async function session() {
  const agent = await agentAtWork(browser, node);
  const { shop, context } = await visitorInPanel(browser, node);
  await accept(agent);
  await connected(agent, shop);
  return { agent, shop, context };
}

async function close({ agent, shop, context }) {
  await shop.getByRole("button", { name: "End session" }).click();
  await shop.getByRole("button", { name: "Start again" }).waitFor();
  await context.close();
  await agent.context().close();
}

const ways = {
  "a link": (shop) => shop.getByRole("link", { name: "Your basket" }).click(),
  "another link": (shop) => shop.getByRole("link", { name: "Lamps" }).click(),
  "the back button": (shop) => shop.goBack({ waitUntil: "commit" }),
  "the forward button": (shop) => shop.goForward({ waitUntil: "commit" }),
  "a reload": (shop) => shop.reload(),
  "a page with a strict policy": (shop) =>
    shop.getByRole("link", { name: "A strict page" }).click(),
  "an isolated page": (shop) => shop.getByRole("link", { name: "An isolated page" }).click(),
};

test("over pages of every kind nothing is lost, and one message reconnects", async () => {
  const people = await session();
  const { agent, shop } = people;
  const said = [];
  for (const [name, go] of Object.entries(ways)) {
    await offeredAhead(shop);
    const roles = described(shop);
    await Promise.all([shop.waitForEvent("framenavigated"), go(shop)]);
    // While the new page is on its way, both write.
    await say(agent, `${name}: agent`);
    await say(shop, `${name}: visitor`);
    await heard(agent, `${name}: visitor`);
    await heard(shop, `${name}: agent`);
    said.push(`${name}: agent`, `${name}: visitor`);
    await connected(agent, shop);
    assert.deepEqual(roles, ["answer"], name);
  }
  for (const page of [agent, shop]) {
    assert.deepEqual((await messages(page)).toSorted(), said.toSorted());
  }
  await close(people);
});

test("a lead within the site moves the page, which goes on with the session", async () => {
  const people = await session();
  const { agent, shop } = people;
  await lead(agent, `${node.sites.shop}/cart`);
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  await shop.waitForURL(`${node.sites.shop}/cart`);
  await leadStatus(agent, /landed in the visitor's page/i);
  await say(shop, "here I am");
  await heard(agent, "here I am");
  await close(people);
});

test("half a message, and whether the panel is shown, come along", async () => {
  const people = await session();
  const { shop } = people;
  const box = shop.getByRole("textbox", { name: "Message" });
  await box.fill("half a sen");
  await shop.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForURL(/cart/);
  assert.equal(await box.inputValue(), "half a sen");
  await shop.getByRole("button", { name: "Hide" }).click();
  await shop.getByRole("link", { name: "Lamps" }).click();
  await shop.getByRole("button", { name: /^Talk to us/ }).click();
  assert.equal(await box.inputValue(), "half a sen");
  await close(people);
});

test("an offer that is gone is not waited for", async () => {
  const people = await session();
  const { agent, shop } = people;
  await offeredAhead(shop);
  // The agent's page is a new one by the time the visitor answers the old one's offer.
  await Promise.all([agent.reload(), shop.getByRole("link", { name: "Your basket" }).click()]);
  await shop.waitForURL(/cart/);
  await say(agent, "who is there");
  await heard(shop, "who is there");
  await connected(agent, shop);
  await close(people);
});

test("a page that comes back from the back/forward cache goes on", async () => {
  const people = await session();
  const { agent, shop } = people;
  await shop.evaluate(() => {
    window.addEventListener("pageshow", ({ persisted }) => {
      window.persisted = persisted;
    });
  });
  await shop.goto(`${node.sites.elsewhere}/`);
  await say(agent, "you went away");
  // It loads nothing: it is there.
  await shop.goBack({ waitUntil: "commit" });
  await heard(shop, "you went away");
  assert.equal(await shop.evaluate(() => window.persisted), true, "the cache had kept it");
  await say(shop, "I am back");
  await heard(agent, "I am back");
  await close(people);
});

test("what ended leaves nothing behind in the site's origin", async () => {
  const people = await session();
  const { shop } = people;
  await shop.getByRole("button", { name: "End session" }).click();
  await shop.getByRole("button", { name: "Start again" }).waitFor();
  assert.deepEqual(await shop.evaluate(() => Object.keys(localStorage)), ["isession:panel:demo"]);
  await shop.waitForFunction(async () => (await indexedDB.databases()).length === 0);
  await people.context.close();
  await people.agent.context().close();
});
