// Networks break while two people talk. What they write meanwhile arrives on the other side, all
// of it, once and in order. How long it takes is printed, and proves nothing.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import { accept, agentAtWork, connection, heard, say } from "../browser/people.mjs";
import { chromiumAt, startCloud, visitorOf } from "./cloud.mjs";
import { openLab, whyNoLab } from "./lab.mjs";

/** Longer than any of the pauses between the tries at mending. */
const PATIENCE = 120_000;
const OUTAGE = 15_000;

const skip = whyNoLab() ?? false;
const times = {};
let lab;
let node;
let agents;
let visitors;

before(async () => {
  if (skip) {
    return;
  }
  lab = await openLab();
  node = await startCloud(lab);
  [agents, visitors] = await Promise.all([
    chromiumAt(lab, "agent", [node.url]),
    chromiumAt(lab, "visitor", [node.url]),
  ]);
});

after(async () => {
  console.table(times);
  await Promise.all([agents?.close(), visitors?.close()]);
  await node?.close();
  await lab?.close();
});

describe("two people write while the network breaks", { skip }, () => {
  test("the visitor moves to another network", async (t) => {
    await talk(t, "restricted", "direct", async (write) => {
      await write("before");
      await lab.move("visitor");
    });
  });

  test("the visitor moves to another network while relayed", async (t) => {
    await talk(t, "symmetric", "relayed (UDP)", async (write) => {
      await write("before");
      await lab.move("visitor");
    });
  });

  test("nothing passes for fifteen seconds", async (t) => {
    await talk(t, "restricted", "direct", async (write) => {
      await lab.shape("visitor", { blackhole: true });
      await write("during");
      // The outage is the subject: its length is not a wait for something.
      await pass(OUTAGE);
      await write("at its end");
      await lab.shape("visitor", {});
    });
  });

  test("nothing gets from the visitor to the agent directly, and the relay is there", async (t) => {
    try {
      await talk(
        t,
        "restricted",
        "direct",
        (write) => Promise.all([lab.cut("visitor", "agent"), write("during")]),
        // By whichever of the ways to the relay.
        "relayed",
      );
    } finally {
      await lab.cut("visitor", "agent", false);
    }
  });

  test("nothing that the visitor sends arrives anywhere, for fifteen seconds", async (t) => {
    await talk(t, "restricted", "direct", async (write) => {
      await lab.shape("visitor", { blackhole: true }, ["up"]);
      await write("during");
      await pass(OUTAGE);
      await lab.shape("visitor", {});
    });
  });

  test("the relay in use is lost, with the node that runs it", async (t) => {
    await talk(t, "symmetric", "relayed (UDP)", async (write) => {
      await node.stop("SIGKILL");
      await write("during");
      await node.start();
    });
  });
});

/**
 * A session behind NATs of this kind, on this path. Something breaks and heals; `write` lets both
 * say something. Both must hear everything, and be connected again, by any path that is there.
 */
async function talk(t, nat, path, breaks, pathAfter = "Connected") {
  await Promise.all([lab.nat("visitor", nat), lab.nat("agent", nat)]);
  const agent = await agentAtWork(agents, node);
  const { companion, context } = await visitorOf(visitors, node);
  for (const page of [agent, companion]) {
    page.setDefaultTimeout(PATIENCE);
  }
  await accept(agent);
  await Promise.all([connection(agent, path), connection(companion, path)]);

  const said = [];
  const write = async (when) => {
    for (const number of [1, 2, 3]) {
      const text = `${when}, number ${number}`;
      said.push(text);
      await Promise.all([say(companion, `V ${text}`), say(agent, `A ${text}`)]);
    }
  };
  await write("at first");
  await breaks(write);
  const healed = performance.now();
  await write("afterwards");
  const last = said.at(-1);
  await Promise.all([heard(companion, `A ${last}`), heard(agent, `V ${last}`)]);
  times[t.name] = {
    "seconds until all arrived": Number(((performance.now() - healed) / 1000).toFixed(1)),
  };

  assert.deepEqual(
    await theirs(agent),
    said.map((text) => `V ${text}`),
  );
  assert.deepEqual(
    await theirs(companion),
    said.map((text) => `A ${text}`),
  );
  await Promise.all([connection(agent, pathAfter), connection(companion, pathAfter)]);
  await agent.getByRole("button", { name: "End session" }).click();
  await companion.getByRole("button", { name: "Start again" }).waitFor();
  await Promise.all([agent.context().close(), context.close()]);
}

/** What a page shows of the other side's messages. */
const theirs = (page) =>
  page.getByRole("log", { name: "Conversation" }).locator("li.message.theirs > p").allInnerTexts();
