// From "the agent clicks Accept" to "both sides can write", far apart: 25 ms for each way of each
// leg, so 50 ms to the node and back and 100 ms from one to the other and back, without loss.
// iSession beside a textbook flow and PeerJS, in turns, in one run:
//
//   cargo xtask bench

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { accept, agentAtWork, connected } from "../browser/people.mjs";
import { chromiumAt, startCloud, visitorOf } from "./cloud.mjs";
import { openLab, whyNoLab } from "./lab.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 20);
const LEG = 25;
const PEER_ROUND_TRIP = 4 * LEG;
/** What most homes have. */
const NAT = process.env.NAT ?? "restricted";

const why = whyNoLab();
if (why) {
  console.log(`setup bench skipped: ${why}`);
  process.exit();
}

const lab = await openLab();
const browsers = [];
try {
  await bench();
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
  await lab.close();
}

async function bench() {
  for (const leg of ["visitor", "agent"]) {
    await lab.shape(leg, { delay_ms: LEG });
    await lab.nat(leg, NAT);
  }
  const node = await startCloud(lab);
  const [pages, relay] = lab.place("cloud").addresses;
  const rivals = await startRivals(pages);
  const origins = [node.url, `http://${pages}:8080`];
  for (const who of ["agent", "visitor"]) {
    browsers.push(await chromiumAt(lab, who, origins));
  }
  const stun = `stun:${relay}:3478`;
  const flows = [
    { name: "iSession", round: await isession(node) },
    { name: "textbook", round: rival(`${origins[1]}/textbook.html`, stun) },
    { name: "PeerJS", round: rival(`${origins[1]}/peerjs.html`, stun) },
  ];
  const times = Object.fromEntries(flows.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, round: once } of flows) {
      times[name].push(await once(round));
    }
  }
  console.log(`Accept to usable, behind NATs (${NAT}), ${PEER_ROUND_TRIP} ms between the peers:`);
  console.table(Object.fromEntries(flows.map(({ name }) => [name, summary(times[name])])));
  rivals.kill();
  await node.close();
}

/** One site's flow: an agent at work, and a new visitor each round. */
async function isession(node) {
  const agent = await agentAtWork(browsers[0], node);
  return async () => {
    const { companion, context } = await visitorOf(browsers[1], node);
    await agent.getByRole("alert", { name: "Incoming visitor" }).waitFor();
    const opened = await Promise.all([agent, companion].map(watchOpening));
    await agent.evaluate(() => {
      window.acceptedAt = new Promise((resolve) => {
        const clicked = () => resolve(Date.now());
        document.addEventListener("click", clicked, { once: true, capture: true });
      });
    });
    await accept(agent);
    const started = await agent.evaluate(() => window.acceptedAt);
    const ends = await Promise.all(opened.map((watch) => watch.evaluate(({ at }) => at)));
    await connected(agent, companion);
    await agent.getByRole("button", { name: "End session" }).click();
    await agent.getByRole("button", { name: "Close", exact: true }).click();
    await context.close();
    return { agent: ends[0] - started, visitor: ends[1] - started };
  };
}

/** When a page's connection is shown as open. */
function watchOpening(page) {
  return page.evaluateHandle(() => ({
    at: new Promise((resolve) => {
      const look = () => {
        const status = document.querySelector('[role="status"][aria-label="Connection"]');
        if (status?.dataset.state === "open") {
          observer.disconnect();
          resolve(Date.now());
        }
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, attributes: true });
      look();
    }),
  }));
}

/** A flow whose pages tell by themselves when they accepted and when they opened. */
function rival(url, stun) {
  return async (round) => {
    const open = async (browser, me, other) => {
      const page = await browser.newPage();
      await page.goto(`${url}?${new URLSearchParams({ me, other, stun })}`);
      await page.evaluate(() => window.ready.then(() => {}));
      return page;
    };
    const names = [`agent-${round}`, `visitor-${round}`];
    const [agent, visitor] = await Promise.all([
      open(browsers[0], ...names),
      open(browsers[1], ...names.toReversed()),
    ]);
    const started = await agent.evaluate(() => window.accept());
    const [a, v] = await Promise.all([agent, visitor].map((p) => p.evaluate(() => window.opened)));
    await Promise.all([agent.close(), visitor.close()]);
    return { agent: a - started, visitor: v - started };
  };
}

async function startRivals(address) {
  const server = fileURLToPath(new URL("rivals/server.mjs", import.meta.url));
  const rivals = lab.run("cloud", process.execPath, [server, address], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(rivals.stdout, "data");
  return rivals;
}

function summary(times) {
  const median = (pick) => {
    const sorted = times.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  };
  const both = median(({ agent, visitor }) => Math.max(agent, visitor));
  return {
    "agent ms": median(({ agent }) => agent),
    "visitor ms": median(({ visitor }) => visitor),
    "both ms": both,
    "peer round trips": Number((both / PEER_ROUND_TRIP).toFixed(2)),
    rounds: times.length,
  };
}
