// What a session lives through, with nothing lost, doubled or out of order: reloads and crashes of
// pages, a node that is killed and comes back, a node that stays away, and two of these at once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startNode } from "../node.mjs";
import { connected, connection, heard, launchChromium, say, session } from "../people.mjs";

let node;
let browser;

before(async () => {
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
});

/** The texts of a conversation, in the order shown. */
const texts = (page) =>
  page.getByRole("log", { name: "Conversation" }).locator("li p").allInnerTexts();

/** Both sides have these texts, each once; each side's own order holds on both. */
async function bothHave(agent, companion, said) {
  for (const page of [agent, companion]) {
    for (const text of [...said.agent, ...said.visitor]) {
      await heard(page, text);
    }
    const shown = await texts(page);
    for (const side of [said.agent, said.visitor]) {
      assert.deepEqual(
        shown.filter((text) => side.includes(text)),
        side,
        "each once, and in order",
      );
    }
  }
}

/** Says a round on both sides, while whatever happened is not mended yet. */
async function round(agent, companion, said, name) {
  for (const [side, page] of [
    ["agent", agent],
    ["visitor", companion],
  ]) {
    const text = `${name} ${side}`;
    said[side].push(text);
    await say(page, text);
  }
}

const faults = {
  "the companion is reloaded": async ({ companion }) => {
    await companion.reload();
  },
  "the console is reloaded": async ({ agent }) => {
    await agent.reload();
  },
  "the node is killed and comes back": async ({ node }) => {
    await node.stop("SIGKILL");
    await node.start();
  },
  "the node is killed, and both pages are gone until it is back": async ({
    node,
    agent,
    companion,
  }) => {
    await node.stop("SIGKILL");
    await Promise.all([agent.goto("about:blank"), companion.goto("about:blank")]);
    await node.start();
    await Promise.all([agent.goto(`${node.url}/console`), companion.goto(`${node.url}/go/demo`)]);
  },
  "both pages are reloaded at once": async ({ agent, companion }) => {
    await Promise.all([agent.reload(), companion.reload()]);
  },
  "the companion is gone while the node is killed": async ({ node, companion }) => {
    await node.stop("SIGKILL");
    await companion.goto("about:blank");
    await node.start();
    await companion.goto(`${node.url}/go/demo`);
  },
};

for (const [name, fault] of Object.entries(faults)) {
  test(name, async () => {
    node = await startNode();
    try {
      const { agent, companion, shop } = await session(browser, node);
      const said = { agent: [], visitor: [] };
      await round(agent, companion, said, "before");
      await fault({ node, agent, companion });
      await round(agent, companion, said, "after");
      await connected(agent, companion);
      await bothHave(agent, companion, said);
      await agent.context().close();
      await shop.context().close();
    } finally {
      await node.close();
    }
  });
}

test("a node that stays away is not missed", async () => {
  node = await startNode();
  try {
    const { agent, companion, shop } = await session(browser, node);
    const said = { agent: [], visitor: [] };
    await round(agent, companion, said, "before");
    await node.stop("SIGKILL");
    await round(agent, companion, said, "without a node");
    await bothHave(agent, companion, said);
    await connection(agent, /direct/i);
    // And it ends on both sides by the channel alone.
    await companion.getByRole("button", { name: "End session" }).click();
    await connection(agent, /ended/i);
    await agent.context().close();
    await shop.context().close();
  } finally {
    await node.close();
  }
});
