// An agent whose console is in Firefox sees, points, draws and leads along a link, as one in Chromium does.

import { mkdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { find, PATIENCE, press, reads, status } from "../firefox.mjs";
import { PASSWORD } from "../node.mjs";
import { visitorInPanel } from "../people.mjs";
import { allow } from "../pointing.mjs";
import { withBothBrowsers } from "../with_node.mjs";

const SCREENS = fileURLToPath(new URL("../../../target/screens", import.meta.url));

const { node, chromium, firefox } = await withBothBrowsers();
await mkdir(SCREENS, { recursive: true });

/** Where a point of the visitor's page is in the agent's window. */
async function place(agent, shop, selector) {
  const share = await shop.locator(selector).evaluate((element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return {
      x: (left + Math.min(width, 60) / 2) / innerWidth,
      y: (top + height / 2) / innerHeight,
    };
  });
  const glass = await agent.$eval(".glass", (glass) => {
    const { left, top, width, height } = glass.getBoundingClientRect();
    return { left, top, width, height };
  });
  return { x: glass.left + share.x * glass.width, y: glass.top + share.y * glass.height };
}

/** Waits until this shows in the picture's own part of the console. */
const paneShows = (agent, text) =>
  agent.waitForFunction(
    (text) => document.querySelector(".mirror")?.innerText.includes(text),
    PATIENCE,
    text,
  );

test("an agent in Firefox sees, points, draws and leads along a link", async () => {
  const agent = await firefox.newPage();
  await agent.setViewport({ width: 1280, height: 900 });
  await agent.goto(`${node.url}/console`);
  await (await find(agent, "textbox", "Login")).type("ada");
  await agent.type('input[type="password"]', PASSWORD);
  await press(agent, "button", "Sign in");
  await press(agent, "switch", "Available");
  const { shop, context } = await visitorInPanel(chromium, node);
  await press(agent, "button", "Accept");
  await status(agent, "Connection", "direct");
  await press(agent, "button", "Ask to see the page");
  await allow(shop, "Let Ada see this page?");
  await status(agent, "Page", "shop.localhost");
  await press(agent, "button", "Ask to point");
  await allow(shop, "Let Ada point at things on this page?");

  await press(agent, "button", "Point at");
  const heading = await place(agent, shop, "h1");
  // Until the picture is there, nothing is at that place.
  do {
    await agent.mouse.click(heading.x, heading.y);
    await agent.evaluate(() => new Promise(requestAnimationFrame));
  } while (
    !(await agent.$eval(".mirror", ({ innerText }) => innerText.includes("heading: Lamps")))
  );
  await paneShows(agent, "The visitor is shown: heading: Lamps for long evenings");
  await shop.getByRole("log").getByText("Pointed at: heading: Lamps").first().waitFor();

  await press(agent, "button", "Draw");
  const drawn = () =>
    document.querySelector("isession-panel").shadowRoot.querySelector(".layer path") !== null;
  // It fades: neither is looked for only when the other was found.
  const isDrawn = Promise.all([
    shop.waitForFunction(drawn),
    agent.waitForSelector(".marks path", PATIENCE),
  ]);
  await agent.mouse.move(heading.x, heading.y + 20);
  await agent.mouse.down();
  await agent.mouse.move(heading.x + 80, heading.y + 60, { steps: 5 });
  await agent.mouse.up();
  await isDrawn;

  const link = await place(agent, shop, 'a[href="/cart"]');
  await agent.mouse.move(link.x, link.y);
  await paneShows(agent, "/cart");
  await agent.keyboard.down("Control");
  await agent.mouse.click(link.x, link.y);
  await agent.keyboard.up("Control");
  await paneShows(agent, "link: Your basket");
  await agent.waitForFunction(() => document.activeElement?.textContent === "Lead there", PATIENCE);
  await agent.screenshot({ path: `${SCREENS}/link_in_the_picture_firefox.png` });
  await agent.keyboard.press("Enter");
  const card = shop.getByRole("dialog", { name: /^Go to/ });
  await card.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
  await shop.waitForURL(/cart/);
  await reads(agent, "Landed");
  await press(agent, "button", "End session");
  await context.close();
  await agent.close();
});
