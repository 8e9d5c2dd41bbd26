// Every state of every page a person sees, by axe: WCAG 2.2 AA, light and dark, wide and narrow.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible } from "../axe.mjs";
import { PASSWORD, startNode } from "../node.mjs";
import {
  accept,
  agentAtWork,
  connected,
  heard,
  launchChromium,
  lead,
  leadStatus,
  say,
  visitorFromShop,
  visitorInPanel,
} from "../people.mjs";

let node;
let browser;

before(async () => {
  node = await startNode({ agents: ["ada", "ben"] });
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await node?.close();
});

/** A page in both colour schemes, and as narrow as a phone. */
async function everyWay(page, state) {
  const size = page.viewportSize();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await accessible(page, `${state}, ${colorScheme}`);
    await page.setViewportSize({ width: 360, height: 640 });
    await accessible(page, `${state}, ${colorScheme}, narrow`);
    const over = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    assert.ok(over <= 0, `${state}: ${over} px too wide for a phone`);
    await page.setViewportSize(size);
  }
}

test("companion and console through a whole session", async () => {
  const visitor = await visitorFromShop(browser, node);
  const { companion } = visitor;
  await companion
    .getByRole("status", { name: "Queue position" })
    .filter({ hasText: /no agent/i })
    .waitFor();
  await everyWay(companion, "companion, nobody available");

  const agent = await agentAtWork(browser, node);
  await agent.getByRole("alert", { name: "Incoming visitor" }).waitFor();
  await everyWay(agent, "console, ringing");
  await say(companion, "A message that waits");
  await everyWay(companion, "companion, waiting");

  await accept(agent);
  await connected(agent, companion);
  await heard(agent, "A message that waits");
  await say(agent, "Look at https://lamps.example/ please");
  await heard(companion, "lamps.example");
  await everyWay(agent, "console, in session");
  await everyWay(companion, "companion, in session");

  await lead(agent, `${node.sites.shop}/cart`);
  await companion.getByRole("dialog", { name: /^Go to/ }).waitFor();
  await companion.getByRole("button", { name: "Go", exact: true, disabled: false }).waitFor();
  await leadStatus(agent, /shown/i);
  await everyWay(companion, "companion, consent card");
  await everyWay(agent, "console, lead shown");
  await companion.getByRole("checkbox", { name: "Allow for this session" }).check();
  await companion.getByRole("button", { name: "Go", exact: true }).click();
  await leadStatus(agent, /landed/i);
  await everyWay(companion, "companion, leading allowed");
  await companion.getByRole("button", { name: "Stop leading" }).click();
  await everyWay(companion, "companion, leading stopped");
  await everyWay(agent, "console, leading stopped");

  await node.stop("SIGKILL");
  await agent.getByRole("status", { name: "Node" }).waitFor();
  await everyWay(agent, "console, node away");
  await everyWay(companion, "companion, node away");
  await node.start();

  await companion.getByRole("button", { name: "End session" }).click();
  await companion.getByRole("button", { name: "Start again" }).waitFor();
  await everyWay(companion, "companion, ended");
  await agent.getByText(/ended/i).first().waitFor();
  await everyWay(agent, "console, ended");
  await visitor.context.close();
  await agent.context().close();
});

test("the panel through a whole session", async () => {
  const { shop, context } = await visitorInPanel(browser, node);
  await shop
    .getByRole("status", { name: "Queue position" })
    .filter({ hasText: "number" })
    .waitFor();
  await everyWay(shop, "panel, waiting");
  const agent = await agentAtWork(browser, node);
  await accept(agent);
  await connected(agent, shop);
  await say(shop, "Is the desk heron in stock?");
  await heard(agent, "heron");
  await everyWay(shop, "panel, in session");
  await lead(agent, `${node.sites.shop}/cart`);
  await shop.getByRole("dialog", { name: /^Go to/ }).waitFor();
  await shop.getByRole("button", { name: "Go", exact: true, disabled: false }).waitFor();
  await everyWay(shop, "panel, consent card");
  await shop.getByRole("button", { name: "Stay here" }).click();
  await shop.getByRole("button", { name: "Stop leading" }).click();
  await everyWay(shop, "panel, leading stopped");
  await shop.getByRole("button", { name: "Hide" }).click();
  await say(agent, "Are you there?");
  await shop.getByRole("status", { name: "Unread" }).filter({ hasText: "1 new" }).waitFor();
  await everyWay(shop, "panel hidden, something unread");
  await shop.getByRole("button", { name: /^Talk to us/ }).click();
  await shop.getByRole("button", { name: "End session" }).click();
  await shop.getByRole("button", { name: "Start again" }).waitFor();
  await everyWay(shop, "panel, ended");
  await context.close();
  await agent.context().close();
});

test("console before and after a session", async () => {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
  });
  const page = await context.newPage();
  await page.goto(`${node.url}/console`);
  await page.getByRole("textbox", { name: "Login" }).waitFor();
  await everyWay(page, "sign-in");
  await page.getByRole("textbox", { name: "Login" }).fill("ben");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await everyWay(page, "sign-in refused");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("switch", { name: "Available" }).waitFor();
  await everyWay(page, "nobody waits");
  await context.close();
});

test("the launcher on the site's page", async () => {
  const context = await browser.newContext({
    viewport: { width: 900, height: 700 },
  });
  const page = await context.newPage();
  await page.goto(`${node.sites.shop}/strict`);
  await page.getByRole("link", { name: /^Talk to us/ }).waitFor();
  await everyWay(page, "launcher");
  await context.close();
});

test("a site that is not there", async () => {
  const context = await browser.newContext({
    viewport: { width: 900, height: 700 },
  });
  const page = await context.newPage();
  const answer = await page.goto(`${node.url}/go/nowhere`);
  assert.equal(answer.status(), 404);
  await everyWay(page, "no such site");
  await context.close();
});
