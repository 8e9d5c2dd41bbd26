// An agent who sees a visitor's page, and points at it.

import { panelShows, pressInPanel } from "./firefox.mjs";
import { sees } from "./mirror.mjs";
import {
  accept,
  agentAtWork,
  agentAtWorkIn,
  connected,
  connection,
  newContext,
  openShadows,
  visitorInPanel,
} from "./people.mjs";

/** The visitor allows what is asked. */
export const allow = (shop, name) =>
  shop
    .getByRole("dialog", { name })
    .getByRole("button", { name: "Allow", disabled: false })
    .click();

/** The agent's picture of the visitor's page. */
export const paneOf = (agent) => agent.getByRole("region", { name: "Visitor's page", exact: true });

/** The agent asks, the visitor allows, and the agent sees the page. */
export async function letSee(agent, shop) {
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  await allow(shop, "Let Ada see this page?");
  await sees(agent, "h1", await shop.getByRole("heading", { level: 1 }).innerText());
}

/** The same for pointing. */
export async function letPoint(agent, shop) {
  await paneOf(agent).getByRole("button", { name: "Ask to point" }).click();
  await allow(shop, "Let Ada point at things on this page?");
  await shop.waitForFunction(
    () => document.querySelector("isession-panel").shadowRoot.querySelector(".layer"),
    null,
    { polling: "raf" },
  );
}

/** A visitor in the panel, and an agent who may see and point; `script` runs in the console first. */
export async function seenAndPointedAt(browser, node, { at, script } = {}) {
  const console = await newContext(browser, { width: 1280, height: 900 });
  if (script) {
    await console.addInitScript(script);
  }
  const agent = await agentAtWorkIn(console, node);
  const { shop, context } = await visitorInPanel(browser, node, { at });
  await accept(agent);
  await connected(agent, shop);
  await letSee(agent, shop);
  await letPoint(agent, shop);
  const close = async () => {
    await agent.getByRole("button", { name: "End session" }).click();
    // The visitor's panel may be hidden.
    await agent.getByRole("button", { name: "Close", exact: true }).waitFor();
    await console.close();
    await context.close();
  };
  return { agent, shop, context, pane: paneOf(agent), close };
}

/** A visitor in Firefox's panel, and an agent in Chromium who may see and point. */
export async function seenAndPointedAtInFirefox(chromium, firefox, node) {
  const agent = await agentAtWork(chromium, node);
  const shop = await firefox.newPage();
  await shop.evaluateOnNewDocument(openShadows);
  await shop.goto(`${node.sites.shop}/`);
  await pressInPanel(shop, "Talk to us");
  await accept(agent);
  await connection(agent, /direct/i);
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  await panelShows(shop, "Let Ada see this page?");
  await pressInPanel(shop, "Allow");
  await sees(agent, "h1", "Lamps for long evenings");
  const pane = paneOf(agent);
  await pane.getByRole("button", { name: "Ask to point" }).click();
  await panelShows(shop, "Let Ada point at things on this page?");
  await pressInPanel(shop, "Allow");
  return { agent, shop, pane };
}

/** Where a point of the visitor's page is on the agent's glass, as it is scrolled now. */
export async function onGlass(pane, shop, selector) {
  const { x, y, width } = await shop.locator(selector).evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return { x: left + Math.min(width, 60) / 2, y: top + height / 2, width: innerWidth };
  });
  const box = await pane.locator(".glass").boundingBox();
  const scale = box.width / width;
  return { x: x * scale, y: y * scale, scale, box };
}

/** Chooses a tool. */
export const useTool = (pane, name) => pane.getByRole("button", { name, exact: true }).click();
