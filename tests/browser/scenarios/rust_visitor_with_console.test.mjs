// A visitor that is a program, and an agent at the console in Chromium.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startNode } from "../node.mjs";
import {
  accept,
  agentAtWork,
  connection,
  heard,
  lead,
  leadStatus,
  peersAre,
  say,
} from "../people.mjs";
import { runExample } from "../programs.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();
let visitor;
after(() => visitor?.stop());

test("the console talks with the program and leads it", async () => {
  const agent = await agentAtWork(browser, node);
  visitor = runExample("visitor", [node.url, "demo", "Robin"]);
  await visitor.said(/^number 1 of 1/);
  const waiting = agent.getByRole("list", { name: "Waiting visitors" });
  await waiting.getByText("Robin").first().waitFor();
  await accept(agent);
  await connection(agent, /direct/i);
  await visitor.said(/^talking with Ada$/);

  visitor.input("Good day");
  await heard(agent, "Good day");
  await say(agent, "Hello Robin");
  await visitor.said(/^agent: Hello Robin$/);

  await lead(agent, "https://shop.example/returns");
  await visitor.said(/^go to https:\/\/shop\.example\/returns\?/);
  await leadStatus(agent, /shown/i);
  visitor.input("y");
  await leadStatus(agent, /landed/i);
  await lead(agent, "https://shop.example/other");
  await visitor.said(/^go to https:\/\/shop\.example\/other\?/);
  visitor.input("n");
  await leadStatus(agent, /declined|stay/i);

  await agent.getByRole("button", { name: "End session" }).click();
  await visitor.said(/^ended /);
  await agent.context().close();
});

test("they connect while it rings, and find a direct path after the accept", async () => {
  const agent = await agentAtWork(browser, node);
  const robin = runExample("visitor", [node.url, "demo", "Robin"]);
  await robin.said(/^number 1 of 1/);
  await peersAre(agent, "connected", 1);
  await accept(agent);
  await say(agent, "said at once");
  await robin.said(/^agent: said at once$/);
  await robin.said(/^open RelayedUdp$/);
  await robin.said(/^open Direct$/);
  await connection(agent, /direct/i);
  robin.input("over the new path");
  await heard(agent, "over the new path");
  await agent.getByRole("button", { name: "End session" }).click();
  await robin.said(/^ended /);
  await robin.stop();
  await agent.context().close();
});

test("what the site lets be direct while it rings stays as it is", async () => {
  const open = await startNode({ preconnect: "direct" });
  const agent = await agentAtWork(browser, open);
  const robin = runExample("visitor", [open.url, "demo", "Robin"]);
  await peersAre(agent, "connected", 1);
  await accept(agent);
  await robin.said(/^open Direct$/);
  await say(agent, "said at once");
  await robin.said(/^agent: said at once$/);
  robin.input("good day");
  await heard(agent, "good day");
  assert.equal(await agent.evaluate(() => window.peers.length), 1);
  await robin.stop();
  await agent.context().close();
  await open.close();
});
