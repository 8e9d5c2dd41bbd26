// A node and browsers for the tests of one file.

import { after } from "node:test";
import { launchFirefox } from "./firefox.mjs";
import { startNode } from "./node.mjs";
import { launchChromium } from "./people.mjs";

/** Starts a node with these settings and a Chromium, and ends them after the file's last test. */
export async function withNode(settings) {
  const [node, browser] = await withAll([() => startNode(settings), launchChromium]);
  return { node, browser };
}

/** The same with a Firefox besides. */
export async function withBothBrowsers(settings) {
  const starts = [() => startNode(settings), launchChromium, launchFirefox];
  const [node, chromium, firefox] = await withAll(starts);
  return { node, chromium, firefox };
}

/** What was started first ends last; what did not start leaves nothing behind. */
async function withAll(starts) {
  const started = [];
  const end = async () => {
    for (const one of started.toReversed()) {
      await one.close();
    }
  };
  try {
    for (const start of starts) {
      started.push(await start());
    }
  } catch (error) {
    await end();
    throw error;
  }
  after(end);
  return started;
}
