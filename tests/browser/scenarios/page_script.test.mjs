// One tag on the site: a button that costs the page nothing, and the panel behind it, also where a
// page allows nothing else.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startNode } from "../node.mjs";
import {
  accept,
  agentAtWork,
  connected,
  heard,
  launchChromium,
  newContext,
  openShadows,
  say,
  visitorInPanel,
} from "../people.mjs";

let node;
let browser;
let agent;

before(async () => {
  node = await startNode();
  browser = await launchChromium();
  agent = await agentAtWork(browser, node);
});

after(async () => {
  await browser?.close();
  await node?.close();
});

/** What a page complains about. */
function complaints(page) {
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(`${error}`));
  return errors;
}

/** A visitor and the agent talk, and the session ends. */
async function talk(shop, word) {
  await accept(agent);
  await connected(agent, shop);
  await say(shop, `${word} from the visitor`);
  await heard(agent, `${word} from the visitor`);
  await say(agent, `${word} from the agent`);
  await heard(shop, `${word} from the agent`);
  await shop.getByRole("button", { name: "End session" }).click();
  await shop.getByRole("button", { name: "Start again" }).waitFor();
  await agent.getByRole("button", { name: "Close", exact: true }).click();
}

for (const at of ["/", "/locked", "/isolated"]) {
  test(`the panel works at ${at}, and nothing is complained about`, async () => {
    const context = await newContext(browser, { width: 1280, height: 800 });
    await context.addInitScript(openShadows);
    const errors = [];
    context.on("page", (page) => {
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(`${error}`));
    });
    const { shop } = await visitorInPanel(browser, node, { at, context });
    assert.equal(await shop.evaluate(() => crossOriginIsolated), at === "/isolated");
    await shop.getByRole("heading", { name: "Lantern & Co." }).waitFor();
    const panel = shop.getByRole("region", { name: "Lantern & Co." });
    const radius = await panel.evaluate((section) => getComputedStyle(section).borderRadius);
    assert.equal(radius, "16px", "it is styled");
    await talk(shop, at);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test("the panel works where scripts are trusted by a nonce alone", async () => {
  const context = await newContext(browser, { width: 1280, height: 800 });
  await context.addInitScript(openShadows);
  node.sites.policies.set(
    "/locked",
    `default-src 'none'; style-src 'self'; script-src 'nonce-demo' 'strict-dynamic'; connect-src ${node.url} ${node.url.replace("http", "ws")}; require-trusted-types-for 'script'; trusted-types 'none'`,
  );
  const { shop } = await visitorInPanel(browser, node, { at: "/locked", context });
  await talk(shop, "nonce");
  await context.close();
});

test("each directive that is asked for is needed", async () => {
  const socket = node.url.replace("http", "ws");
  const all = {
    "style-src": "'self'",
    "script-src": node.url,
    "connect-src": `${node.url} ${socket}`,
  };
  const policy = (directives) =>
    ["default-src 'none'", ...Object.entries(directives).map((words) => words.join(" "))].join(
      "; ",
    );
  // Without the node among the scripts there is no button.
  const context = await newContext(browser, { width: 1280, height: 800 });
  node.sites.policies.set("/locked", policy({ ...all, "script-src": "'self'" }));
  const page = await context.newPage();
  const refused = page.waitForEvent("console", (message) => /script-src/.test(message.text()));
  await page.goto(`${node.sites.shop}/locked`);
  await refused;
  assert.equal(await page.locator("isession-panel").count(), 0);
  await context.close();
  // Without its socket the panel cannot wait for anybody.
  const other = await newContext(browser, { width: 1280, height: 800 });
  await other.addInitScript(openShadows);
  node.sites.policies.set("/locked", policy({ ...all, "connect-src": node.url }));
  const { shop } = await visitorInPanel(browser, node, { at: "/locked", context: other });
  await shop
    .getByRole("status", { name: "Connection" })
    .filter({ hasText: "reconnecting" })
    .waitFor();
  node.sites.policies.clear();
  await other.close();
});

test("until it is clicked it costs a page nothing", async () => {
  const dist = fileURLToPath(new URL("../../../web/dist/page.js.br", import.meta.url));
  const { size } = await stat(dist);
  assert.ok(size <= 3072, `${size} bytes`);

  const context = await newContext(browser, { width: 1280, height: 800 });
  await context.addInitScript(() => {
    window.shifts = [];
    window.long = [];
    const watch = (type, run) =>
      new PerformanceObserver((list) => run(list.getEntries())).observe({ type, buffered: true });
    watch("layout-shift", (shifts) => window.shifts.push(...shifts.map(({ value }) => value)));
    // A long task, with whose script it was: a busy machine has long ones of its own.
    watch("long-animation-frame", (frames) => {
      const scripts = frames.flatMap(({ scripts }) => scripts);
      const ours = scripts.filter((script) => script.sourceURL.endsWith("/page.js"));
      window.long.push(...ours.map(({ duration }) => duration).filter((ms) => ms >= 50));
    });
  });
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const errors = complaints(page);
  const available = page.waitForResponse(`${node.url}/v1/sites/demo`);
  await page.goto(`${node.sites.shop}/`);
  await available;
  const host = page.locator("isession-panel");
  await host.waitFor();
  // Two frames later whatever moves has moved.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  assert.deepEqual(await page.evaluate(() => window.shifts), []);
  assert.deepEqual(await page.evaluate(() => window.long), []);
  assert.deepEqual(
    asked.toSorted(),
    [
      `${node.url}/page.js`,
      `${node.url}/v1/sites/demo`,
      `${node.sites.shop}/`,
      `${node.sites.shop}/style.css`,
    ].toSorted(),
  );
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(await page.evaluate(() => ({ ...localStorage, ...sessionStorage })), {});

  // No page looks into it.
  assert.equal(await host.evaluate((element) => element.shadowRoot), null);
  // And the visitor's click on what is drawn there opens it.
  const { x, y, width, height } = await host.boundingBox();
  await page.mouse.click(x + width / 2, y + height / 2);
  await agent.getByRole("alert", { name: "Incoming visitor" }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("where the panel does not load, a click opens the companion", async () => {
  const context = await newContext(browser, { width: 1280, height: 800 });
  await context.addInitScript(openShadows);
  await context.route(`${node.url}/assets/panel-*`, (route) => route.abort());
  const shop = await context.newPage();
  await shop.goto(`${node.sites.shop}/`);
  const opened = context.waitForEvent("page");
  await shop.getByRole("button", { name: /^Talk to us/ }).click();
  const companion = await opened;
  await companion.getByRole("heading", { name: "Lantern & Co." }).waitFor();
  await context.close();
});
