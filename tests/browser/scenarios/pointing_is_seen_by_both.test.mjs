// What the agent points at is in the agent's own picture as well, at its place and at once; so are the
// visitor's pointer and clicks.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { screenOf, sees } from "../mirror.mjs";
import { startNode } from "../node.mjs";
import { launchChromium } from "../people.mjs";
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
  browser = await launchChromium();
  ({ agent, shop, pane, close } = await seenAndPointedAt(browser, node));
  await shop.evaluate(() => {
    const more = document.createElement("div");
    more.style.height = "2000px";
    const keypad = document.createElement("div");
    keypad.id = "keypad";
    keypad.dataset.isessionMask = "";
    keypad.style.cssText = "width:100px;height:40px;background:#888";
    document.querySelector("main").append(keypad, more);
  });
});

after(async () => {
  await close?.();
  await browser?.close();
  await node?.close();
});

/** A box in the picture, in pixels of the visitor's page. */
const inPicture = (selector) =>
  screenOf(agent).evaluate((selector) => {
    const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
    const shown = document.querySelector(".replayer-wrapper iframe").getBoundingClientRect();
    const scale = shown.width / document.querySelector(".replayer-wrapper iframe").clientWidth;
    return {
      x: (left + width / 2 - shown.left) / scale,
      y: (top + height / 2 - shown.top) / scale,
      width: width / scale,
      display: getComputedStyle(document.querySelector(selector)).display,
    };
  }, selector);

/** Where an element is in the visitor's window. */
const atVisitor = (selector) =>
  shop.locator(selector).evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2, width };
  });

/** Waits until this holds, picture of the screen by picture. */
async function until(holds) {
  while (!(await holds())) {
    await agent.evaluate(() => new Promise(requestAnimationFrame));
  }
}

const near = (a, b, by = 3) => Math.abs(a.x - b.x) < by && Math.abs(a.y - b.y) < by;

test("the frame is round the same element, and goes with it", async () => {
  await useTool(pane, "Point at");
  await pane.locator(".glass").click({ position: await onGlass(pane, shop, "h1") });
  await until(async () => (await inPicture(".ring")).display === "block");
  const there = await atVisitor("h1");
  assert.ok(near(await inPicture(".ring"), there));
  assert.ok((await inPicture(".ring")).width > there.width);
  await agent.screenshot({ path: `${SCREENS}/point_seen_by_both_agent.png` });
  await shop.screenshot({ path: `${SCREENS}/point_seen_by_both_visitor.png` });
  // Pushed down, and scrolled.
  await shop.evaluate(() => {
    const more = document.createElement("p");
    more.style.height = "150px";
    document.querySelector("main").prepend(more);
    scrollTo({ top: 60, behavior: "instant" });
  });
  await until(async () => near(await inPicture(".ring"), await atVisitor("h1")));
  // A snapshot builds all of the picture anew.
  await agent.evaluate(() => {
    const bulk = window.channels.findLast((c) => c.label === "bulk" && c.readyState === "open");
    bulk.send(Uint8Array.of(1, 1));
  });
  await shop.evaluate(() => document.querySelector("h1").append("!"));
  await sees(agent, "h1", "Lamps for long evenings!");
  await until(async () => near(await inPicture(".ring"), await atVisitor("h1")));
});

test("it is gone once the visitor used the element", async () => {
  await shop.locator("h1").click();
  await until(async () => (await inPicture(".ring")).display === "none");
});

test("a frame that the visitor does not see is not in the picture either", async () => {
  await pane.locator(".glass").click({ position: await onGlass(pane, shop, "h1") });
  await until(async () => (await inPicture(".ring")).display === "block");
  await shop.getByRole("button", { name: "Stop pointing" }).click();
  await until(async () => (await inPicture(".ring")).display === "none");
  await pane.getByRole("button", { name: "Ask to point" }).click();
  await shop
    .getByRole("dialog", { name: "Let Ada point at things on this page?" })
    .getByRole("button", { name: "Allow", disabled: false })
    .click();
  await pane.getByRole("button", { name: "Point at", exact: true }).waitFor();
});

test("the laser is where the agent's pointer is", async () => {
  const { x, y, box } = await onGlass(pane, shop, "h1");
  await pane.locator(".glass").hover({ position: { x, y } });
  await until(async () => {
    const laser = await pane.locator(".marks .laser").boundingBox();
    const at = laser && { x: laser.x + laser.width / 2, y: laser.y + laser.height / 2 };
    return at !== null && near(at, { x: box.x + x, y: box.y + y });
  });
});

test("the visitor's pointer and clicks are where the visitor has them, but on what is masked", async () => {
  await screenOf(agent).evaluate(() => {
    window.clicks = [];
    new MutationObserver((records) => {
      for (const { addedNodes } of records) {
        for (const node of addedNodes) {
          if (node.className === "ripple") {
            window.clicks.push({ x: parseFloat(node.style.left), y: parseFloat(node.style.top) });
          }
        }
      }
    }).observe(document.querySelector(".over .all"), { childList: true });
  });
  const scrolled = await shop.evaluate(() => scrollY);
  const keypad = await atVisitor("#keypad");
  await shop.mouse.click(keypad.x, keypad.y);
  // By keys and by scripts nobody clicks at a place.
  await shop.evaluate(() => document.querySelector("h1").click());
  await shop.mouse.click(500, 300);
  await until(async () => (await screenOf(agent).evaluate(() => window.clicks.length)) > 0);
  assert.deepEqual(await screenOf(agent).evaluate(() => window.clicks), [
    { x: 500, y: 300 + scrolled },
  ]);
  // Its tip is at the place.
  await until(async () => near(await inPicture(".pointer"), { x: 515, y: 315 }, 15));
});
