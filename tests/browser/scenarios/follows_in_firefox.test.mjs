// A visitor in Firefox follows an agent, and an agent in Firefox is followed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { find, PATIENCE, panelShows, press, pressInPanel, status, windowAt } from "../firefox.mjs";
import { PASSWORD } from "../node.mjs";
import { accept, agentAtWork, connection, openShadows, visitorInPanel } from "../people.mjs";
import { withBothBrowsers } from "../with_node.mjs";

const { node, chromium, firefox } = await withBothBrowsers();

/** A page that is longer than any window; runs in the page. */
function makeLong() {
  addEventListener("DOMContentLoaded", () => {
    document.body.append(
      Object.assign(document.createElement("p"), { style: "height: 3000px", textContent: "Long" }),
    );
  });
}

const isAt = (path) => location.pathname === path;

test("a visitor in Firefox follows, waits at each act of their own, and stops by Escape", async () => {
  const agent = await agentAtWork(chromium, node);
  await agent.context().addInitScript(makeLong);
  const shop = await firefox.newPage();
  await shop.evaluateOnNewDocument(openShadows);
  await shop.evaluateOnNewDocument(makeLong);
  await shop.goto(`${node.sites.shop}/`);
  await pressInPanel(shop, "Talk to us");
  await accept(agent);
  await connection(agent, /direct/i);
  const says = (text) =>
    agent.getByRole("status", { name: "Follow status" }).filter({ hasText: text }).waitFor();
  await agent.getByRole("button", { name: "Follow me" }).click();
  await panelShows(shop, "Follow Ada over this website?");
  await pressInPanel(shop, "Allow");
  await says("The visitor follows you.");
  const opened = agent.context().waitForEvent("page");
  await agent.getByRole("button", { name: "Open my tab" }).click();
  const tab = await opened;
  await agent
    .getByRole("status", { name: "My tab" })
    .filter({ hasText: /followed/ })
    .waitFor();
  await tab.getByRole("link", { name: "Your basket" }).click();
  await shop.waitForFunction(isAt, PATIENCE, "/cart");
  await panelShows(shop, "You follow Ada over this website.");
  await tab.evaluate(() => scrollTo(0, 1e6));
  await shop.waitForFunction(() => scrollY > 1000, PATIENCE);

  await shop.mouse.move(40, 300);
  const acts = [
    () => shop.mouse.wheel({ deltaY: -100 }),
    () => shop.keyboard.press("PageUp"),
    () => shop.mouse.click(40, 300),
  ];
  for (const act of acts) {
    // What is typed in the panel is meant for the panel.
    await shop.evaluate(() => document.activeElement.shadowRoot?.activeElement?.blur());
    await act();
    await panelShows(shop, "Following is paused.");
    await says(/went on alone/);
    await pressInPanel(shop, "Follow again");
    await panelShows(shop, "You follow Ada over this website.");
    await says("The visitor follows you.");
  }
  await shop.keyboard.press("Escape");
  await says("The visitor follows you no longer.");
  await pressInPanel(shop, "End session");
  await shop.close();
  await agent.context().close();
});

test("an agent in Firefox is followed, and asked before a page of their tab moves the console, then and later", async () => {
  const agent = await firefox.newPage();
  await agent.goto(`${node.url}/console`);
  await (await find(agent, "textbox", "Login")).type("ada");
  await agent.type("input[type=password]", PASSWORD);
  await press(agent, "button", "Sign in");
  await press(agent, "switch", "Available");
  const { shop, context } = await visitorInPanel(chromium, node);
  await press(agent, "button", "Accept");
  await press(agent, "button", "Follow me");
  await shop
    .getByRole("dialog", { name: "Follow Ada over this website?" })
    .getByRole("button", { name: "Allow", disabled: false })
    .click();
  await status(agent, "Follow status", "follows you");
  await press(agent, "button", "Open my tab");
  const tab = await windowAt(firefox, `${node.sites.shop}/`);
  await status(agent, "My tab", "followed");
  await tab.evaluate(() => document.querySelector('a[href="/cart"]').click());
  await shop.getByRole("heading", { name: "Your basket" }).waitFor();

  const staysWhile = async (move) => {
    const asked = new Promise((resolve) => agent.once("dialog", resolve));
    // A page that moves the console waits as long as the agent is asked.
    const moved = move();
    const dialog = await asked;
    assert.equal(dialog.type(), "beforeunload");
    await dialog.dismiss();
    await moved;
    assert.equal(await agent.evaluate(() => location.pathname), "/console");
  };
  const away = `${node.sites.elsewhere}/`;
  const move = () => tab.evaluate((away) => opener.parent.location.replace(away), away);
  await staysWhile(move);
  await status(agent, "Follow status", "follows you");

  // A window that the tab opened keeps the tie, and uses it once the tab is gone.
  await tab.evaluate((away) => {
    const open = () => {
      window.other = window.open("");
      window.other.eval(`
        const kept = opener.opener.parent;
        const timer = setInterval(() => {
          if (!opener || opener.closed) {
            clearInterval(timer);
            kept.location.replace("${away}");
          }
        }, 50);
      `);
    };
    const button = Object.assign(document.createElement("button"), { onclick: open });
    button.textContent = "Open";
    document.body.prepend(button);
  }, away);
  await tab.click("button");
  await tab.waitForFunction(() => window.other, PATIENCE);
  // The session ends, the tab is told, and moves the console before anybody has closed it.
  const released = tab.evaluate(
    () =>
      new Promise((resolve) => {
        addEventListener("message", ({ data }) => data.standing === "released" && resolve());
      }),
  );
  await press(agent, "button", "End session");
  await released;
  await staysWhile(move);
  await staysWhile(() => tab.close());
  await agent.close();
  await context.close();
});
