// A visitor in Chromium and an agent that is a program: another WebRTC stack, the same session.

import { after, before, test } from "node:test";
import { PASSWORD, startNode } from "../node.mjs";
import { connection, heard, peersAre, say, visitorFromShop } from "../people.mjs";
import { runExample } from "../programs.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();
let agent;

before(async () => {
  const rule = `cart=${node.sites.shop}/cart`;
  agent = runExample("echo_agent", [node.url, "ada", PASSWORD, rule]);
  await agent.said(/^signed in as Ada$/);
});

after(() => agent?.stop());

test("the program answers, leads by its rules, and is told of the landing", async () => {
  const { shop, companion, context } = await visitorFromShop(browser, node);
  await connection(companion, /direct/i);
  await heard(companion, "I am a program");
  await say(companion, "Grüße 👋");
  await heard(companion, "You said: Grüße 👋");

  await say(companion, "show me my cart");
  await companion.getByRole("dialog", { name: /^Go to shop\.localhost/ }).waitFor();
  await companion.getByRole("button", { name: "Go", exact: true }).click();
  await shop.waitForURL(/\/cart$/);
  await agent.said(/^landing Landed/);

  await say(companion, "go https://10.0.0.1/");
  await agent.said(/^landing Blocked/);

  await companion.getByRole("button", { name: "End session" }).click();
  await agent.said(/^ended /);
  await context.close();
});

test("a reload of the companion loses nothing of the conversation", async () => {
  const { companion, context } = await visitorFromShop(browser, node);
  await connection(companion, /direct/i);
  await say(companion, "before the reload");
  await heard(companion, "You said: before the reload");
  await companion.reload();
  await connection(companion, /direct/i);
  await heard(companion, "You said: before the reload");
  await say(companion, "after the reload");
  await heard(companion, "You said: after the reload");
  await context.close();
});

test("they connect while it rings, and find a direct path after the accept", async () => {
  const other = await startNode();
  const asks = runExample("echo_agent", [other.url, "ada", PASSWORD, "ask"]);
  await asks.said(/^signed in as Ada$/);
  const { companion, context } = await visitorFromShop(browser, other);
  await say(companion, "written while it rang");
  await asks.said(/^somebody rings$/);
  await peersAre(companion, "connected", 1);
  asks.input("y");
  await heard(companion, "I am a program");
  await heard(companion, "You said: written while it rang");
  await asks.said(/^open RelayedUdp$/);
  await asks.said(/^open Direct$/);
  await connection(companion, /direct/i);
  await say(companion, "over the new path");
  await heard(companion, "You said: over the new path");
  await asks.stop();
  await context.close();
  await other.close();
});
