// When both sides may only use the relay, the node's own TURN carries the channel: over UDP, and
// where that does not get through, by the port that pages come by.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newCertificate } from "../certificate.mjs";
import { startNode } from "../node.mjs";
import { connected, heard, launchChromium, say, session } from "../people.mjs";

/** A machine on which nothing listens stands for one whose UDP is swallowed. */
const WITHOUT_UDP = "turn.host=127.0.0.2";

let certificate;
let browser;

before(async () => {
  certificate = await newCertificate();
  browser = await launchChromium({ args: [certificate.trust] });
});

after(async () => {
  await browser?.close();
  await certificate?.close();
});

for (const [transport, options] of [
  ["UDP", {}],
  ["TCP", { set: [WITHOUT_UDP] }],
  ["TLS", { set: [WITHOUT_UDP, "turn.tcp=off"] }],
]) {
  test(`two browsers that may only relay talk through the node's relay over ${transport}`, async () => {
    const tls = transport === "TLS" ? certificate : undefined;
    const node = await startNode({ ...options, tls });
    try {
      await talk(node, transport);
    } finally {
      await node.close();
    }
  });
}

async function talk(node, transport) {
  const query = "?transport=relay";
  const path = new RegExp(`relayed \\(${transport}\\)`);
  const { agent, companion, close } = await session(browser, node, {
    agentQuery: query,
    visitorQuery: query,
    path,
  });
  await say(companion, "Through the relay");
  await heard(agent, "Through the relay");
  await connected(agent, companion, path);
  const metrics = await node.metrics();
  const name = transport.toLowerCase();
  assert.match(metrics, new RegExp(`isession_session_paths\\{path="relayed_${name}"\\} [1-9]`));
  assert.match(
    metrics,
    new RegExp(`isession_turn_allocations_live\\{transport="${name}"\\} [1-9]`),
  );
  assert.match(metrics, /isession_turn_bytes_to_peers_total [1-9]/);
  await close();
}
