// Every state of every page a person sees, by axe: WCAG 2.2 AA, light and dark, wide and narrow.

import assert from "node:assert/strict";
import { test } from "node:test";
import { everyWay } from "../axe.mjs";
import { PASSWORD } from "../node.mjs";
import {
  accept,
  agentAtWork,
  connected,
  connection,
  heard,
  lead,
  leadStatus,
  say,
  visitorFromShop,
  visitorInPanel,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode({ agents: ["ada", "ben"], retention: 60 });

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
  await lead(agent, `${node.sites.shop}/`);
  await leadStatus(agent, /blocked/i);
  await everyWay(companion, "companion, a lead refused");
  await everyWay(agent, "console, a lead refused");
  await agent.getByRole("button", { name: "Sign out" }).click();
  const asked = agent.getByRole("dialog", { name: "A session goes on" });
  await asked.waitFor();
  await everyWay(agent, "console, signing out of a session");
  await asked.getByRole("button", { name: "Stay" }).click();

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

test("a companion whose browser opens no window", async () => {
  const agent = await agentAtWork(browser, node);
  const { companion, context } = await visitorFromShop(browser, node, { opener: false });
  await companion.evaluate(() => {
    window.open = () => null;
  });
  await accept(agent);
  await connected(agent, companion);
  await lead(agent, `${node.sites.shop}/cart`);
  await companion.getByRole("button", { name: "Go", exact: true }).click();
  const card = companion.getByRole("dialog", { name: /^Open shop\.localhost/ });
  await card.getByRole("link", { name: /^Open shop\.localhost/ }).waitFor();
  await everyWay(companion, "companion, only a link is left");
  await card.getByRole("link").click();
  await leadStatus(agent, /landed by a link/i);
  await companion.getByRole("button", { name: "End session" }).click();
  await agent.context().close();
  await context.close();
});

test("what goes on in another window, on both sides", async () => {
  const agent = await agentAtWork(browser, node);
  const { companion, context } = await visitorFromShop(browser, node);
  await accept(agent);
  await connected(agent, companion);
  const other = await context.newPage();
  await other.goto(`${node.url}/go/demo`);
  await companion.getByText("This conversation goes on in another window.").waitFor();
  await everyWay(companion, "companion, in another window");
  const desk = await agent.context().newPage();
  await desk.goto(`${node.url}/console`);
  await agent.getByText("This one is out of work.").waitFor();
  await everyWay(agent, "console, superseded");
  await other.getByRole("button", { name: "End session" }).click();
  await agent.context().close();
  await context.close();
});

test("a visitor who left while ringing, and has left", async () => {
  const agent = await agentAtWork(browser, node);
  const { companion, context } = await visitorFromShop(browser, node);
  await agent.getByRole("alert", { name: "Incoming visitor" }).waitFor();
  await companion.getByRole("button", { name: "Leave the queue" }).click();
  await companion.getByText("You left the queue.").waitFor();
  await everyWay(companion, "companion, queue left");
  const news = agent.getByRole("region", { name: "News" });
  await news.getByText("The visitor left.").waitFor();
  await everyWay(agent, "console, news");
  await news.getByRole("button", { name: "Dismiss: The visitor left." }).click();
  await news.getByText("The visitor left.").waitFor({ state: "detached" });
  await agent.context().close();
  await context.close();
});

test("several sessions, one with unread lines, and one that ended before", async () => {
  const agent = await agentAtWork(browser, node);
  const visitors = [];
  for (const text of ["I am the first", "I am the second"]) {
    const visitor = await visitorFromShop(browser, node);
    visitors.push(visitor);
    await accept(agent);
    await connected(agent, visitor.companion);
    await say(visitor.companion, text);
    await heard(agent, text);
  }
  const [first, second] = visitors;
  await say(first.companion, "Are you still there?");
  await agent.getByRole("tab").filter({ hasText: "unread" }).waitFor();
  await agent.getByRole("list", { name: "Saved destinations" }).waitFor();
  await everyWay(agent, "console, unread lines");

  await second.companion.getByRole("button", { name: "End session" }).click();
  await agent.getByText("The visitor ended the session.").waitFor();
  await agent.reload();
  await connected(agent, first.companion);
  await agent.getByRole("tab").first().click();
  await heard(agent, "I am the second");
  await everyWay(agent, "console, a session of before");
  await first.companion.getByRole("button", { name: "End session" }).click();
  await agent.context().close();
  await Promise.all(visitors.map(({ context }) => context.close()));
});

test("either side has vanished", async () => {
  const vanish = async (page, other) => {
    await page.clock.install();
    await other.context().close();
    await connection(page, "reconnecting …");
    await everyWay(page, "the other side is away");
    await page.clock.fastForward("01:01");
    await connection(page, "has not been reachable for a minute");
    await everyWay(page, "the other side has vanished");
    await page.getByRole("button", { name: "End session" }).click();
    await page.context().close();
  };
  for (const whoStays of ["agent", "companion"]) {
    const agent = await agentAtWork(browser, node);
    const { companion } = await visitorFromShop(browser, node);
    await accept(agent);
    await connected(agent, companion);
    await (whoStays === "agent" ? vanish(agent, companion) : vanish(companion, agent));
  }
});

test("a sign-in that lapsed", async () => {
  const agent = await agentAtWork(browser, node);
  await node.run(["agent", "passwd", "ada"], `${PASSWORD}\n`);
  await node.stop("SIGKILL");
  await node.start();
  await agent.getByRole("button", { name: "Sign in again" }).waitFor();
  await everyWay(agent, "console, signed out");
  await agent.context().close();
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
