// What an agent has written and not sent stays with its session, whichever is in front.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startNode } from "../node.mjs";
import { accept, agentAtWork, connected, visitorFromShop } from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

const box = (agent, name) => agent.getByRole("textbox", { name });
const written = async (agent) => [
  await box(agent, "Message").inputValue(),
  await box(agent, "Address").inputValue(),
];

test("it is there again when the agent comes back to the session", async () => {
  const agent = await agentAtWork(browser, node);
  const first = await visitorFromShop(browser, node);
  await accept(agent);
  await connected(agent, first.companion);
  await box(agent, "Message").fill("Your parcel is");
  await box(agent, "Address").fill("shop.example/parcels");
  const second = await visitorFromShop(browser, node);
  await accept(agent);
  await agent.getByRole("tab").nth(1).and(agent.locator("[aria-selected=true]")).waitFor();
  assert.deepEqual(await written(agent), ["", ""]);
  await box(agent, "Message").fill("Hello");
  await agent.getByRole("tab").first().click();
  assert.deepEqual(await written(agent), ["Your parcel is", "shop.example/parcels"]);
  await agent.getByRole("button", { name: "Send" }).click();
  await agent.getByRole("tab").nth(1).click();
  assert.deepEqual(await written(agent), ["Hello", ""]);
  await agent.getByRole("tab").first().click();
  assert.deepEqual(await written(agent), ["", "shop.example/parcels"]);
  for (const { context } of [first, second]) {
    await context.close();
  }
  await agent.context().close();
});

test("a session that begins while the agent writes waits for a look", async () => {
  // A visitor begins nothing with a fourth agent who is rung: the session comes with the accept.
  const agents = ["ada", "ben", "cleo", "dora"];
  const strict = await startNode({ agents, set: ["queue.ring_agents=4"] });
  try {
    const first = await visitorFromShop(browser, strict);
    const consoles = [];
    for (const login of agents) {
      consoles.push(await agentAtWork(browser, strict, login));
      await consoles.at(-1).getByRole("alert", { name: "Incoming visitor" }).waitFor();
    }
    const agent = consoles.at(-1);
    await accept(agent);
    await connected(agent, first.companion);
    // The node's word takes its time.
    await agent.evaluate(() => {
      const { send } = WebSocket.prototype;
      WebSocket.prototype.send = function (data) {
        if (JSON.parse(data).type === "accept") {
          window.letGo = () => send.call(this, data);
        } else {
          send.call(this, data);
        }
      };
    });
    const second = await visitorFromShop(browser, strict);
    await accept(agent);
    await agent.waitForFunction(() => window.letGo);
    await box(agent, "Message").click();
    await agent.keyboard.type("Your par");
    await agent.evaluate(() => window.letGo());
    await agent.getByRole("tab").nth(1).waitFor();
    await agent.keyboard.type("cel is");
    assert.equal(await box(agent, "Message").inputValue(), "Your parcel is");
    await agent.getByRole("tab").first().and(agent.locator("[aria-selected=true]")).waitFor();
    for (const { context } of [first, second]) {
      await context.close();
    }
    for (const page of consoles) {
      await page.context().close();
    }
  } finally {
    await strict.close();
  }
});
