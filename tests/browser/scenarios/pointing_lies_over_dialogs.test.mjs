// What the agent shows lies over a dialog of the site's own, and leaves that as it is: its popover stays
// open, the focus where it was, and what is pointed at can be used.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PATIENCE, pressInPanel } from "../firefox.mjs";
import { sees } from "../mirror.mjs";
import { paneOf, seenAndPointedAt, seenAndPointedAtInFirefox, useTool } from "../pointing.mjs";
import { withBothBrowsers } from "../with_node.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));

const { node, chromium, firefox } = await withBothBrowsers();
await mkdir(SCREENS, { recursive: true });

/** A dialog as sites have them, with a menu that closes by itself; runs in the page. */
function openDialog() {
  const dialog = document.createElement("dialog");
  dialog.id = "ours";
  dialog.innerHTML = `<form method="dialog"><p><input id="code" aria-label="Voucher"></p>
    <p><button type="button" id="pay">Pay now</button></p><div popover id="menu">A menu</div></form>`;
  document.body.append(dialog);
  window.pressed = 0;
  document.querySelector("#pay").addEventListener("click", () => {
    window.pressed += 1;
  });
  dialog.showModal();
  document.querySelector("#menu").showPopover();
  document.querySelector("#code").focus();
}

/** What the page says of its own things, and of the layer; runs in the page. */
function lookAtDialog() {
  const layer = document.querySelector("isession-panel").shadowRoot.querySelector(".layer");
  const { left, top, width, height } = layer.querySelector(".ring").getBoundingClientRect();
  return {
    above: layer.matches(":popover-open"),
    ring: { left, top, width, height },
    modal: document.querySelector("#ours").matches(":modal"),
    menu: document.querySelector("#menu").matches(":popover-open"),
    focus: document.activeElement.id,
  };
}

/** The colour at a place of a picture of a page. */
async function colorAt(shot, { x, y }) {
  const page = await chromium.newPage();
  const color = await page.evaluate(
    async ([data, x, y]) => {
      const picture = new Image();
      picture.src = `data:image/png;base64,${data}`;
      await picture.decode();
      const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
      context.drawImage(picture, 0, 0);
      return [...context.getImageData(x, y, 1, 1).data.slice(0, 3)];
    },
    [Buffer.from(shot).toString("base64"), x, y],
  );
  await page.close();
  return color;
}

/** Points at an element that the mirror shows, where the visitor has it. */
async function pointAt(agent, shop, selector) {
  await sees(
    agent,
    selector,
    await shop.evaluate((s) => document.querySelector(s).textContent, selector),
  );
  const { x, y } = await shop.evaluate((selector) => {
    const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
    return { x: (left + width / 2) / innerWidth, y: (top + height / 2) / innerHeight };
  }, selector);
  const glass = paneOf(agent).locator(".glass");
  const { width, height } = await glass.boundingBox();
  await glass.click({ position: { x: x * width, y: y * height } });
}

/** Waits until something of the page is framed. */
const isFramed = (shop) =>
  shop.waitForFunction(
    () => {
      const ring = document
        .querySelector("isession-panel")
        .shadowRoot.querySelector(".layer .ring");
      return getComputedStyle(ring).display === "block";
    },
    ...patience(shop),
  );

/** The colour where the frame's line is, 3 px wide, at the middle of its left side. */
async function colorOfFrame(shop, picture = {}) {
  const { left, top, height } = (await shop.evaluate(lookAtDialog)).ring;
  return colorAt(await shop.screenshot(picture), { x: left + 1, y: top + height / 2 });
}

const isFrames = ([red, green, blue]) => red > 200 && green < 60 && blue < 120;

async function pointOverDialog(agent, shop, name) {
  await shop.evaluate(openDialog);
  await pointAt(agent, shop, "#pay");
  await isFramed(shop);
  await paneOf(agent)
    .getByRole("status", { name: "Point status" })
    .filter({ hasText: "The visitor is shown: button: Pay now" })
    .waitFor();
  const seen = await shop.evaluate(lookAtDialog);
  assert.deepEqual(
    { above: seen.above, modal: seen.modal, menu: seen.menu, focus: seen.focus },
    { above: true, modal: true, menu: true, focus: "code" },
  );
  const path = `${SCREENS}/point_over_dialog_${name}.png`;
  const color = await colorOfFrame(shop, { path });
  assert.ok(isFrames(color), `the frame is to be seen: ${color}`);
  await agent.screenshot({ path: `${SCREENS}/point_over_dialog_${name}_agent.png` });
  // It takes no input.
  await shop.evaluate(() => document.querySelector("#menu").hidePopover());
  await shop.click("#pay");
  assert.equal(await shop.evaluate(() => window.pressed), 1);
  // Over the next one too, which opens after it.
  await pointAt(agent, shop, "#pay");
  await isFramed(shop);
  await shop.evaluate(() => {
    document.querySelector("#ours").close();
    document.querySelector("#ours").showModal();
  });
  // The layer is open all the while: that it is over the dialog again can only be seen.
  while (!isFrames(await colorOfFrame(shop))) {
    await shop.evaluate(() => new Promise(requestAnimationFrame));
  }
  // Without one, the panel is over what is drawn, as ever.
  await shop.evaluate(() => document.querySelector("#ours").close());
  await shop.waitForFunction(
    () => {
      const root = document.querySelector("isession-panel").shadowRoot;
      return root.querySelector(".layer").popover === null;
    },
    ...patience(shop),
  );
}

/** The two drivers take it at different places. */
const patience = (page) =>
  "context" in page && "getByRole" in page ? [null, PATIENCE] : [PATIENCE];

test("in Chromium", async () => {
  const { agent, shop, pane, close } = await seenAndPointedAt(chromium, node);
  await shop.getByRole("button", { name: "Hide" }).click();
  await useTool(pane, "Point at");
  await pointOverDialog(agent, shop, "chromium");
  await shop.getByRole("button", { name: /^Talk to us/ }).click();
  await close();
});

test("in Chromium, also a dialog in a shadow root", async () => {
  const { shop, pane, close } = await seenAndPointedAt(chromium, node);
  await useTool(pane, "Point at");
  // Beside a modal dialog nothing is read out: what reads it to people is told in there.
  await shop.evaluate(() => {
    window.said = [];
    Element.prototype.ariaNotify = function say(words) {
      window.said.push(`${this.localName} ${this.id}: ${words}`);
    };
    for (const id of ["behind", "front"]) {
      const dialog = document.createElement("dialog");
      dialog.id = id;
      document.body.append(dialog);
      dialog.showModal();
    }
  });
  await shop.evaluate(() => {
    const host = document.createElement("x-dialog");
    const root = host.attachShadow({ mode: "open" });
    root.innerHTML = `<dialog><button id="inner">Pay inside</button></dialog>`;
    document.body.append(host);
    root.querySelector("dialog").showModal();
  });
  const place = await shop.evaluate(() => {
    const inner = document.querySelector("x-dialog").shadowRoot.querySelector("#inner");
    const { left, top, width, height } = inner.getBoundingClientRect();
    return { x: (left + width / 2) / innerWidth, y: (top + height / 2) / innerHeight };
  });
  const status = pane.getByRole("status", { name: "Point status" });
  // Until the mirror has it, the click is on what was there before.
  do {
    const { width, height } = await pane.locator(".glass").boundingBox();
    await pane.locator(".glass").click({ position: { x: place.x * width, y: place.y * height } });
    await status.filter({ hasText: "The visitor is shown" }).waitFor();
  } while (!(await status.innerText()).includes("Pay inside"));
  await shop.waitForFunction(() => {
    const root = document.querySelector("isession-panel").shadowRoot;
    return root.querySelector(".layer").matches(":popover-open");
  });
  const said = await shop.evaluate(() => window.said.filter((words) => words.includes("inside")));
  assert.deepEqual(
    [...new Set(said)].sort(),
    ["dialog :", "dialog front:"].map((where) => `${where} Agent points at: button: Pay inside`),
  );
  // Found there.
  await isFramed(shop);
  await shop.locator("#inner").click();
  await shop.waitForFunction(() => {
    const root = document.querySelector("isession-panel").shadowRoot;
    return getComputedStyle(root.querySelector(".layer .ring")).display === "none";
  });
  await shop.evaluate(() =>
    document.querySelector("x-dialog").shadowRoot.querySelector("dialog").close(),
  );
  await close();
});

test("in Firefox", async () => {
  const { agent, shop, pane } = await seenAndPointedAtInFirefox(chromium, firefox, node);
  await useTool(pane, "Point at");
  await pressInPanel(shop, "Hide");
  await pointOverDialog(agent, shop, "firefox");
  await pressInPanel(shop, "Talk to us");
  await pressInPanel(shop, "End session");
  await shop.close();
  await agent.context().close();
});
