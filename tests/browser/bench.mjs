// Bytes that a visitor loads, and what people wait for, on this machine:
//
//   cargo xtask bench

import { readdir, readFile } from "node:fs/promises";
import { brotliCompressSync } from "node:zlib";
import { median, percentile } from "./figures.mjs";
import { measureMirror } from "./mirror.bench.mjs";
import { startNode } from "./node.mjs";
import { agentAtWork, launchChromium, peersAre, visitorFromShop } from "./people.mjs";
import { measurePointer } from "./pointer.bench.mjs";
import { runExample } from "./programs.mjs";

const ROUNDS = 20;

const dist = new URL("../../web/dist/", import.meta.url);
const load = async (path) => readFile(new URL(path, dist));
const brotli = (...files) => files.reduce((sum, file) => sum + brotliCompressSync(file).length, 0);

const page = (await load("companion.html")).toString();
const parts = [...page.matchAll(/(?:src|href)="\/?(assets\/[^"]+)"/g)].map(([, path]) => path);
const others = (await readdir(new URL("assets/", dist))).length;
print("launcher", brotli(await load("launcher.js")), "bytes, brotli (goal: 3072)");
const files = await Promise.all(["companion.html", ...parts].map(load));
const first = brotli(...files);
print(
  "companion, before the queue shows",
  first,
  `bytes, brotli, page and ${parts.length} of ${others} assets (goal: 15360)`,
);
const [[talking]] = files.join("").matchAll(/assets\/talking-[^"`']+\.js/g);
print("companion, before somebody talks", first + brotli(await load(talking)), "bytes, brotli");

const node = await startNode({
  set: [
    "limits.connections_per_minute=10000",
    "limits.requests_per_minute=100000",
    "limits.logins_per_minute=1000",
  ],
});
const browser = await launchChromium();
try {
  const agent = await agentAtWork(browser, node);
  await measureVisitors(agent);
  await measurePrograms(agent);
  await measureMirror(browser, node, print);
  await agent.context().close();
  await measurePointer(browser, node, print);
} finally {
  await browser.close();
  await node.close();
}

async function measureVisitors(agent) {
  const [setup, leads] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { companion, context } = await visitorFromShop(browser, node);
    setup.push(await acceptTakes(agent));
    await companion
      .getByRole("status", { name: "Connection" })
      .filter({ hasText: /direct/i })
      .waitFor();
    await agent.getByRole("textbox", { name: "Address" }).fill(`${node.sites.shop}/cart`);
    await agent.getByRole("button", { name: "Lead", exact: true }).click();
    await companion.getByRole("checkbox", { name: "Allow for this session" }).check();
    await companion.getByRole("button", { name: "Go", exact: true }).click();
    await agent
      .getByRole("status", { name: "Lead status" })
      .filter({ hasText: /landed/i })
      .waitFor();
    leads.push(await leadTakes(agent, `${node.sites.shop}/`));
    await endSession(agent);
    await context.close();
  }
  report("Accept to open channel, Chromium to Chromium", setup);
  report("lead sent to landing reported, allowed for the session", leads);
}

async function measurePrograms(agent) {
  const setup = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const visitor = runExample("visitor", [node.url, "demo"]);
    // As people answer: the two have connected while it rang.
    await peersAre(agent, "connected", 1);
    setup.push(await acceptTakes(agent));
    await visitor.said(/^open /);
    await endSession(agent);
    await visitor.stop();
  }
  report("Accept to open channel, Chromium to SDK", setup);
}

async function endSession(agent) {
  await agent.getByRole("button", { name: "End session" }).click();
  await agent.getByRole("button", { name: "Close", exact: true }).click();
}

/** Milliseconds from the click on Accept until the console shows the path. */
async function acceptTakes(agent) {
  await agent.getByRole("button", { name: "Accept" }).first().waitFor();
  return agent.evaluate(
    () =>
      new Promise((resolve) => {
        const accept = [...document.querySelectorAll("button")].find(
          (button) => button.textContent.trim() === "Accept",
        );
        const start = performance.now();
        const observer = new MutationObserver(() => {
          const status = document.querySelector('[role="status"][aria-label="Connection"]');
          if (status?.dataset.state === "open") {
            observer.disconnect();
            resolve(performance.now() - start);
          }
        });
        observer.observe(document, {
          subtree: true,
          childList: true,
          attributes: true,
        });
        accept.click();
      }),
  );
}

/** Milliseconds from the click on Lead until the console shows the landing. */
async function leadTakes(agent, url) {
  await agent.getByRole("textbox", { name: "Address" }).fill(url);
  return agent.evaluate(
    () =>
      new Promise((resolve) => {
        const status = () =>
          document.querySelector('[role="status"][aria-label="Lead status"]').textContent;
        const before = status();
        const lead = [...document.querySelectorAll("button")].find(
          (button) => button.textContent.trim() === "Lead",
        );
        const start = performance.now();
        let left = false;
        const observer = new MutationObserver(() => {
          left ||= status() !== before;
          if (left && /landed/i.test(status())) {
            observer.disconnect();
            resolve(performance.now() - start);
          }
        });
        observer.observe(document, {
          subtree: true,
          childList: true,
          characterData: true,
        });
        lead.click();
      }),
  );
}

function report(what, times) {
  const p95 = percentile(times, 95).toFixed(0);
  print(what, median(times).toFixed(0), `ms median, ${p95} ms p95, of ${times.length}`);
}

function print(what, number, unit) {
  console.log(`${what}: ${number} ${unit}`);
}
