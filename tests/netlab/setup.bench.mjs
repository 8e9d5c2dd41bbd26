// From "the agent clicks Accept" to "the visitor reads the agent's first message", said in that very
// click, and to "both sides can write". Far apart: 25 ms for each way of each leg, so 50 ms to the
// node and back and 100 ms from one to the other and back, without loss. iSession, measured in what
// people see, beside a textbook flow and PeerJS on pages that show nothing, in turns, in one run:
//
//   cargo xtask bench

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { median } from "../browser/figures.mjs";
import { accept, agentAtWork, connected, talkIsOpen } from "../browser/people.mjs";
import { chromiumAt, startCloud, visitorOf } from "./cloud.mjs";
import { openLab, whyNoLab } from "./lab.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 20);
const LEG = 25;
const PEER_ROUND_TRIP = 4 * LEG;
const ONE_WAY = 2 * LEG;
/** What a page may add to one way before the first message is there. */
const GOAL = 10;
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
  const agent = await agentAtWork(browsers[0], node);
  const stun = `stun:${relay}:3478`;
  const flows = [
    ...["direct", "relay", "off"].map((preconnect) => ({
      name: `iSession, preconnect ${preconnect}`,
      round: isession(node, agent, preconnect),
    })),
    { name: "textbook", round: rival(`${origins[1]}/textbook.html`, stun) },
    { name: "PeerJS", round: rival(`${origins[1]}/peerjs.html`, stun) },
  ];
  const times = Object.fromEntries(flows.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, round: once } of flows) {
      times[name].push(await once(round));
    }
  }
  console.log(
    `From Accept on, behind NATs (${NAT}), ${PEER_ROUND_TRIP} ms from peer to peer and back. Goal: the
first message after one way and ${GOAL} ms, ${ONE_WAY + GOAL} ms. Textbook and PeerJS run without any interface.`,
  );
  console.table(Object.fromEntries(flows.map(({ name }) => [name, summary(times[name])])));
  rivals.kill();
  await node.close();
}

/** An agent at work, a new visitor each round, and what the site allows while it rings. */
function isession(node, agent, preconnect) {
  return async () => {
    await node.change("--preconnect", preconnect);
    const { companion, context } = await visitorOf(browsers[1], node);
    await agent.getByRole("alert", { name: "Incoming visitor" }).waitFor();
    if (preconnect !== "off") {
      // People take longer to answer than this takes.
      await Promise.all([agent, companion].map(talkIsOpen));
    }
    const opened = await Promise.all([agent, companion].map(watchOpening));
    const heard = await watchFirstMessage(companion);
    await agent.evaluate(sayAtAccept);
    await accept(agent);
    const started = await agent.evaluate(() => window.acceptedAt);
    const [a, v, first] = await Promise.all(
      [...opened, heard].map((watch) => watch.evaluate(({ at }) => at)),
    );
    await connected(agent, companion);
    await agent.getByRole("button", { name: "End session" }).click();
    await agent.getByRole("button", { name: "Close", exact: true }).click();
    await context.close();
    return { agent: a - started, visitor: v - started, first: first - started };
  };
}

/** Says something as soon as the click on Accept brings a box to write in; runs in the page. */
function sayAtAccept() {
  const say = () => {
    const box = document.querySelector('textarea[aria-label="Message"]');
    if (box) {
      box.value = "Hello";
      box.parentElement.querySelector("button").click();
    }
    return box;
  };
  const accepted = () => {
    const observer = new MutationObserver(() => say() && observer.disconnect());
    observer.observe(document, { subtree: true, childList: true });
    return Date.now();
  };
  window.acceptedAt = new Promise((resolve) => {
    const clicked = () => resolve(accepted());
    document.addEventListener("click", clicked, { once: true, capture: true });
  });
}

/** When a page shows the first message of the other side. */
function watchFirstMessage(page) {
  return page.evaluateHandle(() => ({
    at: new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (document.querySelector('[role="log"] li.message.theirs')) {
          observer.disconnect();
          resolve(Date.now());
        }
      });
      observer.observe(document, { subtree: true, childList: true });
    }),
  }));
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

/** A flow whose pages tell by themselves when they accepted, opened and heard the first message. */
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
    const first = await visitor.evaluate(() => window.heard);
    await Promise.all([agent.close(), visitor.close()]);
    return { agent: a - started, visitor: v - started, first: first - started };
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
  const of = (pick) => median(times.map(pick));
  const both = of(({ agent, visitor }) => Math.max(agent, visitor));
  const first = of(({ first }) => first);
  return {
    "first message ms": first,
    "beyond one way ms": first - ONE_WAY,
    "agent open ms": of(({ agent }) => agent),
    "visitor open ms": of(({ visitor }) => visitor),
    "both open ms": both,
    "peer round trips": Number((both / PEER_ROUND_TRIP).toFixed(2)),
    rounds: times.length,
  };
}
