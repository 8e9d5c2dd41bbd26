// A session in which the visitor lets the agent see a page, as the console shows it. The visitor's
// side is a companion whose channels the test speaks on.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { everyWay } from "../axe.mjs";
import { bundle, screenOf, sees } from "../mirror.mjs";
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

/** Words said while the flood goes on. */
const WORDS = 10;
/** Bytes of the flood that may go before a word: what a browser's buffers hold, and a little more. */
const AHEAD = 1024 * 1024;

/** Lets a page say more on its channels than its own script does; runs in the page. */
function speakToo() {
  window.channelOf = (label) =>
    window.channels.findLast((c) => c.label === label && c.readyState === "open");
  let seq = 0;
  // As if another life of the page had said it: the numbers of this one are its own.
  window.grant = (grant) => {
    seq += 1;
    const body = { type: "grant", permission: "view", grant };
    const entry = { type: "entry", id: { epoch: "another", seq }, at: Date.now(), body };
    window.channelOf("talk").send(JSON.stringify(entry));
  };
}

/** The visitor agrees, and a page of the visitor's, here the companion itself, is mirrored. */
async function agree(companion) {
  await companion.evaluate(() => window.grant("granted"));
  await companion.evaluate(`${bulk}; window.isessionBulk = isessionBulk`);
  await companion.evaluate(`${record}; window.isessionRecord = isessionRecord`);
  await companion.evaluate((origin) => {
    const outlet = new window.isessionBulk.Bulk(() => true);
    const channel = window.channelOf("bulk");
    outlet.attach(channel);
    outlet.check();
    window.outlet = outlet;
    window.recording = window.isessionRecord.startMirror({
      window,
      policy: { query: [], unmask: [], origins: [origin] },
      view: "page1",
      ours: "isession-panel",
      glance: (what) => window.channelOf("glance").send(JSON.stringify(what)),
      outlet,
    });
  }, node.sites.shop);
}

/** A session whose visitor the agent has asked, and who has no page of the site so far. */
async function asked() {
  const agent = await agentAtWork(browser, node);
  const context = await newContext(browser, { width: 900, height: 700 });
  await context.addInitScript(speakToo);
  const companion = await context.newPage();
  await companion.goto(`${node.url}/go/demo`);
  await accept(agent);
  await connected(agent, companion);
  await say(companion, "hello");
  await heard(agent, "hello");
  await agent.getByRole("button", { name: "Ask to see the page" }).click();
  const status = agent.getByRole("status", { name: "View status" });
  // What a companion says of itself; the rest is said for it.
  await status.filter({ hasText: "no page of the site" }).waitFor();
  const pane = agent.getByRole("region", { name: "Visitor's page", exact: true });
  return { agent, companion, status, pane };
}

let node;
let browser;
let record;
let bulk;
before(async () => {
  [node, browser, record, bulk] = await Promise.all([
    startNode(),
    launchChromium(),
    bundle("mirror/src/record.ts", "isessionRecord"),
    bundle("peer/src/bulk.ts", "isessionBulk"),
  ]);
});
after(async () => {
  await browser.close();
  await node.close();
});

test("the agent asks, sees, picks, and sees no more", async () => {
  const { agent, companion, status, pane } = await asked();
  assert.equal(await pane.isVisible(), false);
  await companion.evaluate((origin) => {
    const link = document.createElement("a");
    link.href = `${origin}/cart?token=1`;
    link.textContent = "Your cart";
    link.style.cssText = "position:fixed;inset:10px auto auto 10px;font-size:40px";
    document.body.append(link);
  }, node.sites.shop);
  await agree(companion);
  await status.filter({ hasText: "lets you see" }).waitFor();
  await pane.getByRole("status", { name: "Page" }).filter({ hasText: "/go/demo" }).waitFor();
  await sees(agent, "a", "Your cart");
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
  await everyWay(agent, "console, a page is seen");
  await pane.getByRole("button", { name: "Lead there" }).click();
  await companion.getByRole("dialog").waitFor();
  await agent.getByRole("log", { name: "Conversation" }).getByText("/cart").waitFor();

  await companion.evaluate(() => {
    window.recording.stop();
    window.grant("withdrawn");
  });
  await status.filter({ hasText: "no longer" }).waitFor();
  await pane.waitFor({ state: "detached" });
  await agent.getByRole("button", { name: "End session" }).click();
  await agent.context().close();
  await companion.context().close();
});

test("a flood of mirrors holds up neither words nor the mirror that comes after it", async () => {
  const { agent, companion, status } = await asked();
  await agree(companion);
  await status.filter({ hasText: "lets you see" }).waitFor();
  // Bytes are the clock: when a word arrives, how many of the flood came after it was said?
  await agent.evaluate(() => {
    window.took = 0;
    const [bulk, talk] = ["bulk", "talk"].map((label) =>
      window.channels.findLast((c) => c.label === label && c.readyState === "open"),
    );
    window.tookAt = {};
    const take = bulk.onmessage;
    bulk.onmessage = (event) => {
      window.took += event.data.byteLength;
      take.call(bulk, event);
    };
    talk.addEventListener("message", ({ data }) => {
      const word = /word \d+/.exec(data)?.[0];
      if (word) {
        window.tookAt[word] = window.took;
      }
    });
  });
  await companion.evaluate(() => {
    window.poured = 0;
    window.refused = 0;
    window.pouredAt = {};
    // Pieces of a batch that never ends: the worst that a visitor's side can do to the agent's.
    const piece = new Uint8Array(64 * 1024);
    piece[0] = 1;
    const pour = () => {
      while (!window.dry && window.outlet.send(piece)) {
        window.poured += piece.byteLength;
      }
      window.refused += 1;
    };
    window.outlet.onRoom(pour);
    pour();
    const { send } = RTCDataChannel.prototype;
    RTCDataChannel.prototype.send = function (data) {
      const word = this.label === "talk" && /word \d+/.exec(data)?.[0];
      if (word) {
        window.pouredAt[word] ??= window.poured;
      }
      send.call(this, data);
    };
  });
  for (let n = 0; n < WORDS; n += 1) {
    await say(companion, `word ${n}`);
    await heard(agent, `word ${n}`);
    await say(agent, `answer ${n}`);
    await heard(companion, `answer ${n}`);
  }
  const { pouredAt, poured, refused } = await companion.evaluate(() => {
    window.dry = true;
    const { pouredAt, poured, refused } = window;
    return { pouredAt, poured, refused };
  });
  const tookAt = await agent.evaluate(() => window.tookAt);
  const words = Object.keys(pouredAt);
  assert.equal(words.length, WORDS);
  assert.ok(refused > WORDS, "the channel was full all the time");
  assert.ok(pouredAt[words.at(-1)] > pouredAt[words[0]] && poured > pouredAt[words.at(-1)]);
  for (const word of words) {
    const passed = tookAt[word] - pouredAt[word];
    assert.ok(passed <= AHEAD, `${passed} bytes of the flood went before "${word}"`);
  }
  await companion.evaluate(() => {
    const text = document.createElement("h2");
    text.id = "after";
    text.textContent = "after the flood";
    document.body.append(text);
  });
  await sees(agent, "#after", "after the flood");
});
