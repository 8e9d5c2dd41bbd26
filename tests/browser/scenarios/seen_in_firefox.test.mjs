// A visitor in Firefox lets the agent see and point, goes to another page, and stops all of it by Escape.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PATIENCE, panelShows, pressInPanel } from "../firefox.mjs";
import { sees } from "../mirror.mjs";
import { seenAndPointedAtInFirefox } from "../pointing.mjs";
import { withBothBrowsers } from "../with_node.mjs";

const { node, chromium, firefox } = await withBothBrowsers();

test("an agent sees and points in Firefox, over pages, and until Escape", async () => {
  const { agent, shop, pane } = await seenAndPointedAtInFirefox(chromium, firefox, node);
  await pane.getByRole("button", { name: "Point at", exact: true }).click();

  await shop.waitForFunction(
    () => JSON.parse(localStorage.getItem("isession:visit:demo"))?.talk?.next != null,
    PATIENCE,
  );
  await Promise.all([
    shop.waitForFunction(() => location.pathname === "/cart", PATIENCE),
    shop.evaluate(() => document.querySelector('a[href="/cart"]').click()),
  ]);
  await sees(agent, "h1", "Your basket");
  // What is permitted came along: the heading is where the mirror shows it.
  await shop.waitForFunction(
    () => document.querySelector("isession-panel")?.shadowRoot.querySelector(".layer"),
    PATIENCE,
  );
  const place = await shop.evaluate(() => {
    const { left, top, height } = document.querySelector("h1").getBoundingClientRect();
    return { x: (left + 30) / innerWidth, y: (top + height / 2) / innerHeight };
  });
  const { width, height } = await pane.locator(".glass").boundingBox();
  await pane.locator(".glass").click({ position: { x: place.x * width, y: place.y * height } });
  await panelShows(shop, "Agent points at: heading: Your basket");

  await shop.keyboard.press("Escape");
  await agent
    .getByRole("status", { name: "View status" })
    .filter({ hasText: /no longer lets you see/ })
    .waitFor();
  await shop.waitForFunction(
    () => !document.querySelector("isession-panel").shadowRoot.querySelector(".layer"),
    PATIENCE,
  );
  assert.equal(await pane.count(), 0);
  await pressInPanel(shop, "End session");
  await shop.close();
  await agent.context().close();
});
