// An agent that does everything without being permitted anything: a program made with the SDK, so that no
// code of ours stands in its way but the visitor's. Not one effect.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, startNode } from "../node.mjs";
import {
  connection,
  heard,
  launchChromium,
  newContext,
  openShadows,
  say,
  visitorInPanel,
} from "../people.mjs";
import { runExample } from "../programs.mjs";

const NOT_PERMITTED = /^Blocked \{ why: NotPermitted \}$/;
/** What the program tries of each. */
const TIMES = 50;

let node;
let browser;
let agent;
let context;
let shop;

/** Counts what the page sends but words, and whatever changes in the page; runs in the page. */
function watchEffects() {
  window.effects = [];
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (data) {
    if (this.label !== "talk") {
      window.effects.push(`${this.label} was sent`);
    }
    return send.call(this, data);
  };
  window.loaded = Math.random();
}

before(async () => {
  node = await startNode();
  browser = await launchChromium();
  agent = runExample("hostile_agent", [node.url, "ada", PASSWORD]);
  await agent.said(/^signed in$/);
  context = await newContext(browser, { width: 1280, height: 800 });
  await context.addInitScript(openShadows);
  await context.addInitScript(watchEffects);
  ({ shop } = await visitorInPanel(browser, node, { at: "/cart", context }));
  await connection(shop, /direct/i);
  await shop.getByRole("link", { name: "Lamps" }).click();
  await shop.waitForURL(`${node.sites.shop}/`);
  await connection(shop, /direct/i);
  await shop.evaluate(() => {
    const tall = document.createElement("p");
    tall.style.height = "3000px";
    document.body.append(tall);
    window.effects = [];
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    const watch = (root, what) =>
      new MutationObserver((records) => {
        for (const { target, attributeName, oldValue } of records) {
          const place = target.nodeType === 1 ? target : target.parentElement;
          const same = attributeName && target.getAttribute(attributeName) === oldValue;
          // The conversation says what was tried.
          if (!same && !place?.closest(".talk")) {
            window.effects.push(`${what}: ${place?.outerHTML.slice(0, 200)}`);
          }
        }
      }).observe(root, { ...all, attributeOldValue: true });
    watch(document.documentElement, "the page changed");
    watch(document.querySelector("isession-panel").shadowRoot, "the panel changed");
    for (const type of ["scroll", "click", "pointermove", "focusin", "beforeunload"]) {
      addEventListener(type, () => window.effects.push(type), true);
    }
  });
});

after(async () => {
  await context?.close();
  await agent?.stop();
  await browser?.close();
  await node?.close();
});

const loads = () =>
  shop.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map(({ name }) => name)
      .filter((name) => /\/(record|layer)-/.test(name)),
  );

test("what was not permitted has no effect", async () => {
  const life = await shop.evaluate(() => window.loaded);
  agent.input("act");
  await heard(shop, "acted");
  // Whatever would come with the next pictures of the screen has come.
  await shop.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  assert.deepEqual(await shop.evaluate(() => window.effects), []);
  assert.equal(await shop.evaluate(() => window.loaded), life, "it is the same page");
  assert.deepEqual(await loads(), [], "nothing was loaded for it");
  // Where an answer is due it is a no, and tells nothing.
  await say(shop, "that is all");
  await agent.said(/^heard that is all$/);
  assert.equal(agent.count(/^highlighted false \[\] Some\(NotPermitted\)$/), TIMES);
  assert.equal(agent.count(/^highlighted true/), 0);
  assert.equal(agent.count(NOT_PERMITTED), TIMES);
  assert.equal(agent.count(/^Landed/), 0);
});

test("who is followed leads nowhere but over the site, and nowhere while that waits", async () => {
  const panel = (name) => shop.getByRole("button", { name, disabled: false }).first().click();
  const shown = (text) =>
    shop.getByRole("status", { name: "Shown" }).filter({ hasText: text }).waitFor();
  const life = await shop.evaluate(() => window.loaded);
  const elsewhere = [
    `${node.sites.elsewhere}/`,
    node.url,
    "https://shop.example/",
    "javascript:document.title='taken'",
    "data:text/html,taken",
    `blob:${node.sites.shop}/taken`,
    "file:///etc/hostname",
    `http://ada:secret@${node.sites.shop.slice("http://".length)}/cart`,
    "//elsewhere.example/",
    "/cart",
  ];
  agent.input("follow");
  await panel("Allow");
  await shown("You follow Ada over this website.");
  await agent.said(/^Follow Granted$/);
  const before = agent.count(/^Blocked/);
  for (const url of elsewhere) {
    agent.input(`guide ${url}`);
  }
  agent.input("gone elsewhere");
  await heard(shop, "gone elsewhere");
  await say(shop, "all of it came");
  await agent.said(/^heard all of it came$/);
  assert.equal(agent.count(/^Blocked/), before + elsewhere.length);
  assert.equal(await shop.evaluate(() => window.loaded), life, "it is the same page");

  await shop.mouse.click(30, 300);
  await shown("Following is paused.");
  await agent.said(/^Follow Paused$/);
  const top = await shop.evaluate(() => scrollY);
  agent.input(`guide ${node.sites.shop}/cart`);
  agent.input("scroll");
  // Asked again, nobody is.
  agent.input("follow");
  agent.input("act");
  await shop.getByText("acted").nth(1).waitFor();
  await shop.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  assert.equal(await shop.evaluate(() => window.loaded), life, "it is the same page");
  assert.equal(await shop.evaluate(() => scrollY), top);
  assert.equal(await shop.getByRole("dialog").count(), 0);

  await panel("Follow again");
  await shown("You follow Ada over this website.");
  let moves = 0;
  const began = Date.now();
  shop.on("framenavigated", () => {
    moves += 1;
  });
  agent.input(`flood ${node.sites.shop}`);
  await shop.getByRole("heading", { name: "Your basket" }).waitFor();
  await heard(shop, "flooded");
  await shown("You follow Ada over this website.");
  const most = 2 + (Date.now() - began) / 1000;
  assert.ok(moves >= 1 && moves <= most, `${moves} moves, at most ${most}`);
  await panel("Stop following");
  await agent.said(/^Follow Withdrawn$/);
  await shop.getByRole("link", { name: "Lamps" }).click();
  await shop.waitForURL(`${node.sites.shop}/`);
  await connection(shop, /direct/i);
  agent.input(`guide ${node.sites.shop}/cart`);
  agent.input("it is over");
  await heard(shop, "it is over");
  await say(shop, "I stay here");
  await agent.said(/^heard I stay here$/);
  assert.equal(shop.url(), `${node.sites.shop}/`);
});

test("nagging brings one question, and a no to it ends them all", async () => {
  agent.input("nag");
  const question = shop.getByRole("dialog", { name: "Follow Ada over this website?" });
  await question.waitFor();
  await heard(shop, "nagged");
  assert.equal(await shop.getByRole("dialog").count(), 1);
  await question.getByRole("button", { name: "Not now" }).click();
  await agent.said(/^Follow Declined$/);
  await agent.said(/^View Declined$/);
  agent.input("nag");
  await shop.getByText("nagged").nth(1).waitFor();
  assert.equal(await shop.getByRole("dialog").count(), 0);
  assert.equal(agent.count(/(View|Point) Granted/), 0);
  agent.input("act");
  await shop.getByText("acted").nth(2).waitFor();
  assert.deepEqual(await loads(), []);
  assert.equal(await shop.evaluate(() => scrollY), 0);
  await say(shop, "I am still here");
  await agent.said(/^heard I am still here$/);
});

test("the page stays where it is", async () => {
  const life = await shop.evaluate(() => window.loaded);
  agent.input("travel");
  await heard(shop, "travelled");
  assert.equal(await shop.evaluate(() => window.loaded), life, "it is the same page");
  assert.equal(shop.url(), `${node.sites.shop}/`);
});

test("a question that is taken back is asked once, and not for ever", async () => {
  await shop.getByRole("button", { name: "Stay here" }).click();
  await shop.getByRole("button", { name: "End session" }).click();
  await agent.stop();
  agent = runExample("hostile_agent", [node.url, "ada", PASSWORD]);
  await agent.said(/^signed in$/);
  await shop.getByRole("button", { name: "Start again" }).click();
  await connection(shop, /direct/i);
  await shop.evaluate(() => {
    window.questions = 0;
    const { showModal } = HTMLDialogElement.prototype;
    HTMLDialogElement.prototype.showModal = function () {
      window.questions += 1;
      showModal.call(this);
    };
  });
  agent.input("pester");
  await heard(shop, "pestered");
  await say(shop, "I was asked once");
  await agent.said(/^heard I was asked once$/);
  assert.equal(await shop.evaluate(() => window.questions), 1);
  assert.equal(await shop.getByRole("dialog").count(), 0);
  assert.equal(agent.count(/^Follow Declined$/), TIMES - 1);
});
