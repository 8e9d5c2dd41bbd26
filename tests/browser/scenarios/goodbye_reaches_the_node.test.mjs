// Goodbye goes from one to the other; the node hears of it, whoever of the two can reach it.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accept,
  agentAtWork,
  connected,
  connection,
  session,
  visitorFromShop,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

/** Waits until the node's metrics say this. */
async function untilMetric(line) {
  const late = AbortSignal.timeout(20_000);
  while (!(await node.metrics()).split("\n").includes(line)) {
    late.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("the agent's side tells of a goodbye that the visitor's side could not", async () => {
  const agent = await agentAtWork(browser, node);
  const { companion, context } = await visitorFromShop(browser, node);
  let cut = false;
  const sockets = [];
  await context.routeWebSocket(/\/v1\/visitor$/, (ws) => {
    if (cut) {
      ws.close();
    } else {
      sockets.push(ws, ws.connectToServer());
    }
  });
  await companion.reload();
  await accept(agent);
  await connected(agent, companion);
  await untilMetric("isession_sessions 1");
  cut = true;
  await Promise.all(sockets.map((ws) => ws.close()));
  await untilMetric('isession_sockets{role="visitor"} 0');
  await companion.getByRole("button", { name: "End session" }).click();
  await connection(agent, /ended/i);
  await untilMetric("isession_sessions 0");
  await agent.context().close();
  await context.close();
});

test("a visitor who ended while the node was away tells it afterwards", async () => {
  const { agent, companion, shop } = await session(browser, node);
  await node.stop("SIGKILL");
  await companion.getByRole("button", { name: "End session" }).click();
  await connection(agent, /ended/i);
  await node.start();
  await untilMetric('isession_visits_total{outcome="served"} 1');
  assert.match(await node.metrics(), /^isession_sessions 0$/m);
  await agent.context().close();
  await shop.context().close();
});
