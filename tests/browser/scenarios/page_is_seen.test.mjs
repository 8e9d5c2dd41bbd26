// The agent sees the visitor's page from the moment at which the visitor allows it, over pages, and not
// a byte of it before and after; what the visitor typed stays in the page.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { everyWay } from "../axe.mjs";
import { batches, sees } from "../mirror.mjs";
import {
  accept,
  agentAtWorkIn,
  connected,
  heard,
  newContext,
  say,
  visitorInPanel,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));
const CANARY = "canary-4111";

const { node, browser } = await withNode();
await mkdir(SCREENS, { recursive: true });

/** Keeps what comes to the agent in bulk, over all connections; runs in the page. */
function keepBulk() {
  window.bulked = [];
  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...config) {
    const channel = create.apply(this, config);
    if (channel.label === "bulk") {
      // Copied before the console hands it on.
      channel.addEventListener("message", ({ data }) =>
        window.bulked.push([...new Uint8Array(data)]),
      );
    }
    return channel;
  };
}

async function people({ at } = {}) {
  const context = await newContext(browser, { width: 1280, height: 900 });
  await context.addInitScript(keepBulk);
  const agent = await agentAtWorkIn(context, node, "ada");
  const visitor = await visitorInPanel(browser, node, { at });
  await accept(agent);
  await connected(agent, visitor.shop);
  const close = async () => {
    await agent.getByRole("button", { name: "End session" }).click();
    await visitor.shop.getByRole("button", { name: "Start again" }).waitFor();
    await context.close();
    await visitor.context.close();
  };
  return { agent, ...visitor, close };
}

const ask = (agent) => agent.getByRole("button", { name: "Ask to see the page" }).click();
const viewStatus = (agent, text) =>
  agent.getByRole("status", { name: "View status" }).filter({ hasText: text }).waitFor();
const question = (shop) => shop.getByRole("dialog", { name: "Let Ada see this page?" });
const allow = (shop) =>
  question(shop).getByRole("button", { name: "Allow", disabled: false }).click();
const received = (agent) => agent.evaluate(() => window.bulked);

/** A word each way: what was sent before it has arrived. */
async function exchange(agent, shop, word) {
  await say(shop, `${word} from the visitor`);
  await heard(agent, `${word} from the visitor`);
  await say(agent, `${word} from the agent`);
  await heard(shop, `${word} from the agent`);
}

test("an agent sees after the visitor's yes, over pages, and until Escape", async () => {
  const { agent, shop, close } = await people();
  await shop.evaluate((canary) => {
    const field = document.createElement("input");
    field.id = "card";
    field.ariaLabel = "Card";
    const words = document.createElement("p");
    words.dataset.isessionMask = "";
    words.textContent = canary;
    document.querySelector("main").append(field, words);
  }, CANARY);
  await ask(agent);
  await viewStatus(agent, /has not answered/);
  await question(shop).waitFor();
  await everyWay(shop, "panel, asked to be seen");
  await shop.screenshot({ path: `${SCREENS}/view_question.png` });
  assert.deepEqual(await received(agent), [], "nothing before the yes");
  await allow(shop);
  await viewStatus(agent, /lets you see/);
  await sees(agent, "h1", "Lamps for long evenings");
  await shop.locator("#card").fill(CANARY);
  await shop
    .getByRole("status", { name: "Shown" })
    .filter({ hasText: "Ada sees this page" })
    .waitFor();
  await shop.screenshot({ path: `${SCREENS}/view_shown_visitor.png` });
  await agent.screenshot({ path: `${SCREENS}/view_shown_agent.png` });
  await everyWay(shop, "panel, seen");

  await shop.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForURL(/cart/);
  await sees(agent, "h1", "Your basket");
  await shop.getByRole("button", { name: "Hide" }).click();
  await shop.getByRole("button", { name: "Stop sharing" }).waitFor();
  await shop.keyboard.press("Escape");
  await shop.getByRole("button", { name: "Stop sharing" }).waitFor({ state: "hidden" });
  await viewStatus(agent, /no longer lets you see/);
  await agent
    .getByRole("region", { name: "Visitor's page", exact: true })
    .waitFor({ state: "detached" });

  const all = await received(agent);
  const texts = batches(all);
  assert.ok(texts.length >= 2);
  assert.ok(texts.some((text) => text.includes("Your basket")));
  assert.ok(!texts.some((text) => text.includes("canary")), "what is private stayed there");
  await shop.evaluate(() => document.querySelector("h1").append(" changed after the end"));
  await shop.getByRole("button", { name: /^Talk to us/ }).click();
  await exchange(agent, shop, "after");
  assert.equal((await received(agent)).length, all.length, "nothing after the no");
  await close();
});

test("a no is a no, and for a while nobody is asked again", async () => {
  const { agent, shop, close } = await people({ at: "/locked" });
  await ask(agent);
  await question(shop).getByRole("button", { name: "Not now" }).click();
  await viewStatus(agent, /did not let you see/);
  await ask(agent);
  await agent
    .getByRole("log", { name: "Conversation" })
    .getByText("The visitor did not let you see")
    .nth(1)
    .waitFor();
  assert.equal(await question(shop).count(), 0);
  assert.deepEqual(await received(agent), []);
  await close();
});

test("Escape answers the question with no, and stops nothing else", async () => {
  const { agent, shop, close } = await people();
  await ask(agent);
  await question(shop).waitFor();
  await shop.keyboard.press("Escape");
  await viewStatus(agent, /did not let you see/);
  await shop.getByRole("button", { name: "Stop leading" }).waitFor();
  await close();
});

test("each permission has its own stop, also under a strict policy", async () => {
  const { agent, shop, close } = await people({ at: "/locked" });
  await ask(agent);
  await allow(shop);
  await sees(agent, "h1", await shop.getByRole("heading", { level: 1 }).innerText());
  await shop.getByRole("button", { name: "Stop showing" }).click();
  await viewStatus(agent, /no longer lets you see/);
  await shop.getByRole("button", { name: "Stop sharing" }).waitFor({ state: "hidden" });
  // Asked again, and seen again: in the same page, by another mirror.
  await ask(agent);
  await allow(shop);
  await sees(agent, "h1", await shop.getByRole("heading", { level: 1 }).innerText());
  await close();
});

test("the agent sees the tab that the visitor looks at", async () => {
  const { agent, shop, context, close } = await people();
  await ask(agent);
  await allow(shop);
  await sees(agent, "h1", "Lamps for long evenings");
  const other = await context.newPage();
  await other.goto(`${node.sites.shop}/cart`);
  await sees(agent, "h1", "Your basket");
  // It is said in the tab that is seen, and in no other.
  await other.getByRole("button", { name: "Stop sharing" }).waitFor();
  await shop.getByRole("button", { name: "Stop sharing" }).waitFor({ state: "hidden" });
  await other.close();
  await shop.bringToFront();
  await sees(agent, "h1", "Lamps for long evenings");
  await shop.getByRole("button", { name: "Stop sharing" }).waitFor();
  await close();
});
