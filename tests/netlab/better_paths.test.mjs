// While a session is relayed, a direct way opens. Browsers go over to it by themselves, and a
// program goes with them, whichever side it is on.

import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { PASSWORD } from "../browser/node.mjs";
import { accept, agentAtWork, connection, heard, newContext, say } from "../browser/people.mjs";
import { runExample } from "../browser/programs.mjs";
import { chromiumAt, startCloud } from "./cloud.mjs";
import { openLab, whyNoLab } from "./lab.mjs";

/** The pauses between the tries grow, and the first ones may all come too early. */
const PATIENCE = 120_000;
const RELAYED = "relayed (UDP)";

const skip = whyNoLab() ?? false;
let lab;
let node;

before(async () => {
  if (!skip) {
    lab = await openLab();
    // One connection from the start: with the accept, a relay that came first is left anyway.
    node = await startCloud(lab, { site: ["--preconnect", "off"] });
  }
});

after(async () => {
  await node?.close();
  await lab?.close();
});

describe("a direct way opens while a session is relayed", { skip }, () => {
  beforeEach(async () => {
    await Promise.all([lab.nat("visitor", "restricted"), lab.nat("agent", "restricted")]);
    await directly(false);
  });

  afterEach(() => directly(true));

  test("a program that asks for help and a browser go over to it", async () => {
    const browser = await chromiumAt(lab, "agent", [node.url]);
    const agent = await agentAtWork(browser, node);
    agent.setDefaultTimeout(PATIENCE);
    const visitor = runExample("visitor", [node.url, "demo"], { inside: lab.inside("visitor") });
    await visitor.said(/^number 1 of 1/);
    await accept(agent);
    await Promise.all([visitor.said(/^open RelayedUdp$/), connection(agent, RELAYED)]);

    await directly(true);
    await Promise.all([visitor.said(/^open Direct$/), connection(agent, "direct")]);
    visitor.input("by the new way");
    await heard(agent, "by the new way");

    await agent.getByRole("button", { name: "End session" }).click();
    await visitor.stop();
    await browser.close();
  });

  test("a program that helps and a browser go over to it", async () => {
    const browser = await chromiumAt(lab, "visitor", [node.url]);
    const inside = lab.inside("agent");
    const agent = runExample("echo_agent", [node.url, "ada", PASSWORD], { inside });
    await agent.said(/^signed in as Ada$/);
    const context = await newContext(browser, { width: 900, height: 700 });
    const companion = await context.newPage();
    companion.setDefaultTimeout(PATIENCE);
    await companion.goto(`${node.url}/go/demo`);
    await Promise.all([agent.said(/^open RelayedUdp$/), connection(companion, RELAYED)]);

    await directly(true);
    await Promise.all([agent.said(/^open Direct$/), connection(companion, "direct")]);
    await say(companion, "by the new way");
    await heard(companion, "You said: by the new way");

    await companion.getByRole("button", { name: "End session" }).click();
    await agent.stop();
    await context.close();
    await browser.close();
  });
});

/** Lets the two homes reach each other, or not; both reach the cloud all the time. */
const directly = (open) =>
  Promise.all([lab.cut("visitor", "agent", !open), lab.cut("agent", "visitor", !open)]);
