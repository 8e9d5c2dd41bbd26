// How long an agent's side hears nothing while the visitor goes from one page of the site to the
// next: from the last message of the page before to the first word of the page after. The offer
// that was sent ahead (b2 in the spike's notes) beside an offer in the first words to the node (b1)
// and the naive way (a: hello, then an offer, then its answer). No TLS: pages and node are plain.
//
//   ROUNDS=20 node tests/netlab/travel.bench.mjs

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { launchFirefoxInside } from "../browser/firefox.mjs";
import { accept, agentAtWorkIn, connection, newContext, openShadows } from "../browser/people.mjs";
import { chromiumAt, startCloud } from "./cloud.mjs";
import { openLab, whyNoLab } from "./lab.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 20);
/** What the spike measured for an offer that was sent ahead; the goal is within a tenth of it. */
const NOTE = { "Chromium 0": 128, "Chromium 50": 447, "Firefox 50": 463 };

const why = whyNoLab();
if (why) {
  console.log(`travel bench skipped: ${why}`);
  process.exit();
}

const lab = await openLab();
const opened = [];
try {
  await bench();
} finally {
  await Promise.all(opened.map((one) => one.close()));
  await lab.close();
}

async function bench() {
  const [pages] = lab.place("cloud").addresses;
  const shop = `http://${pages}:8080`;
  const node = await startCloud(lab, { site: ["--origin", shop] });
  const server = fileURLToPath(new URL("travel_site.mjs", import.meta.url));
  const site = lab.run("cloud", process.execPath, [server, pages, "8080", node.url], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(site.stdout, "data");
  const chromium = await chromiumAt(lab, "agent", [node.url]);
  opened.push(chromium);
  const context = await newContext(chromium, { width: 1280, height: 800 });
  await context.addInitScript(hearTalk);
  const agent = await agentAtWorkIn(context, node);
  const rows = {};
  for (const [name, visit] of [
    ["Chromium", inChromium],
    ["Firefox", inFirefox],
  ]) {
    await lab.shape("visitor", {});
    const { page, close } = await visit(shop, node);
    opened.push({ close });
    await accept(agent);
    await connection(agent, /direct/i);
    for (const roundTrip of [0, 50]) {
      await lab.shape("visitor", roundTrip ? { delay_ms: roundTrip / 2 } : {});
      for (const mode of ["b2", "b1", "a"]) {
        const gaps = [];
        for (let round = 0; round < ROUNDS; round += 1) {
          gaps.push(await travel(agent, page, mode));
        }
        const note = mode === "b2" ? NOTE[`${name} ${roundTrip}`] : undefined;
        rows[`${name}, ${roundTrip} ms, ${mode}`] = { ...summary(gaps), "note's b2": note };
      }
    }
    await agent.getByRole("button", { name: "End session" }).click();
    await agent.getByRole("button", { name: "Close", exact: true }).click();
  }
  console.log("The agent's side hears nothing for so long over a navigation:");
  console.table(rows);
  site.kill();
  await node.close();
}

async function inChromium(shop, node) {
  const browser = await chromiumAt(lab, "visitor", [node.url, shop]);
  const context = await newContext(browser, { width: 1280, height: 800 });
  await context.addInitScript(openShadows);
  const page = await context.newPage();
  await page.goto(shop);
  await page.getByRole("button", { name: /^Talk to us/ }).click();
  const run = (script, argument) => page.evaluate(script, argument);
  const until = (script, argument) => page.waitForFunction(script, argument);
  return { page: { run, until }, close: () => browser.close() };
}

async function inFirefox(shop) {
  const browser = await launchFirefoxInside(lab, "visitor");
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(openShadows);
  await page.goto(shop);
  await page.waitForFunction(() =>
    document.querySelector("isession-panel")?.shadowRoot.querySelector("button[data-known]"),
  );
  await page.evaluate(() =>
    document.querySelector("isession-panel").shadowRoot.querySelector("button").click(),
  );
  const run = (script, argument) => page.evaluate(script, argument);
  const until = (script, argument) => page.waitForFunction(script, { timeout: 20_000 }, argument);
  return { page: { run, until }, close: () => browser.close() };
}

/** One navigation, out of the middle of a conversation. */
async function travel(agent, page, mode) {
  await page.until((mode) => {
    const kept = JSON.parse(localStorage.getItem("isession:visit:demo") ?? "null");
    const root = document.querySelector("isession-panel")?.shadowRoot;
    const open = root?.querySelector('[data-state="open"]');
    return open && root.querySelector("textarea") && (mode !== "b2" || kept?.talk?.next);
  }, mode);
  const gap = agent.evaluate(() => window.nextGap());
  const [ms] = await Promise.all([gap, page.run(leave, mode)]);
  return ms;
}

/** Talks on while the page is left for the other; runs in the visitor's page. */
function leave(mode) {
  addEventListener("pagehide", () => {
    const kept = JSON.parse(localStorage.getItem("isession:visit:demo"));
    if (mode === "a") {
      delete kept.talk;
    } else if (mode === "b1") {
      kept.talk.next = null;
    }
    localStorage.setItem("isession:visit:demo", JSON.stringify(kept));
  });
  const root = document.querySelector("isession-panel").shadowRoot;
  const send = [...root.querySelectorAll("button")].find(
    ({ textContent }) => textContent === "Send",
  );
  let words = 0;
  setInterval(() => {
    words += 1;
    root.querySelector("textarea").value = `${words}`;
    send.click();
    if (words === 4) {
      location.href = location.pathname === "/" ? "/cart" : "/";
    }
  }, 50);
}

/** Listens to every `talk` channel; runs in the agent's page. */
function hearTalk() {
  let current = null;
  let last = 0;
  let told = () => {};
  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (label, ...rest) {
    const channel = create.call(this, label, ...rest);
    if (label === "talk") {
      channel.addEventListener("message", () => {
        const now = performance.now();
        if (channel !== current) {
          current = channel;
          told(now - last);
        }
        last = now;
      });
    }
    return channel;
  };
  window.nextGap = () =>
    new Promise((resolve) => {
      told = resolve;
    });
}

function summary(gaps) {
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.floor((sorted.length - 1) * share)]);
  return { "median ms": at(0.5), "p95 ms": at(0.95), rounds: gaps.length };
}
