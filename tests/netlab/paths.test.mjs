// Whatever stands between two people, the best path that there is gets found, both are told the
// truth about it, and messages arrive both ways.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { find, launchFirefoxInside, press, reads, status } from "../browser/firefox.mjs";
import { accept, agentAtWork, connection, heard, say } from "../browser/people.mjs";
import { runExample } from "../browser/programs.mjs";
import { chromiumAt, startCloud, visitorOf } from "./cloud.mjs";
import { openLab, whyNoLab } from "./lab.mjs";

/** What a side reads in its status, and the word that the SDK uses. */
const DIRECT = { text: "direct", word: "Direct" };
const UDP = { text: "relayed (UDP)", word: "RelayedUdp" };

/**
 * The visitor's and the agent's NAT, and the path. A symmetric NAT facing a full cone is no
 * obstacle: the cone's address takes packets from the port that nobody could foretell.
 */
const NETWORKS = [
  { name: "no NAT", visitor: "none", agent: "none", path: DIRECT },
  { name: "full cone both", visitor: "full_cone", agent: "full_cone", path: DIRECT },
  { name: "port-restricted both", visitor: "restricted", agent: "restricted", path: DIRECT },
  { name: "symmetric and full cone", visitor: "symmetric", agent: "full_cone", path: DIRECT },
  { name: "symmetric and restricted", visitor: "symmetric", agent: "restricted", path: UDP },
  { name: "symmetric both", visitor: "symmetric", agent: "symmetric", path: UDP },
];

const skip = whyNoLab() ?? false;
const table = [];
let lab;
let node;
let agents;
let visitors;
let firefox;
let firefoxAddress;

before(async () => {
  if (skip) {
    return;
  }
  lab = await openLab();
  node = await startCloud(lab);
  [agents, visitors] = await Promise.all([
    chromiumAt(lab, "agent", [node.url]),
    chromiumAt(lab, "visitor", [node.url]),
  ]);
});

after(async () => {
  if (table.length > 0) {
    console.table(Object.fromEntries(table.map(({ network, ...row }) => [network, row])));
  }
  await Promise.all([agents?.close(), visitors?.close(), firefox?.close()]);
  await node?.close();
  await lab?.close();
});

for (const network of NETWORKS) {
  describe(network.name, { skip }, () => {
    const row = { network: network.name };
    let agent;

    before(async () => {
      await Promise.all([lab.nat("visitor", network.visitor), lab.nat("agent", network.agent)]);
      agent = await agentAtWork(agents, node);
      table.push(row);
    });

    after(() => agent?.context().close());

    for (const [name, visit] of Object.entries({ Chromium: chromium, Firefox: gecko, SDK: sdk })) {
      test(`${name} visitor, Chromium agent: ${network.path.text}`, async () => {
        row[name] = "failed";
        const started = performance.now();
        const leave = await visit(agent, network.path);
        row[name] = `${network.path.text}, ${Math.round(performance.now() - started)} ms`;
        await agent.getByRole("button", { name: "End session" }).click();
        await agent.getByRole("button", { name: "Close", exact: true }).click();
        await leave();
      });
    }
  });
}

async function chromium(agent, path) {
  const { companion, context } = await visitorOf(visitors, node);
  await accept(agent);
  await Promise.all([onPath(agent, path), onPath(companion, path)]);
  await say(companion, "From the visitor");
  await heard(agent, "From the visitor");
  await say(agent, "From the agent");
  await heard(companion, "From the agent");
  return () => context.close();
}

async function gecko(agent, path) {
  const companion = await (await firefoxHere()).newPage();
  await companion.goto(`${node.url}/go/demo`);
  await status(companion, "Queue position", "number 1");
  await accept(agent);
  const escaped = path.text.replace(/[()]/g, "\\$&");
  await Promise.all([onPath(agent, path), status(companion, "Connection", escaped)]);
  await (await find(companion, "textbox", "Message")).type("From the visitor");
  await press(companion, "button", "Send");
  await heard(agent, "From the visitor");
  await say(agent, "From the agent");
  await reads(companion, "From the agent");
  return async () => {
    // One that was closed before it heard of the end would take the visit up again.
    await find(companion, "button", "Start again");
    await companion.close();
  };
}

async function sdk(agent, path) {
  const visitor = runExample("visitor", [node.url, "demo"], { inside: lab.inside("visitor") });
  await visitor.said(/^number 1 of 1/);
  await accept(agent);
  const [open] = await Promise.all([visitor.said(/^open /), onPath(agent, path)]);
  assert.equal(open, `open ${path.word}`);
  visitor.input("From the visitor");
  await heard(agent, "From the visitor");
  await say(agent, "From the agent");
  await visitor.said(/^agent: From the agent$/);
  return () => visitor.stop();
}

/** A Firefox that was started at the visitor's address: it hangs on to connections of an old one. */
async function firefoxHere() {
  const { address } = lab.place("visitor");
  if (address !== firefoxAddress) {
    await firefox?.close();
    firefox = await launchFirefoxInside(lab, "visitor");
    firefoxAddress = address;
  }
  return firefox;
}

async function onPath(page, path) {
  await connection(page, path.text);
}
