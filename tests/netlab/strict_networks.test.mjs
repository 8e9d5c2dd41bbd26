// Where a network lets no UDP through, the two are relayed by the port that pages come by: over
// TCP, and within TLS where nothing else passes. Each side is told its own way to the relay.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { newCertificate } from "../browser/certificate.mjs";
import { find, launchFirefoxInside, press, reads, status } from "../browser/firefox.mjs";
import { accept, agentAtWork, connection, heard, say } from "../browser/people.mjs";
import { runExample } from "../browser/programs.mjs";
import { chromiumAt, startCloud, visitorOf } from "./cloud.mjs";
import { openLab, whyNoLab } from "./lab.mjs";

const UDP = { text: "relayed (UDP)" };
const TCP = { text: "relayed (TCP)", word: "RelayedTcp" };
const TLS = { text: "relayed (TLS)", word: "RelayedTls" };

/**
 * The visitor's and the agent's network, how the node is set, and the way of each side. A node
 * whose `turn.tcp` is off stands for networks that look into what goes to port 443.
 */
const NETWORKS = [
  {
    name: "UDP blocked, restricted",
    nats: ["udp_blocked", "restricted"],
    visitor: TCP,
    agent: UDP,
  },
  { name: "UDP blocked both", nats: ["udp_blocked", "udp_blocked"], visitor: TCP, agent: TCP },
  {
    name: "only TLS to 443, restricted",
    nats: ["only443", "restricted"],
    set: ["turn.tcp=off"],
    visitor: TLS,
    agent: UDP,
  },
  {
    name: "only TLS to 443 both",
    nats: ["only443", "only443"],
    set: ["turn.tcp=off"],
    visitor: TLS,
    agent: TLS,
  },
];

const skip = whyNoLab() ?? false;
const table = [];
let lab;
let certificate;

before(async () => {
  if (!skip) {
    lab = await openLab();
    certificate = await newCertificate("help.lab");
    await lab.name({ [certificate.host]: lab.place("cloud").addresses[0] });
  }
});

after(async () => {
  if (table.length > 0) {
    console.table(Object.fromEntries(table.map(({ network, ...row }) => [network, row])));
  }
  await lab?.close();
  await certificate?.close();
});

for (const network of NETWORKS) {
  describe(network.name, { skip }, () => {
    const row = { network: network.name };
    let node;
    let agents;
    let visitors;
    let agent;

    before(async () => {
      await Promise.all(["visitor", "agent"].map((who, i) => lab.nat(who, network.nats[i])));
      node = await startCloud(lab, { set: network.set ?? [], tls: certificate });
      [agents, visitors] = await Promise.all(
        ["agent", "visitor"].map((who) => chromiumAt(lab, who, [node.url], [certificate.trust])),
      );
      agent = await agentAtWork(agents, node);
      table.push(row);
    });

    after(async () => {
      await Promise.all([agents?.close(), visitors?.close()]);
      await node?.close();
    });

    for (const [name, visit] of Object.entries({ Chromium: chromium, Firefox: gecko, SDK: sdk })) {
      test(`${name} visitor ${network.visitor.text}, Chromium agent ${network.agent.text}`, async () => {
        row[name] = "failed";
        await visit({ node, agent, visitors, path: network.visitor, agentsPath: network.agent });
        row[name] = `${network.visitor.text} / ${network.agent.text}`;
        await agent.getByRole("button", { name: "End session" }).click();
        await agent.getByRole("button", { name: "Close", exact: true }).click();
      });
    }
  });
}

async function chromium({ node, agent, visitors, path, agentsPath }) {
  const { companion, context } = await visitorOf(visitors, node);
  await accept(agent);
  await Promise.all([connection(agent, agentsPath.text), connection(companion, path.text)]);
  await say(companion, "From the visitor");
  await heard(agent, "From the visitor");
  await say(agent, "From the agent");
  await heard(companion, "From the agent");
  await context.close();
}

async function gecko({ node, agent, path, agentsPath }) {
  const firefox = await launchFirefoxInside(lab, "visitor", {}, certificate.authority);
  const companion = await firefox.newPage();
  await companion.goto(`${node.url}/go/demo`);
  await status(companion, "Queue position", "number 1");
  await accept(agent);
  const escaped = path.text.replace(/[()]/g, "\\$&");
  await Promise.all([connection(agent, agentsPath.text), status(companion, "Connection", escaped)]);
  await (await find(companion, "textbox", "Message")).type("From the visitor");
  await press(companion, "button", "Send");
  await heard(agent, "From the visitor");
  await say(agent, "From the agent");
  await reads(companion, "From the agent");
  await firefox.close();
}

async function sdk({ node, agent, path, agentsPath }) {
  const words = [node.url, "demo", "Grace", certificate.authority];
  const program = runExample("visitor", words, { inside: lab.inside("visitor") });
  await program.said(/^number 1 of 1/);
  await accept(agent);
  const [open] = await Promise.all([program.said(/^open /), connection(agent, agentsPath.text)]);
  assert.equal(open, `open ${path.word}`);
  program.input("From the visitor");
  await heard(agent, "From the visitor");
  await say(agent, "From the agent");
  await program.said(/^agent: From the agent$/);
  await program.stop();
}
