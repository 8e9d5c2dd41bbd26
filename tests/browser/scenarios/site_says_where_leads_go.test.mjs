// Where a site lets its visitors be led: told to agents in time, and enforced by the visitor's side.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accept,
  agentAtWork,
  connected,
  lead,
  leadStatus,
  rawLead,
  session,
  visitorInPanel,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();
const set = ["site", "set", "demo", "--deny-host", "denied.example"];
await node.run([...set, "--confirm-host", "elsewhere.localhost"]);

async function inThePanel(hostile) {
  const agent = await agentAtWork(browser, node, "ada", { hostile });
  const { shop: page, context } = await visitorInPanel(browser, node);
  await accept(agent);
  await connected(agent, page);
  const close = async () => {
    await page.getByRole("button", { name: "End session" }).click();
    await page.getByRole("button", { name: "Start again" }).waitFor();
    await agent.context().close();
    await context.close();
  };
  return { agent, page, close };
}

async function inTheCompanion(hostile) {
  const people = await session(browser, node, { hostile });
  return { ...people, page: people.companion };
}

for (const [where, begin] of Object.entries({ panel: inThePanel, companion: inTheCompanion })) {
  test(`the console says before it sends that the site forbids it, and the ${where} enforces it`, async () => {
    const { agent, page, close } = await begin(true);
    await lead(agent, "https://denied.example/");
    await leadStatus(agent, /not sent: the site does not let its visitors be led there/i);
    assert.equal(await page.locator("li.lead").count(), 0, "nothing arrived");
    assert.equal(await rawLead(agent, "https://denied.example/"), "blocked:not_allowed");
    assert.equal(await rawLead(agent, "https://denied.example./"), "blocked:not_allowed");
    await close();
  });

  test(`in the ${where}, leads that the site wants confirmed are asked for though leads are allowed`, async () => {
    const { agent, page, close } = await begin(false);
    for (const again of [false, true]) {
      await lead(agent, `${node.sites.elsewhere}/`);
      await page.getByRole("dialog", { name: /^Go to elsewhere/ }).waitFor();
      const box = page.getByRole("checkbox", { name: /allow/i });
      if (again) {
        await page.getByRole("button", { name: "Stay here" }).click();
        await leadStatus(agent, /declined/i);
        break;
      }
      await box.check();
      // Allowed for the session by a lead to the site's own page.
      await page.getByRole("button", { name: "Stay here" }).click();
      await lead(agent, `${node.sites.shop}/cart`);
      await page.getByRole("checkbox", { name: /allow/i }).check();
      await page.getByRole("button", { name: "Go", exact: true, disabled: false }).click();
      await agent.getByText("The visitor allowed leads for this session.").first().waitFor();
      await leadStatus(agent, /landed/i);
      await connected(agent, page);
    }
    await close();
  });
}
