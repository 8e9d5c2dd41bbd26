// An agent who points while the visitor takes the permission back reads that it was not permitted: no
// highlight ends in silence.

import assert from "node:assert/strict";
import { test } from "node:test";
import { onGlass, seenAndPointedAt, useTool } from "../pointing.mjs";
import { withNode } from "../with_node.mjs";

const { node, browser } = await withNode();

/** Lets a test hold back what the visitor says, as a slow network does; runs in the console. */
function holdBack() {
  const { set } = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, "onmessage");
  const held = [];
  Object.defineProperty(RTCDataChannel.prototype, "onmessage", {
    set(run) {
      set.call(this, (event) => {
        if (window.holding && this.label === "talk") {
          held.push(() => run.call(this, event));
        } else {
          run.call(this, event);
        }
      });
    },
  });
  window.release = () => {
    window.holding = false;
    for (const run of held.splice(0)) {
      run();
    }
  };
}

test("a highlight that came after the no is told as not permitted", async () => {
  const { agent, shop, pane, close } = await seenAndPointedAt(browser, node, { script: holdBack });
  await useTool(pane, "Point at");
  await agent.evaluate(() => {
    window.holding = true;
  });
  await shop.getByRole("button", { name: "Stop pointing" }).click();
  await pane.locator(".glass").click({ position: await onGlass(pane, shop, "h1") });
  // It arrives, and is not shown.
  await shop
    .getByRole("log")
    .getByText("Wanted to point at something, which was not shown")
    .waitFor();
  assert.equal(
    await shop.evaluate(() =>
      document.querySelector("isession-panel").shadowRoot.querySelector(".layer"),
    ),
    null,
  );
  await agent.evaluate(() => window.release());
  await agent
    .getByRole("log", { name: "Conversation" })
    .getByText("Not shown: the visitor has not permitted it")
    .waitFor();
  await pane.getByRole("button", { name: "Ask to point" }).waitFor();
  await close();
});
