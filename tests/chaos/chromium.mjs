// Both sides in Chromium.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { PASSWORD } from "../browser/node.mjs";
import { CHROMIUM, killBrowser, launchProfile } from "../browser/people.mjs";
import { trusting } from "../netlab/cloud.mjs";
import { watchChannels } from "./page.mjs";
import { BOUND, load, PageSide, until } from "./page_side.mjs";

/** A page that is not there by then is loaded again. */
const LOADS = 10_000;

/** A person's own Chromium at a place of the lab. */
async function launch(lab, who, url) {
  const profile = join(lab.folder, `chromium-${who}`);
  const executablePath = await lab.wrapper(who, CHROMIUM);
  const start = async () => {
    const context = await launchProfile(profile, { executablePath, args: [trusting([url])] });
    await context.addInitScript(watchChannels);
    return context;
  };
  return { profile, start };
}

async function crash(page) {
  const session = await page.context().newCDPSession(page);
  const crashed = new Promise((resolve) => page.once("crash", resolve));
  session.send("Page.crash").catch(() => {});
  await crashed;
}

const goTo = async (page, url) => {
  await page.goto(url, { timeout: LOADS, waitUntil: "load" });
};

/** The visitor's side. */
export async function chromiumVisitor(lab, url) {
  const { start } = await launch(lab, "visitor", url);
  const context = await start();
  const open = async () => {
    const page = await context.newPage();
    await come(page);
    return page;
  };
  const come = (page) =>
    load(async () => {
      await goTo(page, `${url}/go/demo`);
      await page.getByRole("status", { name: "Connection" }).waitFor({ timeout: LOADS });
    });
  const side = new PageSide({ open });
  return Object.assign(side, {
    /** A new visit. */
    async visit() {
      await side.page?.close();
      await side.begin();
    },
    reload: () => side.change((page) => come(page)),
    crash: () =>
      side.change(async (page) => {
        await crash(page);
        await page.close();
        return open();
      }),
    close: () => context.close(),
  });
}

/** The agent's side. */
export async function chromiumAgent(lab, url) {
  const { profile, start } = await launch(lab, "agent", url);
  let context = await start();
  const open = async () => {
    const page = await context.newPage();
    await come(page);
    return page;
  };
  const come = (page) =>
    load(async () => {
      await goTo(page, `${url}/console`);
      const login = page.getByRole("textbox", { name: "Login" });
      const available = page.getByRole("switch", { name: "Available" });
      await login.or(available).waitFor({ timeout: LOADS });
      if (await login.isVisible()) {
        await login.fill("ada");
        await page.getByLabel("Password").fill(PASSWORD);
        await page.getByRole("button", { name: "Sign in" }).click({ timeout: LOADS });
        await available.waitFor({ timeout: LOADS });
      }
    });
  const side = new PageSide({ open });
  await side.begin();
  return Object.assign(side, {
    /** Ready for the next visitor. */
    async ready() {
      const { page } = side;
      const available = page.getByRole("switch", { name: "Available" });
      if (!(await available.isChecked())) {
        await available.click();
      }
      const close = page.getByRole("button", { name: "Close", exact: true });
      const isClear = async () => {
        if (await close.isVisible()) {
          await close.click();
        }
        return (await page.getByRole("tab").count()) === 0;
      };
      await until(isClear, BOUND, () => "tabs of sessions before stay open");
    },
    accept: () => side.press("Accept"),
    reload: () => side.change((page) => come(page)),
    crash: () =>
      side.change(async (page) => {
        await crash(page);
        await page.close();
        return open();
      }),
    /** The whole browser dies, and is started again. */
    kill: () =>
      side.change(async () => {
        await killBrowser(context);
        context = await start();
        return open();
      }),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  });
}
