// Makes the picture of the README from the running product:
//
//   cargo xtask web && cargo build && node tests/browser/picture.mjs

import { fileURLToPath } from "node:url";
import { startNode } from "./node.mjs";
import {
  accept,
  agentAtWork,
  connected,
  heard,
  launchChromium,
  lead,
  leadStatus,
  say,
  visitorFromShop,
} from "./people.mjs";

const picture = fileURLToPath(new URL("../../docs/picture.png", import.meta.url));

const node = await startNode();
const browser = await launchChromium();
const agent = await agentAtWork(browser, node);
const { companion } = await visitorFromShop(browser, node);
await companion.setViewportSize({ width: 400, height: 640 });
await agent.setViewportSize({ width: 1000, height: 640 });
await companion.getByRole("textbox", { name: "Your name" }).fill("Robin");
await companion.getByRole("textbox", { name: "Topic" }).fill("Returning a lamp");
await companion.getByRole("textbox", { name: "Topic" }).blur();
await agent.getByText("Returning a lamp").first().waitFor();
await accept(agent);
await connected(agent, companion);
await say(companion, "Hi! I cannot find my basket any more.");
await heard(agent, "my basket");
await say(agent, "Hello Robin, I am Ada. I will take you there.");
await heard(companion, "take you there");
await lead(agent, `${node.sites.shop}/cart`);
await companion.getByRole("dialog", { name: /^Go to/ }).waitFor();
await companion.getByRole("button", { name: "Go", exact: true, disabled: false }).waitFor();
await leadStatus(agent, /shown/i);

const [left, right] = await Promise.all(
  [companion, agent].map(async (page) => (await page.screenshot()).toString("base64")),
);
const board = await browser.newPage({ viewport: { width: 1448, height: 672 } });
await board.setContent(
  `<style>body { display: flex; gap: 16px; margin: 16px; background: #cfd6dd }
   img { display: block; border-radius: 8px; box-shadow: 0 2px 8px #0004 }</style>
   <img src="data:image/png;base64,${left}"><img src="data:image/png;base64,${right}">`,
);
await board.screenshot({ path: picture });
await browser.close();
await node.close();
