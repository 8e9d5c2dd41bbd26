// The agent points at things on the visitor's page: pointer, click, ink and elements, drawn where they
// are meant, said aloud, and without a way to touch anything.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { everyWay } from "../axe.mjs";
import { askScreen, screenOf, sees } from "../mirror.mjs";
import { startNode } from "../node.mjs";
import { accept, agentAtWork, connected, launchChromium, visitorInPanel } from "../people.mjs";
import { allow as allowIn, onGlass as glassOf, useTool } from "../pointing.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));

let node;
let browser;
let agent;
let shop;
let context;
let pane;

/** Waits until this, asked in the page, is true. */
const until = (page, question, arg) => page.waitForFunction(question, arg, { polling: "raf" });

before(async () => {
  await mkdir(SCREENS, { recursive: true });
  node = await startNode();
  browser = await launchChromium();
  agent = await agentAtWork(browser, node);
  await agent.setViewportSize({ width: 1440, height: 1000 });
  ({ shop, context } = await visitorInPanel(browser, node));
  await accept(agent);
  await connected(agent, shop);
  await shop.evaluate(() => {
    // What lies in the layer, as a person sees it; the root is open in tests alone.
    window.layer = (selector) =>
      document.querySelector("isession-panel").shadowRoot.querySelector(`.layer ${selector}`);
    window.pressed = 0;
    const button = document.createElement("button");
    button.id = "buy";
    button.textContent = "Add to basket";
    button.addEventListener("click", () => {
      window.pressed += 1;
    });
    const secret = document.createElement("p");
    secret.id = "secret";
    secret.dataset.isessionMask = "";
    secret.textContent = "canary";
    const far = document.createElement("h2");
    far.id = "far";
    far.textContent = "Far below";
    far.style.marginTop = "2000px";
    const hidden = document.createElement("div");
    hidden.id = "private";
    hidden.dataset.isessionMask = "";
    hidden.innerHTML = `<button aria-label="canary">canary</button>
      <label>canary <input type="email" value="canary@example.com"></label>`;
    const news = document.createElement("p");
    news.innerHTML = `<input type="checkbox" id="mine" value="canary">
      <label for="mine">Send me news</label>
      <input type="search" id="named" aria-labelledby="secret" aria-label="canary">`;
    document.querySelector("main").append(button, secret, hidden, news, far);
  });
  pane = agent.getByRole("region", { name: "Visitor's page", exact: true });
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  await allow("Let Ada see this page?");
  await sees(agent, "#buy", "Add to basket");
});

after(async () => {
  await browser?.close();
  await node?.close();
});

const allow = (name) => allowIn(shop, name);
const onGlass = (selector) => glassOf(pane, shop, selector);
const tool = (name) => useTool(pane, name);
const pointStatus = (text) =>
  pane.getByRole("status", { name: "Point status" }).filter({ hasText: text }).waitFor();

test("without the visitor's yes nothing is drawn", async () => {
  const { x, y } = await onGlass("#buy");
  await pane.locator(".glass").click({ position: { x, y } });
  await pane.getByText("button: Add to basket").waitFor();
  assert.equal(await shop.evaluate(() => window.layer("*")), null);
  await pane.getByRole("button", { name: "Ask to point" }).click();
  await pointStatus(/has not answered/);
  // A button that answers is whole: the question has come by then.
  await shop
    .getByRole("dialog", { name: "Let Ada point at things on this page?" })
    .getByRole("button", { name: "Allow", disabled: false })
    .waitFor();
  await shop.screenshot({ path: `${SCREENS}/point_question.png` });
  await allow("Let Ada point at things on this page?");
  await pointStatus(/lets you point/);
  await until(shop, () => window.layer(".laser") !== null);
});

test("the pointer is where the agent's is, and a click is a ripple that presses nothing", async () => {
  const { x, y } = await onGlass("#buy");
  const glass = pane.locator(".glass");
  await glass.hover({ position: { x, y } });
  await until(shop, () => {
    const laser = window.layer(".laser").getBoundingClientRect();
    const button = document.querySelector("#buy").getBoundingClientRect();
    const inside = (at, from, to) => at >= from && at <= to;
    return (
      inside(laser.left + laser.width / 2, button.left, button.right) &&
      inside(laser.top + laser.height / 2, button.top, button.bottom)
    );
  });
  await shop.evaluate(() => {
    window.rippled = new Promise((resolve) => {
      new MutationObserver((records) => {
        if (records.some(({ addedNodes }) => addedNodes[0]?.className === "ripple")) {
          resolve();
        }
      }).observe(window.layer(".all"), { childList: true });
    });
  });
  await glass.click({ position: { x, y } });
  await shop.evaluate(() => window.rippled);
  await until(shop, () => window.layer(".ripple") === null);
  assert.equal(await shop.evaluate(() => window.pressed), 0);
  await agent.mouse.move(5, 5);
  await until(shop, () => getComputedStyle(window.layer(".laser")).display === "none");
});

test("an element is framed, said aloud, and followed", async () => {
  const { x, y } = await onGlass("#buy");
  await tool("Point at");
  await pane.locator(".glass").click({ position: { x, y } });
  await pointStatus("The visitor is shown: button: Add to basket");
  const voice = shop.getByRole("status", { name: "Pointed at" });
  await voice.filter({ hasText: "Agent points at: button: Add to basket" }).waitFor();
  await shop.getByRole("log").getByText("Pointed at: button: Add to basket").waitFor();
  const framed = () => {
    const ring = window.layer(".ring").getBoundingClientRect();
    const button = document.querySelector("#buy").getBoundingClientRect();
    return (
      ring.width > button.width &&
      Math.abs(ring.left + ring.width / 2 - button.left - button.width / 2) < 1 &&
      Math.abs(ring.top + ring.height / 2 - button.top - button.height / 2) < 1
    );
  };
  await until(shop, framed);
  await shop.screenshot({ path: `${SCREENS}/point_visitor.png` });
  await agent.screenshot({ path: `${SCREENS}/point_agent.png` });
  await everyWay(agent, "console, pointing");
  // What comes before it pushes it down, and the visitor scrolls.
  await shop.evaluate(() => {
    const more = document.createElement("p");
    more.textContent = "More";
    more.style.height = "90px";
    document.querySelector("main").prepend(more);
    scrollBy(0, 40);
  });
  await until(shop, framed);
  // The layer takes no input: what is framed can be used, and is found then.
  await shop.locator("#buy").click();
  assert.equal(await shop.evaluate(() => window.pressed), 1);
  await until(shop, () => getComputedStyle(window.layer(".ring")).display === "none");
});

test("what is masked is called by its kind, and nothing of it is said", async () => {
  for (const [selector, name] of [
    ["#secret", "text"],
    ["#private button", "button"],
    ["#private input", "email field"],
    ["#mine", "checkbox: Send me news"],
    ["#named", "search field"],
  ]) {
    const { x, y } = await onGlass(selector);
    await pane.locator(".glass").click({ position: { x, y } });
    await pointStatus(new RegExp(`^The visitor is shown: ${name}$`));
    await shop
      .getByRole("status", { name: "Pointed at" })
      .filter({ hasText: new RegExp(`^Agent points at: ${name}$`) })
      .waitFor();
  }
  const words = await agent.getByRole("log", { name: "Conversation" }).innerText();
  assert.ok(!words.includes("canary"));
});

test("an element that is gone is said to be", async () => {
  const { x, y } = await onGlass("#buy");
  await tool("Pick");
  await pane.locator(".glass").click({ position: { x, y } });
  await pane.locator(".hit").filter({ hasText: "button: Add to basket" }).waitFor();
  await shop.evaluate(() => document.querySelector("#buy").remove());
  await pane.getByRole("button", { name: "Point at it" }).click();
  await pointStatus("It is not on the visitor's page any more.");
});

test("what is out of sight is brought into view", async () => {
  await shop.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await until(shop, () => scrollY > 500);
  // The mirror has followed once this heading is under the pointer.
  await tool("Point at");
  for (;;) {
    const { x, y } = await onGlass("#far");
    await pane.locator(".glass").click({ position: { x, y } });
    const words = await pane.getByRole("status", { name: "Point status" }).innerText();
    if (words.includes("heading: Far below")) {
      break;
    }
  }
  await tool("Pick");
  const { x, y } = await onGlass("#far");
  await pane.locator(".glass").click({ position: { x, y } });
  await pane.locator(".hit").filter({ hasText: "heading: Far below" }).waitFor();
  await shop.evaluate(() => scrollTo(0, 0));
  await pane.getByRole("button", { name: "Point at it" }).click();
  await until(shop, () => {
    const { top, bottom } = document.querySelector("#far").getBoundingClientRect();
    const still = window.lastTop === top;
    window.lastTop = top;
    return still && scrollY > 500 && top >= 0 && bottom <= innerHeight;
  });
});

test("ink is drawn where the agent draws, and fades", async () => {
  await tool("Draw");
  await shop.evaluate(() => {
    // Nothing more is asked of these, and the guide has this picture.
    for (const id of ["secret", "private"]) {
      document.getElementById(id).hidden = true;
    }
    scrollTo({ top: 0, behavior: "instant" });
  });
  const top = (page) => page?.scrollingElement.scrollTop;
  while ((await askScreen(screenOf(agent), top)) !== 0) {
    await agent.evaluate(() => new Promise(requestAnimationFrame));
  }
  const { box, scale } = await onGlass("h1");
  await agent.mouse.move(box.x + 100 * scale, box.y + 300 * scale);
  await agent.mouse.down();
  for (let step = 1; step <= 20; step += 1) {
    const wave = 40 * Math.sin(step / 3);
    await agent.mouse.move(box.x + (100 + 20 * step) * scale, box.y + (300 + wave) * scale);
  }
  await agent.mouse.up();
  await until(shop, () => {
    const ink = window.layer("path")?.getBoundingClientRect();
    const near = (a, b) => Math.abs(a - b) < 12;
    return (
      ink &&
      near(ink.left, 100) &&
      near(ink.right, 500) &&
      near(ink.top, 260) &&
      near(ink.bottom, 340)
    );
  });
  await shop.screenshot({ path: `${SCREENS}/ink_visitor.png` });
  await agent.screenshot({ path: `${SCREENS}/ink_agent.png` });
  await until(shop, () => window.layer("path") === null);
  await pane.locator(".marks path").waitFor({ state: "detached" });
});

test("the keyboard points as well", async () => {
  await tool("Point at");
  const glass = pane.getByRole("application", { name: "Pointer over the page" });
  await glass.focus();
  await agent.keyboard.press("ArrowLeft");
  await until(shop, () => getComputedStyle(window.layer(".laser")).display === "block");
  const before = await shop.evaluate(() => window.layer(".laser").getBoundingClientRect().left);
  await agent.keyboard.press("Shift+ArrowRight");
  await until(shop, (left) => window.layer(".laser").getBoundingClientRect().left > left, before);
  const pointed = agent.getByRole("log", { name: "Conversation" }).getByText(/^You pointed at/);
  const count = await pointed.count();
  // Held, it repeats: that points once.
  for (let times = 0; times < 3; times += 1) {
    await agent.keyboard.down("Enter");
  }
  await agent.keyboard.up("Enter");
  await until(shop, () => getComputedStyle(window.layer(".ring")).display === "block");
  // Answered behind whatever was asked before.
  await agent.keyboard.press("Control+Enter");
  await pane.locator(".hit").waitFor();
  assert.equal(await pointed.count(), count + 1);
});

test("a no ends it at once, and takes away what was drawn", async () => {
  await shop.getByRole("button", { name: "Stop pointing" }).click();
  await until(shop, () => window.layer("*") === null);
  await pointStatus(/no longer lets you point/);
  await pane.getByRole("button", { name: "Ask to point" }).waitFor();
  await shop.getByRole("status", { name: "Shown" }).waitFor();
  await context.close();
});
