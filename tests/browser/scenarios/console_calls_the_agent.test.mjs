// Sound, title and desktop call the agent, and no more often than somebody begins to ring.

import assert from "node:assert/strict";
import { test } from "node:test";
import puppeteer from "puppeteer-core";
import { find, press } from "../firefox.mjs";
import { PASSWORD } from "../node.mjs";
import {
  accept,
  agentAtWorkIn,
  CHROMIUM,
  connected,
  heard,
  newContext,
  say,
  titled,
  visitorFromShop,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode({ agents: ["ada", "ben"] });

/** Keeps what a page sounds and tells the desktop in view; runs in the page. */
function watchCalls() {
  window.tones = 0;
  window.sounds = [];
  window.notes = [];
  window.AudioContext = class extends AudioContext {
    constructor() {
      super();
      window.sounds.push(this);
    }
    createOscillator() {
      window.tones += 1;
      return super.createOscillator();
    }
  };
  window.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      this.addEventListener("close", () => {
        this.isClosed = true;
      });
      window.notes.push(this);
    }
  };
}

/** Two for each time that it sounds. */
const tones = (page) => page.evaluate(() => window.tones);
const rings = (page, count) =>
  page
    .getByRole("alert", { name: "Incoming visitor" })
    .nth(count - 1)
    .waitFor();

test("each visitor who begins to ring sounds once, and again every four seconds", async () => {
  const agents = await newContext(browser, { width: 1280, height: 800 });
  await agents.addInitScript(watchCalls);
  await agents.clock.install();
  const agent = await agentAtWorkIn(agents, node);
  await agent.waitForFunction(() => window.sounds[0]?.state === "running");
  // From here on it is this test that lets time pass.
  await agent.clock.pauseAt(Date.now() + 60_000);
  const first = await visitorFromShop(browser, node);
  await rings(agent, 1);
  assert.equal(await tones(agent), 2);

  const topic = first.companion.getByRole("textbox", { name: "Topic" });
  for (const text of ["Lamps", "Lanterns", "Candles"]) {
    await topic.fill(text);
    await topic.blur();
    await agent.getByText(text).first().waitFor();
  }
  assert.equal(await tones(agent), 2, "news of the queue do not sound");

  assert.equal(await agent.title(), "☎ Incoming visitor");
  await agent.clock.runFor(1000);
  assert.equal(await agent.title(), "iSession console");
  await agent.clock.runFor(1000);
  assert.equal(await agent.title(), "☎ Incoming visitor");
  await agent.clock.runFor(2000);
  assert.equal(await tones(agent), 4);

  const second = await visitorFromShop(browser, node);
  await rings(agent, 2);
  assert.equal(await tones(agent), 6);
  const mute = agent.getByRole("button", { name: "Mute" });
  await mute.click();
  await agent.clock.runFor(4000);
  assert.equal(await tones(agent), 6);
  await mute.click();
  await agent.clock.runFor(4000);
  assert.equal(await tones(agent), 8);

  await agent.clock.resume();
  for (const { companion } of [first, second]) {
    await accept(agent);
    await connected(agent, companion);
  }
  await titled(agent, "iSession console");
  await say(first.companion, "Are you there?");
  await agent.getByRole("tab").filter({ hasText: "unread" }).waitFor();
  await titled(agent, "(1) iSession console");
  await agent.getByRole("tab").first().click();
  await heard(agent, "Are you there?");
  await titled(agent, "iSession console");

  await agent.getByRole("button", { name: "Sign out" }).click();
  const asked = agent.getByRole("dialog", { name: "2 sessions go on" });
  await asked.getByRole("button", { name: "Stay" }).click();
  await connected(agent, second.companion);
  await agent.getByRole("button", { name: "Sign out" }).click();
  await asked.getByRole("button", { name: "End and sign out" }).click();
  await agent.waitForFunction(() => window.sounds[0].state === "closed");
  for (const { companion } of [first, second]) {
    await companion.getByText("The agent ended the session.").waitFor();
  }
  for (const person of [agents, first.context, second.context]) {
    await person.close();
  }
});

test("a console that nobody sees tells the desktop of each visitor", async () => {
  // Playwright's pages believe that they are always seen.
  const chromium = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    await chromium.defaultBrowserContext().overridePermissions(node.url, ["notifications"]);
    const agent = await chromium.newPage();
    await agent.evaluateOnNewDocument(watchCalls);
    await agent.goto(`${node.url}/console`);
    await (await find(agent, "textbox", "Login")).type("ben");
    await agent.type('input[name="password"]', PASSWORD);
    await press(agent, "button", "Sign in");
    await press(agent, "switch", "Available");
    const other = await chromium.newPage();
    await other.bringToFront();
    assert.equal(await agent.evaluate(() => document.hidden), true);

    const told = async (...notes) => {
      const are = (notes) =>
        JSON.stringify(window.notes.map(({ title, body }) => [title, body])) === notes;
      // Pages that nobody sees have no animation frames.
      await agent.waitForFunction(are, { polling: 50 }, JSON.stringify(notes));
    };
    const closed = (index) =>
      agent.waitForFunction((index) => window.notes[index].isClosed, { polling: 50 }, index);
    const first = await visitorFromShop(browser, node);
    const one = ["Incoming visitor", "Visitor"];
    await told(one);
    const second = await visitorFromShop(browser, node);
    await told(one, ["Incoming visitor", "Visitor and 1 more"]);
    await closed(0);
    for (const { companion, context } of [first, second]) {
      await companion.getByRole("button", { name: "Leave the queue" }).click();
      await companion.getByRole("button", { name: "Start again" }).waitFor();
      await context.close();
    }
    await closed(1);
  } finally {
    await chromium.close();
  }
});
