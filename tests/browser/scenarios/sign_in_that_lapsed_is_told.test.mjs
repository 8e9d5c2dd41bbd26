// A sign-in that does not hold any more: the console says so, and sessions go on all the same.

import { test } from "node:test";
import { PASSWORD } from "../node.mjs";
import { accept, agentAtWork, connected, heard, say, visitorFromShop } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

test("an agent whose sign-in lapsed is told, keeps the session, and signs in again", async () => {
  const agent = await agentAtWork(browser, node);
  const { companion, context } = await visitorFromShop(browser, node);
  await accept(agent);
  await connected(agent, companion);

  // A new password ends all sign-ins; the console comes back to the node with one of them.
  await node.run(["agent", "passwd", "ada"], `${PASSWORD}\n`);
  await node.stop("SIGKILL");
  await node.start();
  const lapsed = agent.getByRole("alert").filter({ hasText: "not signed in any more" });
  await lapsed.waitFor();
  await say(agent, "I am still here");
  await heard(companion, "I am still here");

  await lapsed.getByRole("button", { name: "Sign in again" }).click();
  await agent.getByRole("textbox", { name: "Login" }).fill("ada");
  await agent.getByLabel("Password").fill(PASSWORD);
  await agent.getByRole("button", { name: "Sign in" }).click();
  await connected(agent, companion);
  await heard(agent, "I am still here");
  await say(companion, "So am I");
  await heard(agent, "So am I");
  await agent.context().close();
  await context.close();
});

test("a node that is away is no reason to sign in again", async () => {
  const agent = await agentAtWork(browser, node);
  await node.stop();
  await agent.getByRole("status", { name: "Node" }).filter({ hasText: "reached" }).waitFor();
  await node.start();
  await agent.getByRole("status", { name: "Node" }).waitFor({ state: "detached" });
  await agent.getByRole("switch", { name: "Available", checked: true }).waitFor();
  await agent.context().close();
});
