// While it rings the two connect, and the accept finds them connected. Nobody hears anything
// before it, and whoever does not win is cut off.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startNode } from "../node.mjs";
import {
  accept,
  agentAtWork,
  connected,
  connection,
  heard,
  peersAre,
  say,
  session,
  visitorFromShop,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode({ agents: ["ada", "ben"] });

/** The kinds of candidates of a page's connected pairs. */
const paths = (page) =>
  page.evaluate(async () => {
    const kinds = [];
    for (const pc of window.peers.filter((pc) => pc.connectionState === "connected")) {
      const stats = await pc.getStats();
      const transport = [...stats.values()].find(({ type }) => type === "transport");
      const pair = stats.get(transport.selectedCandidatePairId);
      kinds.push(stats.get(pair.localCandidateId).candidateType);
    }
    return kinds;
  });

test("one wins connected, with all that was said; the other is cut off and heard nothing", async () => {
  const ada = await agentAtWork(browser, node, "ada");
  const ben = await agentAtWork(browser, node, "ben");
  const { companion, context } = await visitorFromShop(browser, node);
  await say(companion, "written while it rang");
  await peersAre(companion, "connected", 2);
  await peersAre(ada, "connected", 1);
  await peersAre(ben, "connected", 1);
  assert.deepEqual(await paths(companion), ["relay", "relay"], "no address is given away");
  assert.equal(await ada.getByText("written while it rang").count(), 0);

  await accept(ada);
  await say(ada, "said at once");
  await heard(companion, "said at once");
  await heard(ada, "written while it rang");
  await peersAre(ben, "closed", 1);
  await peersAre(companion, "closed", 1);
  assert.equal(await ben.getByText("written while it rang").count(), 0);
  // The very connection that was there before the accept has found a direct path.
  await connected(ada, companion, /direct/i);
  assert.equal(await companion.evaluate(() => window.peers.length), 2);
  assert.equal(await ada.evaluate(() => window.peers.length), 1);
  await say(companion, "over the new path");
  await heard(ada, "over the new path");

  await companion.getByRole("button", { name: "End session" }).click();
  for (const person of [ada.context(), ben.context(), context]) {
    await person.close();
  }
});

test("a declined ring leaves no connection behind", async () => {
  const ada = await agentAtWork(browser, node, "ada");
  const { companion, context } = await visitorFromShop(browser, node);
  await peersAre(companion, "connected", 1);
  await ada.getByRole("button", { name: "Decline" }).click();
  await peersAre(companion, "closed", 1);
  await peersAre(ada, "closed", 1);
  await companion.getByRole("button", { name: "Leave" }).click();
  await ada.context().close();
  await context.close();
});

test("a site that wants nothing before the accept gets nothing", async () => {
  const strict = await startNode({ preconnect: "off" });
  try {
    const agent = await agentAtWork(browser, strict);
    const { companion, context } = await visitorFromShop(browser, strict);
    await agent.getByRole("alert", { name: "Incoming visitor" }).waitFor();
    assert.equal(await companion.evaluate(() => window.peers.length), 0);
    await accept(agent);
    await connected(agent, companion);
    await agent.context().close();
    await context.close();
  } finally {
    await strict.close();
  }
});

test("with direct paths allowed, the accept finds a direct one", async () => {
  const open = await startNode({ preconnect: "direct" });
  try {
    const { agent, companion, close } = await session(browser, open);
    await connection(companion, /direct/i);
    assert.equal(await agent.evaluate(() => window.peers.length), 1);
    await close();
  } finally {
    await open.close();
  }
});
