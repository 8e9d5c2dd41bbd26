// While it rings the two connect, and the accept finds them connected. Nobody hears anything
// before it, and whoever does not win is cut off.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startNode } from "../node.mjs";
import {
  accept,
  agentAtWork,
  agentAtWorkIn,
  connected,
  connection,
  heard,
  newContext,
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

/** What a page and the node tell each other, and when the page is brought an offer. */
function overhear(page) {
  const frames = [];
  const offered = new Promise((resolve) => {
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => frames.push(payload));
      socket.on("framereceived", ({ payload }) => {
        frames.push(payload);
        if (payload.includes('"role":"offer"')) {
          resolve(payload);
        }
      });
    });
  });
  return { page, frames, offered };
}

/** What finds somebody's address, tells it or opens a relay. */
const TELLING = /candidate|username|credential|turns?:|stuns?:/;

/** How far a page's connections are with their addresses. */
const gathering = (page) =>
  page.evaluate(() =>
    window.peers.map((pc) => [pc.iceGatheringState, pc.localDescription && "described"]),
  );

test("where nothing may connect before the accept, an offer without an address waits for it", async () => {
  const strict = await startNode({ agents: ["ada", "ben"], preconnect: "off" });
  try {
    const agents = [];
    for (const login of ["ada", "ben"]) {
      const context = await newContext(browser);
      context.once("page", (page) => agents.push(overhear(page)));
      await agentAtWorkIn(context, strict, login);
    }
    const context = await newContext(browser);
    const visitor = overhear(await context.newPage());
    await visitor.page.goto(`${strict.url}/go/demo`);
    const offers = await Promise.all(agents.map(({ offered }) => offered));

    const everybody = [visitor, ...agents];
    assert.doesNotMatch(everybody.flatMap(({ frames }) => frames).join("\n"), TELLING);
    for (const offer of offers) {
      // What stands where addresses would (RFC 8829, section 5.2.1).
      const addresses = offer.match(/(?<=IP[46] )[0-9a-f.:]+/g);
      assert.deepEqual(addresses, ["127.0.0.1", "0.0.0.0"]);
    }
    const nothing = ["new", null];
    assert.deepEqual(await gathering(visitor.page), [nothing, nothing]);
    assert.deepEqual((await Promise.all(agents.map(({ page }) => gathering(page)))).flat(), []);

    const [ada, ben] = agents;
    await accept(ada.page);
    await connected(ada.page, visitor.page);
    await say(ada.page, "by the offer that waited");
    await heard(visitor.page, "by the offer that waited");
    await peersAre(visitor.page, "closed", 1);
    assert.equal((await gathering(visitor.page)).length, 2);
    assert.equal((await gathering(ada.page)).length, 1);
    assert.match(ada.frames.join("\n"), TELLING);
    assert.doesNotMatch(ben.frames.join("\n"), TELLING);
    for (const { page } of everybody) {
      await page.context().close();
    }
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
