// Ending a session and erasing it are two decisions.

import { after, before, test } from "node:test";
import { startNode } from "../node.mjs";
import {
  accept,
  agentAtWork,
  connected,
  heard,
  launchChromium,
  say,
  visitorFromShop,
} from "../people.mjs";

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
