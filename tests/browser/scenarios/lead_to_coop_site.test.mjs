// A page with Cross-Origin-Opener-Policy: same-origin cuts whoever opened it. Leading goes on.

import { test } from "node:test";
import { heard, lead, leadStatus, say, session } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

test("after a page that cuts openers, the next lead lands in a new window", async () => {
  const { agent, companion, shop, context, close } = await session(browser, node);
  const go = () => companion.getByRole("button", { name: "Go", exact: true }).click();
  await lead(agent, `${node.sites.elsewhere}/coop`);
  await go();
  await shop.waitForURL(/\/coop$/);
  await leadStatus(agent, /landed/i);
  await say(agent, "Still here");
  await heard(companion, "Still here");

  await lead(agent, `${node.sites.shop}/cart`);
  const [stage] = await Promise.all([context.waitForEvent("page"), go()]);
  await stage.waitForURL(/\/cart$/);
  await leadStatus(agent, /landed.*new window/i);
  await close();
});

test("leads allowed for the session ask again when a cut window needs a click", async () => {
  const { agent, companion, shop, context, close } = await session(browser, node);
  await lead(agent, `${node.sites.elsewhere}/coop`);
  await companion.getByRole("checkbox", { name: /allow/i }).check();
  await companion.getByRole("button", { name: "Go", exact: true }).click();
  await shop.waitForURL(/\/coop$/);

  // The click's activation ends with the next navigation at the latest; the ladder must not end
  // in silence, whether the browser lets the window open or not.
  await lead(agent, `${node.sites.shop}/cart`);
  const opened = context.waitForEvent("page");
  const asked = companion.getByRole("button", { name: "Go", exact: true });
  await Promise.race([opened, asked.click()]);
  await (await opened).waitForURL(/\/cart$/);
  await leadStatus(agent, /landed/i);
  await close();
});
