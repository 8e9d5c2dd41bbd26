// When both sides may only use the relay, the node's own TURN carries the channel.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startNode } from "../node.mjs";
import { connected, heard, launchChromium, say, session } from "../people.mjs";

let node;
let browser;

before(async () => {
  node = await startNode();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await node?.close();
});

test("two browsers that may only relay talk through the node's relay", async () => {
  const transport = "?transport=relay";
  const { agent, companion, close } = await session(browser, node, {
    agentQuery: transport,
    visitorQuery: transport,
    path: /relayed \(UDP\)/,
  });
  await say(companion, "Through the relay");
  await heard(agent, "Through the relay");
  await connected(agent, companion, /relayed \(UDP\)/);
  const metrics = await node.metrics();
  assert.match(metrics, /isession_session_paths\{path="relayed_udp"\} [1-9]/);
  assert.match(metrics, /isession_turn_allocations_live\{transport="udp"\} [1-9]/);
  assert.match(metrics, /isession_turn_bytes_to_peers_total [1-9]/);
  await close();
});
