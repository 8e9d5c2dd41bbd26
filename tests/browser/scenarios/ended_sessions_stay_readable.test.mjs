// Ending a session and erasing it are two decisions.

import { test } from "node:test";
import { accept, agentAtWork, connected, heard, say, visitorFromShop } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

for (const [what, twice] of [
  ["a double click on", (end) => end.dblclick()],
  [
    "Enter pressed twice on",
    async (end) => {
      const { keyboard } = end.page();
      await end.focus();
      await Promise.all([keyboard.press("Enter"), keyboard.press("Enter")]);
    },
  ],
]) {
  test(`${what} End session leaves the conversation to be read, and closed later`, async () => {
    const agent = await agentAtWork(browser, node);
    const { companion, context } = await visitorFromShop(browser, node);
    await accept(agent);
    await connected(agent, companion);
    await say(companion, "My order is number 4711");
    await heard(agent, "4711");
    await twice(agent.getByRole("button", { name: "End session" }));
    await companion.getByRole("button", { name: "Start again" }).waitFor();
    await agent.getByRole("button", { name: "Close", exact: true, disabled: false }).waitFor();
    await heard(agent, "4711");
    await agent.getByRole("button", { name: "Close", exact: true }).click();
    await agent.getByRole("tab").waitFor({ state: "detached" });
    await agent.context().close();
    await context.close();
  });
}
