// A session in which the visitor lets the agent see a page, as the console shows it. The visitor's
// side is a companion whose channels the test speaks on.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { askScreen, bundle, screenOf } from "../mirror.mjs";
import { startNode } from "../node.mjs";
import {
  accept,
  agentAtWork,
  connected,
  heard,
  launchChromium,
  newContext,
  say,
} from "../people.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));

/** Keeps a page's channels in view, and the entry that it said last; runs in the page. */
function watchChannels() {
  window.channels = {};
  const real = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    const channel = real.call(this, label, options);
    window.channels[label] = channel;
    const send = channel.send;
    channel.send = (data) => {
      const said = typeof data === "string" ? JSON.parse(data) : {};
      if (said.type === "entry") {
        window.said = said.id;
      }
      send.call(channel, data);
    };
    return channel;
  };
  window.grant = (grant) => {
    const id = { epoch: window.said.epoch, seq: window.said.seq + 1 };
    const body = { type: "grant", permission: "view", grant };
    window.channels.talk.send(JSON.stringify({ type: "entry", id, at: Date.now(), body }));
  };
}

let node;
let browser;
let record;
before(async () => {
  [node, browser, record] = await Promise.all([
    startNode(),
    launchChromium(),
    bundle("mirror/src/record.ts", "isessionRecord"),
  ]);
});
after(async () => {
  await browser.close();
  await node.close();
});

test("the agent asks, sees, picks, and sees no more", async () => {
  const agent = await agentAtWork(browser, node);
  const context = await newContext(browser, { width: 900, height: 700 });
  await context.addInitScript(watchChannels);
  const companion = await context.newPage();
  await companion.goto(`${node.url}/go/demo`);
  await accept(agent);
  await connected(agent, companion);
  await say(companion, "hello");
  await heard(agent, "hello");

  const status = agent.getByRole("status", { name: "View status" });
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  await status.filter({ hasText: "has not answered" }).waitFor();
  const pane = agent.getByRole("region", { name: "Visitor's page", exact: true });
  assert.equal(await pane.isVisible(), false);

  await companion.evaluate(() => window.grant("granted"));
  await companion.evaluate(`${record}; window.isessionRecord = isessionRecord`);
  await companion.evaluate((origin) => {
    const { bulk, glance } = window.channels;
    const link = document.createElement("a");
    link.href = `${origin}/cart?token=1`;
    link.textContent = "Your cart";
    link.style.cssText = "position:fixed;inset:10px auto auto 10px;font-size:40px";
    document.body.append(link);
    window.recording = window.isessionRecord.startMirror({
      window,
      policy: { query: [], unmask: [], origins: [origin] },
      view: "page1",
      ours: "isession-panel",
      glance: (what) => glance.send(JSON.stringify(what)),
      outlet: {
        send(message) {
          bulk.send(message);
          return true;
        },
        onRoom: () => () => {},
        onOpen: () => () => {},
        onMirror(run) {
          bulk.addEventListener("message", run);
          return () => bulk.removeEventListener("message", run);
        },
      },
    });
  }, node.sites.shop);
  await status.filter({ hasText: "lets you see" }).waitFor();
  await pane.getByRole("status", { name: "Page" }).filter({ hasText: "/go/demo" }).waitFor();
  const shown = (question) => askScreen(screenOf(agent), question);
  while (!(await shown((page) => page?.querySelector("a")?.textContent === "Your cart"))) {
    await agent.evaluate(() => new Promise(requestAnimationFrame));
  }
  await companion.mouse.move(300, 200);
  while (await screenOf(agent).evaluate(() => document.querySelector(".pointer").hidden)) {
    await agent.evaluate(() => new Promise(requestAnimationFrame));
  }
  const glass = pane.locator(".glass");
  const { width } = await glass.boundingBox();
  await glass.click({ position: { x: (60 * width) / 900, y: (35 * width) / 900 } });
  await pane.getByText("link: Your cart").waitFor();
  await mkdir(SCREENS, { recursive: true });
  await agent.screenshot({ path: `${SCREENS}/mirror_in_the_console.png` });
  await pane.getByRole("button", { name: "Lead there" }).click();
  await companion.getByRole("dialog").waitFor();
  await agent.getByRole("log", { name: "Conversation" }).getByText("/cart").waitFor();

  await companion.evaluate(() => {
    window.recording.stop();
    window.grant("withdrawn");
  });
  await status.filter({ hasText: "no longer" }).waitFor();
  await pane.waitFor({ state: "detached" });
});
