// A node and a Chromium for the tests of one file.

import { after } from "node:test";
import { startNode } from "./node.mjs";
import { launchChromium } from "./people.mjs";

/** Starts both, with these settings of the node, and ends them after the file's last test. */
export async function withNode(settings) {
  const node = await startNode(settings);
  try {
    const browser = await launchChromium();
    after(async () => {
      await browser.close();
      await node.close();
    });
    return { node, browser };
  } catch (error) {
    await node.close();
    throw error;
  }
}
