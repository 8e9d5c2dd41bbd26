// A window that shrinks, as under a phone's keyboard, keeps the newest line in sight on both sides.

import { test } from "node:test";
import { heard, say, session } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

test("the newest line is in sight in a window that became small", async () => {
  const { agent, companion, close } = await session(browser, node);
  await say(agent, "One line\n".repeat(30));
  await say(agent, "The newest");
  await heard(companion, "The newest");
  for (const page of [agent, companion]) {
    await page.setViewportSize({ width: 360, height: 420 });
    const log = await page.getByRole("log", { name: "Conversation" }).elementHandle();
    await page.waitForFunction(
      (log) =>
        log.querySelector("li:last-child").getBoundingClientRect().bottom <=
        log.getBoundingClientRect().bottom,
      log,
    );
  }
  await close();
});
