// The levels that a visitor grants: each is shown while it holds, each has one control that takes it
// back, and Escape takes all of them back at once, also where the page wants that key for itself.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { everyWay } from "../axe.mjs";
import { lead, leadStatus } from "../people.mjs";
import { allow, letPoint, letSee, paneOf, seenAndPointedAt } from "../pointing.mjs";
import { withNode } from "../with_node.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));

const { node, browser } = await withNode();
await mkdir(SCREENS, { recursive: true });
let people;

const consent = (text) => people.agent.locator("p.consent").filter({ hasText: text }).waitFor();
const told = (name, text) =>
  people.agent.getByRole("status", { name }).filter({ hasText: text }).waitFor();
const shown = (name, text) =>
  people.shop.getByRole("status", { name }).filter({ hasText: text }).waitFor();
const button = (name) => people.shop.getByRole("button", { name, exact: true });

/** Leads without asking, seeing and pointing: everything is granted. */
async function grantAll() {
  const { agent, shop } = people;
  await lead(agent, `${node.sites.shop}/cart`);
  const card = shop.getByRole("dialog", { name: /^Go to/ });
  await card.getByRole("checkbox", { name: "Allow for this session" }).check();
  await card.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  await shop.waitForURL(/cart/);
  await shown("Leading", "Ada may lead you without asking.");
  await shown("Shown", "Ada sees this page");
  await button("Stop pointing").waitFor();
  await consent(/allowed leads for this session/);
}

beforeEach(async () => {
  people = await seenAndPointedAt(browser, node);
  await grantAll();
});

test("each level is shown, and has one control that takes it back", async () => {
  const { agent, shop, close } = people;
  await everyWay(shop, "panel, everything is granted");
  await shop.screenshot({ path: `${SCREENS}/everything_granted.png` });
  await button("Ask me each time").click();
  await consent(/is asked each time/);
  await button("Ask me each time").waitFor({ state: "hidden" });
  await lead(agent, `${node.sites.shop}/`);
  await shop
    .getByRole("dialog", { name: /^Go to/ })
    .getByRole("button", { name: "Stay here" })
    .click();
  await leadStatus(agent, /Declined/);

  await button("Stop pointing").click();
  await told("Point status", /no longer lets you point/);
  await shown("Shown", "Ada sees this page");
  await letPoint(agent, shop);
  await button("Stop showing").click();
  await told("View status", /no longer lets you see/);
  // What needs it goes with it.
  await button("Stop sharing").waitFor({ state: "hidden" });
  await agent.getByRole("log").getByText("The visitor no longer lets you point").nth(1).waitFor();
  await close();
});

test("Escape takes all back at once, while the panel is hidden and the page keeps the key", async () => {
  const { agent, shop, close } = people;
  await shop.evaluate(() => {
    // Without a stop at the window itself, where whoever came first is heard first.
    document.addEventListener(
      "keydown",
      (event) => {
        event.preventDefault();
        event.stopImmediatePropagation();
      },
      true,
    );
  });
  await button("Hide").click();
  // In a narrow window too, the bars do not lie on the button that opens the panel.
  await shop.setViewportSize({ width: 800, height: 600 });
  const help = await shop.getByRole("button", { name: /^Talk to us/ }).boundingBox();
  for (const name of ["Stop sharing", "Ask me each time"]) {
    const bar = await shop.locator(".shown", { has: button(name) }).boundingBox();
    assert.ok(bar.x + bar.width < help.x, `${name} is beside the button`);
  }
  await shop.screenshot({ path: `${SCREENS}/everything_granted_hidden.png` });
  await shop.keyboard.press("Escape");
  await consent(/stopped leading/);
  await told("View status", /no longer lets you see/);
  await paneOf(agent).waitFor({ state: "detached" });
  await agent.getByRole("log").getByText("The visitor no longer lets you point").waitFor();
  await button("Ask me each time").waitFor({ state: "hidden" });
  await button("Stop sharing").waitFor({ state: "hidden" });
  const layer = () => document.querySelector("isession-panel").shadowRoot.querySelector(".layer");
  assert.equal(await shop.evaluate(layer), null);
  await lead(agent, `${node.sites.shop}/`);
  await leadStatus(agent, /the visitor stopped leading/);
  assert.match(shop.url(), /cart/);
  await shop.getByRole("button", { name: /^Talk to us/ }).click();
  await close();
});

test("in a page that does nothing with Escape, it ends leads that are asked for as well", async () => {
  const { agent, shop, close } = people;
  await button("Ask me each time").click();
  await consent(/is asked each time/);
  await shop.getByRole("heading", { level: 1 }).click();
  await shop.keyboard.press("Escape");
  await consent(/stopped leading/);
  await told("View status", /no longer lets you see/);
  // Nothing of it comes back by itself: each is asked for again.
  await button("Allow leading again").click();
  await consent(/is asked each time/);
  await letSee(agent, shop);
  await paneOf(agent).getByRole("button", { name: "Ask to point" }).click();
  await allow(shop, "Let Ada point at things on this page?");
  await close();
});
