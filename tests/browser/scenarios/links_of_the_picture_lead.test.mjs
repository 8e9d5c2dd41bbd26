// A link in the picture of the visitor's page leads there: its address is in sight first, it is sent on
// purpose, by mouse and by keys, and the visitor is asked as for any other lead.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { everyWay } from "../axe.mjs";
import { startNode } from "../node.mjs";
import { launchChromium, leadStatus } from "../people.mjs";
import { onGlass, seenAndPointedAt, useTool } from "../pointing.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));

let node;
let browser;
let agent;
let shop;
let pane;
let close;

before(async () => {
  await mkdir(SCREENS, { recursive: true });
  node = await startNode();
  await node.run(["site", "set", "demo", "--deny-host", "denied.example"]);
  browser = await launchChromium();
  ({ agent, shop, pane, close } = await seenAndPointedAt(browser, node));
  await shop.evaluate(() => {
    for (const [id, href] of [
      ["denied", "https://denied.example/page"],
      ["script", "javascript:void(window.ran = true)"],
      ["mail", "mailto:ada@example.com"],
      ["within", "#basket"],
    ]) {
      const link = document.createElement("a");
      Object.assign(link, { id, href, textContent: `A link: ${id}` });
      const line = document.createElement("p");
      line.append(link);
      document.querySelector("main").append(line);
    }
  });
  await shop.getByRole("button", { name: "Hide" }).click();
});

after(async () => {
  await close?.();
  await browser?.close();
  await node?.close();
});

const cart = () => onGlass(pane, shop, 'a[href="/cart"]');
const found = () => pane.getByRole("group", { name: "What is there" });
const glass = () => pane.getByRole("application", { name: "Pointer over the page" });
const leads = () => agent.getByRole("log", { name: "Conversation" }).getByText(/^Lead to/);

/** The visitor is asked, and stays. */
async function askedAndStays() {
  const card = shop.getByRole("dialog", { name: /^Go to/ });
  await card.getByText(`${node.sites.shop}/cart`).waitFor();
  await card.getByRole("button", { name: "Stay here" }).click();
  await leadStatus(agent, /Declined/);
}

test("the address shows while the pointer is over the link, and nothing is sent", async () => {
  const { x, y } = await cart();
  await glass().hover({ position: { x, y } });
  await pane.locator(".whither").getByText(`${node.sites.shop}/cart`).waitFor();
  const heading = await onGlass(pane, shop, "h1");
  await glass().hover({ position: heading });
  await pane.locator(".whither").waitFor({ state: "detached" });
  assert.equal(await leads().count(), 0);
});

test("a click says what is there, and a second one on purpose leads", async () => {
  await glass().click({ position: await cart() });
  await found().getByText("link: Your basket").waitFor();
  await found().getByText(`${node.sites.shop}/cart`).waitFor();
  await agent.screenshot({ path: `${SCREENS}/link_in_the_picture.png` });
  await everyWay(agent, "console, a link is found");
  assert.equal(await leads().count(), 0);
  await found().getByRole("button", { name: "Lead there" }).click();
  await askedAndStays();
  assert.equal(await leads().count(), 1);
});

test("with Control, or the other button, the same goes with any tool", async () => {
  await useTool(pane, "Draw");
  for (const how of [{ modifiers: ["Control"] }, { button: "right" }]) {
    await glass().click({ position: await cart(), ...how });
    const button = found().getByRole("button", { name: "Lead there" });
    await button.waitFor();
    // Who asks for a menu goes on by keys, if they like.
    await agent.waitForFunction(() => document.activeElement?.textContent === "Lead there");
    await agent.keyboard.press("Enter");
    await askedAndStays();
  }
  assert.equal(await pane.locator(".marks path").count(), 0, "nothing was drawn");
  assert.equal(await leads().count(), 3);
});

test("the keyboard leads, and Escape does not", async () => {
  await useTool(pane, "Point at");
  await glass().focus();
  const { x, y, box } = await cart();
  const step = { x: box.width / 100, y: box.height / 100 };
  const press = async (key, times) => {
    for (let n = 0; n < times; n += 1) {
      await agent.keyboard.press(key);
    }
  };
  // From the middle.
  await press(
    x < box.width / 2 ? "ArrowLeft" : "ArrowRight",
    Math.round(Math.abs(x - box.width / 2) / step.x),
  );
  await press("ArrowUp", Math.round((box.height / 2 - y) / step.y));
  await pane.locator(".whither").getByText("/cart").waitFor();
  await agent.keyboard.press("Control+Enter");
  await agent.waitForFunction(() => document.activeElement?.textContent === "Lead there");
  await agent.keyboard.press("Escape");
  await found().waitFor({ state: "detached" });
  assert.equal(await leads().count(), 3);
  assert.ok(await glass().evaluate((glass) => document.activeElement === glass));
  await agent.keyboard.press("Control+Enter");
  await agent.waitForFunction(() => document.activeElement?.textContent === "Lead there");
  await agent.keyboard.press("Enter");
  await askedAndStays();
});

test("a form whose fields are called like what elements have says what it is, and nothing ends with it", async () => {
  await shop.evaluate(() => {
    const odd = document.createElement("div");
    odd.id = "odd";
    const form = document.createElement("form");
    form.style.padding = "20px 200px";
    for (const id of ["closest", "getBoundingClientRect", "shadowRoot", "scrollIntoView"]) {
      const field = document.createElement("input");
      Object.assign(field, { id, type: "button", value: id });
      form.append(field);
    }
    const style = document.createElement("style");
    style.textContent = ".canary { color: red }";
    form.prepend(style);
    odd.append(form);
    document.querySelector("main").prepend(odd);
  });
  await useTool(pane, "Pick");
  const { x, y } = await onGlass(pane, shop, "#odd");
  // Until the mirror has it, the click is on what was there before.
  for (;;) {
    await glass().click({ position: { x, y } });
    await found().waitFor();
    if ((await found().innerText()).includes("form")) {
      break;
    }
  }
  assert.ok(!(await found().innerText()).includes("canary"), "its styles are not what it says");
  await found().getByRole("button", { name: "Point at it" }).click();
  await pane
    .getByRole("status", { name: "Point status" })
    .filter({ hasText: /^The visitor is shown: form$/ })
    .waitFor();
  await glass().hover({ position: await cart() });
  await pane.locator(".whither").getByText(`${node.sites.shop}/cart`).waitFor();
  await shop.evaluate(() => document.querySelector("#odd").remove());
});

test("what may not be led to is said, and what leads to no other page is no lead", async () => {
  await useTool(pane, "Pick");
  await glass().click({ position: await onGlass(pane, shop, "#denied") });
  await found().getByText("https://denied.example/page").waitFor();
  await found()
    .getByText(/the site does not let its visitors be led there/)
    .waitFor();
  assert.ok(await found().getByRole("button", { name: "Lead there" }).isDisabled());
  for (const id of ["script", "mail", "within"]) {
    await glass().click({ position: await onGlass(pane, shop, `#${id}`) });
    await found().getByText(`link: A link: ${id}`).waitFor();
    assert.equal(await found().getByRole("button", { name: "Lead there" }).count(), 0);
  }
  assert.equal(await leads().count(), 4);
  assert.equal(await shop.evaluate(() => window.ran), undefined);
});

test("what is there goes with its page, and the focus stays with who had it", async () => {
  await glass().click({ position: await cart(), modifiers: ["Control"] });
  await agent.waitForFunction(() => document.activeElement?.textContent === "Lead there");
  await shop.reload();
  await found().waitFor({ state: "detached" });
  await agent.waitForFunction(() => document.activeElement?.matches("textarea"));
});
