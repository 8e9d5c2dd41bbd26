// The visitor's page goes where the agent goes on the site, from the visitor's yes until either stops it,
// and waits whenever the visitor goes on alone.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { everyWay } from "../axe.mjs";
import { sees } from "../mirror.mjs";
import {
  accept,
  agentAtWork,
  connected,
  newContext,
  openShadows,
  visitorInPanel,
} from "../people.mjs";
import { allow } from "../pointing.mjs";
import { withNode } from "../with_node.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));

const { node, browser } = await withNode();
await mkdir(SCREENS, { recursive: true });

/** Pages that are longer than any window. */
function makeLong() {
  addEventListener("DOMContentLoaded", () => {
    for (let n = 1; n <= 40; n += 1) {
      const line = document.createElement("p");
      line.textContent = `Line ${n} of a long page`;
      line.style.height = "60px";
      document.querySelector("main")?.append(line);
    }
  });
}

/** A visitor and an agent in a session, with long pages on both sides. */
async function people({ viewport = { width: 1280, height: 800 }, reducedMotion } = {}) {
  const agent = await agentAtWork(browser, node);
  await agent.context().addInitScript(openShadows);
  await agent.context().addInitScript(makeLong);
  await agent.setViewportSize({ width: 1440, height: 1000 });
  const context = await newContext(browser, viewport);
  await context.addInitScript(openShadows);
  await context.addInitScript(makeLong);
  const { shop } = await visitorInPanel(browser, node, { context });
  if (reducedMotion) {
    await shop.emulateMedia({ reducedMotion });
  }
  await accept(agent);
  await connected(agent, shop);
  await agent.getByRole("status", { name: "Visitor's page" }).waitFor();
  const close = async () => {
    await agent.getByRole("button", { name: "End session" }).click();
    await shop.getByRole("button", { name: "Start again" }).waitFor();
    await agent.context().close();
    await context.close();
  };
  return { agent, shop, context, close };
}

const QUESTION = "Follow Ada over this website?";
const question = (shop) => shop.getByRole("dialog", { name: QUESTION });
const followStatus = (agent, text) =>
  agent.getByRole("status", { name: "Follow status" }).filter({ hasText: text }).waitFor();
const tabStatus = (agent, text) =>
  agent.getByRole("status", { name: "My tab" }).filter({ hasText: text }).waitFor();
const shown = (shop, text) =>
  shop.getByRole("status", { name: "Shown" }).filter({ hasText: text }).waitFor();
const inTab = (tab, text) =>
  tab.getByRole("status", { name: "Following" }).filter({ hasText: text }).waitFor();
const until = (page, question, arg) => page.waitForFunction(question, arg, { polling: "raf" });

/** The agent asks, the visitor agrees, and the agent's tab is open. */
async function following(options) {
  const all = await people(options);
  await all.agent.getByRole("button", { name: "Follow me" }).click();
  await allow(all.shop, QUESTION);
  await followStatus(all.agent, "The visitor follows you.");
  return { ...all, tab: await openTab(all.agent) };
}

async function openTab(agent) {
  const opened = agent.context().waitForEvent("page");
  await agent.getByRole("button", { name: "Open my tab" }).click();
  const tab = await opened;
  await tabStatus(agent, /are followed/);
  return tab;
}

const scrollTab = (tab, to) =>
  tab.evaluate((to) => {
    const { scrollHeight, clientHeight } = document.scrollingElement;
    scrollTo(0, to * (scrollHeight - clientHeight));
  }, to);

const isAtShare = (page, wanted) =>
  until(
    page,
    (wanted) => {
      const { scrollHeight, clientHeight } = document.scrollingElement;
      return Math.abs(scrollY / (scrollHeight - clientHeight) - wanted) < 0.01;
    },
    wanted,
  );

test("a visitor who agrees goes along, by address and scroll, until the agent stops it", async () => {
  const { agent, shop, close } = await people();
  await everyWay(agent, "console, before following");
  await agent.getByRole("button", { name: "Follow me" }).click();
  await followStatus(agent, /has not answered/);
  await question(shop).waitFor();
  await everyWay(shop, "panel, asked to follow");
  await shop.screenshot({ path: `${SCREENS}/follow_question.png` });
  await allow(shop, QUESTION);
  await followStatus(agent, "The visitor follows you.");
  await shown(shop, "You follow Ada over this website.");
  const tab = await openTab(agent);
  assert.equal(tab.url(), `${node.sites.shop}/`, "it begins where the visitor is");
  await inTab(tab, "The visitor follows you in this tab.");
  assert.equal(await tab.locator("isession-panel").count(), 0, "nobody is helped in this tab");

  await tab.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForURL(/cart/);
  await inTab(tab, "The visitor follows you in this tab.");
  await shown(shop, "You follow Ada over this website.");
  await scrollTab(tab, 0.5);
  await isAtShare(shop, 0.5);
  await scrollTab(tab, 1);
  await isAtShare(shop, 1);
  await shop.screenshot({ path: `${SCREENS}/follow_visitor.png` });
  await tab.screenshot({ path: `${SCREENS}/follow_tab.png` });
  await agent.bringToFront();
  await agent.getByText(/^\/cart: Landed in the visitor's page/).waitFor();
  await agent.screenshot({ path: `${SCREENS}/follow_agent.png` });
  await everyWay(shop, "panel, following");
  await everyWay(agent, "console, followed");
  await tab.goBack();
  await shop.waitForURL(`${node.sites.shop}/`);

  await agent.getByRole("button", { name: "Stop", exact: true }).click();
  await followStatus(agent, "You have stopped it.");
  await inTab(tab, "Nobody follows you in this tab.");
  await shop.getByRole("button", { name: "Stop following" }).first().waitFor({ state: "hidden" });
  await tab.getByRole("link", { name: "Your basket" }).click();
  await inTab(tab, "Nobody follows you in this tab.");
  const log = shop.getByRole("log", { name: "Conversation" });
  await log.getByText("Stopped leading the way over this website").waitFor();
  assert.equal(shop.url(), `${node.sites.shop}/`);
  await close();
});

test("whatever the visitor does in the page lets following wait, over pages, until they want it again", async () => {
  const { agent, shop, tab, close } = await following();
  const again = () => shop.getByRole("button", { name: "Follow again" }).first().click();
  const acts = {
    wheel: () => shop.mouse.wheel(0, 200),
    key: () => shop.keyboard.press("PageDown"),
    click: () => shop.mouse.click(30, 400),
  };
  await shop.bringToFront();
  await shop.mouse.move(30, 400);
  await shop.getByRole("heading", { level: 1 }).click({ trial: true });
  for (const [name, act] of Object.entries(acts)) {
    await act();
    await shown(shop, "Following is paused.");
    await followStatus(agent, /went on alone/);
    await inTab(tab, "The visitor went on alone. Following is paused.");
    if (name === "wheel") {
      await everyWay(shop, "panel, following paused");
      await shop.screenshot({ path: `${SCREENS}/follow_paused_visitor.png` });
      await agent.screenshot({ path: `${SCREENS}/follow_paused_agent.png` });
    }
    await again();
    await shown(shop, "You follow Ada over this website.");
    await followStatus(agent, "The visitor follows you.");
  }
  // What is said scrolls by itself; over the panel's head the page behind it does.
  await shop.getByRole("log", { name: "Conversation" }).hover();
  await shop.mouse.wheel(0, -60);
  await shop.getByRole("heading", { name: "Lantern & Co.", level: 2 }).hover();
  await shown(shop, "You follow Ada over this website.");
  await shop.mouse.wheel(0, 60);
  await shown(shop, "Following is paused.");
  await again();
  await shown(shop, "You follow Ada over this website.");
  // A click that leads elsewhere: what waits goes along to the next page.
  await shop.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForURL(/cart/);
  await shown(shop, "Following is paused.");
  await tab.getByRole("link", { name: "A strict page" }).click();
  await inTab(tab, /paused/);
  assert.match(shop.url(), /cart/);
  await again();
  // It takes up where the agent is by then.
  await shop.waitForURL(/locked/);
  // What is written in the panel is no reason to wait.
  await shown(shop, "You follow Ada over this website.");
  await shop.getByRole("textbox", { name: "Message" }).fill("I see it");
  await shop.getByRole("textbox", { name: "Message" }).press("Enter");
  await agent.getByRole("log", { name: "Conversation" }).getByText("I see it").waitFor();
  await followStatus(agent, "The visitor follows you.");
  // Back, by the browser's own button, is the visitor's way.
  // From the back/forward cache no page loads.
  await shop.goBack({ waitUntil: "commit" });
  await shop.getByRole("heading", { name: "Your basket" }).waitFor();
  await shown(shop, "Following is paused.");
  await shop.getByRole("button", { name: "Stop following" }).first().click();
  await followStatus(agent, "The visitor follows you no longer.");
  await close();
});

test("a move that the agent asked for is no pause, and the visitor's own after it is", async () => {
  const { agent, shop, tab, close } = await following();
  await tab.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForURL(/cart/);
  await shown(shop, "You follow Ada over this website.");
  await agent
    .getByRole("group", { name: "Visitor's history" })
    .getByRole("button", { name: "Back", exact: true })
    .click();
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  await shop.getByRole("heading", { name: "Lamps for long evenings" }).waitFor();
  await shown(shop, "You follow Ada over this website.");
  await shop.goForward({ waitUntil: "commit" });
  await shop.getByRole("heading", { name: "Your basket" }).waitFor();
  await shown(shop, "Following is paused.");
  await close();
});

test("what a script of the page does is not the visitor's doing", async () => {
  const { agent, shop, tab, close } = await following();
  await shop.evaluate(() => {
    scrollTo(0, 300);
    document.querySelector("h1").click();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "PageDown", bubbles: true }));
  });
  await scrollTab(tab, 0.25);
  await isAtShare(shop, 0.25);
  await followStatus(agent, "The visitor follows you.");
  assert.equal(await shop.getByRole("button", { name: "Follow again" }).count(), 0);
  await close();
});

test("a click into a frame of the page is the visitor's doing, and a script's focus there is not", async () => {
  const { agent, shop, tab, context, close } = await following();
  const blurred = new Promise((resolve) => context.exposeFunction("tellBlurred", resolve));
  await context.addInitScript(() => {
    // Once whoever listens has had a turn.
    addEventListener("blur", () => setTimeout(() => setTimeout(window.tellBlurred)));
    addEventListener("load", () => {
      const frame = document.createElement("iframe");
      frame.title = "Map";
      frame.srcdoc = "<button>Nearer</button>";
      document.querySelector("main").prepend(frame);
      addEventListener("scroll", () => frame.focus(), { once: true });
    });
  });
  await tab.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForURL(/cart/);
  await scrollTab(tab, 0.5);
  // Nothing is asked of the page meanwhile: that would count as a hand's doing.
  await blurred;
  await scrollTab(tab, 0);
  await isAtShare(shop, 0);
  await shown(shop, "You follow Ada over this website.");
  // The focus has to come back before it can go there.
  await shop.getByRole("textbox", { name: "Message" }).focus();
  await shop.frameLocator('iframe[title="Map"]').getByRole("button", { name: "Nearer" }).click();
  await shown(shop, "Following is paused.");
  await followStatus(agent, /went on alone/);
  await close();
});

test("Escape ends all of it, with seeing too, and a no is a no", async () => {
  const { agent, shop, tab, close } = await following();
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  await shop
    .getByRole("dialog", { name: "Let Ada see this page?" })
    .getByRole("button", { name: "Allow", disabled: false })
    .click();
  await sees(agent, "h1", "Lamps for long evenings");
  await shown(shop, "Ada sees this page. You follow Ada over this website.");
  await shop.screenshot({ path: `${SCREENS}/follow_seen_visitor.png` });
  // The mirror goes along as well.
  await tab.getByRole("link", { name: "Your basket" }).click();
  await sees(agent, "h1", "Your basket");
  await shop.bringToFront();
  await shop.getByRole("button", { name: "Stop all" }).waitFor();
  await shop.keyboard.press("Escape");
  await followStatus(agent, "The visitor follows you no longer.");
  await agent
    .getByRole("status", { name: "View status" })
    .filter({ hasText: /no longer/ })
    .waitFor();
  await shop.getByRole("button", { name: "Stop all" }).waitFor({ state: "hidden" });
  // The same key has stopped leading: who wants no lead is not asked to follow.
  await agent.getByRole("button", { name: "Follow me" }).click();
  await followStatus(agent, "The visitor does not want to follow you.");
  await shop.getByRole("button", { name: "Allow leading again" }).click();
  await agent.getByRole("button", { name: "Follow me" }).click();
  await question(shop).getByRole("button", { name: "Not now" }).click();
  await agent
    .getByRole("log", { name: "Conversation" })
    .getByText("The visitor did not let you lead the way")
    .nth(1)
    .waitFor();
  await close();
});

test("where what records a page does not come, seeing ends, and following does not", async () => {
  const { agent, shop, context, tab, close } = await following();
  await context.route(/\/record-/, (route) => route.abort());
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  await shop
    .getByRole("dialog", { name: "Let Ada see this page?" })
    .getByRole("button", { name: "Allow", disabled: false })
    .click();
  await agent
    .getByRole("status", { name: "View status" })
    .filter({ hasText: /no longer/ })
    .waitFor();
  await tab.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForURL(/cart/);
  await followStatus(agent, "The visitor follows you.");
  await close();
});

test("a small window is at about the same words as the agent's large one", async () => {
  const { shop, tab, close } = await following({
    viewport: { width: 420, height: 700 },
    reducedMotion: "reduce",
  });
  await scrollTab(tab, 0.5);
  await isAtShare(shop, 0.5);
  const middle = () => {
    const line = document
      .elementsFromPoint(innerWidth / 2, innerHeight / 2)
      .find(({ localName }) => localName === "p");
    return Number(/Line (\d+)/.exec(line?.textContent)?.[1]);
  };
  await shop.getByRole("button", { name: "Hide" }).click();
  const [theirs, mine] = [await shop.evaluate(middle), await tab.evaluate(middle)];
  assert.ok(Math.abs(theirs - mine) <= 2, `line ${theirs} and line ${mine}`);
  await shop.screenshot({ path: `${SCREENS}/follow_phone.png` });
  await shop.getByRole("button", { name: /^Talk to us/ }).click();
  await close();
});

test("a page with an opener policy cuts the tab off, and the agent is told in both places", async () => {
  const { agent, shop, tab, close } = await following();
  await tab.getByRole("link", { name: "An isolated page" }).click();
  await tab.waitForURL(/isolated/);
  await inTab(tab, /has lost its console/);
  await tabStatus(agent, /Cross-Origin-Opener-Policy/);
  assert.equal(shop.url(), `${node.sites.shop}/`);
  // Another tab goes on where the visitor is.
  const next = await openTab(agent);
  await next.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForURL(/cart/);
  await close();
});

test("no page of the agent's tab can take the console away", async () => {
  const { agent, tab, close } = await following();
  const refused = await tab.evaluate((away) => {
    const ways = [
      () => opener.location.replace(away),
      () => opener.parent.location.replace(away),
      () => opener.top.location.replace(away),
    ];
    return ways.map((run) => {
      try {
        run();
        return "done";
      } catch (error) {
        return error.name;
      }
    });
  }, `${node.sites.elsewhere}/`);
  assert.deepEqual(refused, Array(3).fill("SecurityError"));
  await followStatus(agent, "The visitor follows you.");
  assert.match(agent.url(), /\/console/);
  await close();
});

test("a window that somebody else opened under that name has the button back without them", async () => {
  const context = await newContext(browser, { width: 1280, height: 800 });
  await context.addInitScript(openShadows);
  const other = await context.newPage();
  await other.goto(`${node.sites.elsewhere}/`);
  const opened = context.waitForEvent("page");
  await other.evaluate((shop) => {
    window.open(shop, "isession-guide");
  }, `${node.sites.shop}/`);
  const shop = await opened;
  await shop.getByRole("status", { name: "Following" }).waitFor();
  await other.close();
  await until(shop, () => window.opener === null);
  await shop.reload();
  await shop.getByRole("button", { name: "Talk to us" }).waitFor();
  await context.close();
});
