// A visitor in Debian's Firefox, driven over WebDriver BiDi.

import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import puppeteer from "puppeteer-core";
import { end } from "./node.mjs";

const run = promisify(execFile);
const PATIENCE = 20_000;

/** What a fresh profile would ask the internet for, where there is none. */
const QUIET = {
  "app.update.enabled": false,
  "browser.safebrowsing.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage": "about:blank",
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.telemetry.enabled": false,
};

export const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

/** A Firefox as people have it: popups that nobody clicked for are blocked, and pages may ask to stay. */
const PREFERENCES = {
  "dom.disable_beforeunload": false,
  "remote.prefs.recommended": false,
  "dom.disable_open_during_load": true,
};

/** One whose profile lies in `profile`, if that is given, and outlives it. */
export async function launchFirefox(profile) {
  return puppeteer.launch({
    browser: "firefox",
    ...(profile && { userDataDir: profile }),
    executablePath: FIREFOX,
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
}

/**
 * A Firefox at a place of a network laboratory, where its driver cannot reach it directly. It
 * trusts the authority of that file, if one is given, in pages and in relays.
 */
export async function launchFirefoxInside(lab, who, preferences = {}, authority = null) {
  const profile = await mkdtemp(join(lab.folder, "firefox-"));
  if (authority) {
    const database = ["-d", `sql:${profile}`];
    await run("certutil", ["-N", "--empty-password", ...database]);
    await run("certutil", ["-A", "-n", "lab", "-t", "C,,", "-i", authority, ...database]);
  }
  const prefs = Object.entries({ ...PREFERENCES, ...QUIET, ...preferences });
  const line = ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`;
  await writeFile(join(profile, "user.js"), prefs.map(line).join(""));
  const options = ["--headless", "--no-remote", "--profile", profile];
  const child = lab.run(who, FIREFOX, [...options, "--remote-debugging-port", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const port = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`Firefox ended with ${code}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = /WebDriver BiDi listening on ws:\/\/[^:]+:(\d+)/.exec(line);
      if (found) {
        resolve(found[1]);
      }
    });
  });
  const browser = await puppeteer.connect({
    browserWSEndpoint: `ws+unix:${await lab.bridge(who, port)}:/session`,
    // Firefox answers who asks for it by its own name.
    headers: { Host: `127.0.0.1:${port}` },
    protocol: "webDriverBiDi",
    defaultViewport: null,
  });
  return {
    pid: child.pid,
    newPage: () => browser.newPage(),
    async close() {
      await browser.close().catch(() => {});
      await end(child, "SIGTERM");
    },
  };
}

/** Waits for an element by its role and name, and gives it. */
export const find = (page, role, name) =>
  page.waitForSelector(`::-p-aria([role="${role}"][name="${name}"])`, {
    timeout: PATIENCE,
  });

/** Waits until an element is there, can be used and holds still, and clicks it. */
export async function press(page, role, name) {
  await page.locator(`::-p-aria([role="${role}"][name="${name}"])`).setTimeout(PATIENCE).click();
}

/** Waits until the status of this name holds the text. */
export const status = (page, name, text) =>
  page.waitForFunction(
    (name, text) =>
      [...document.querySelectorAll('[role="status"]')].some(
        (status) =>
          status.getAttribute("aria-label") === name &&
          new RegExp(text, "i").test(status.innerText),
      ),
    { timeout: PATIENCE },
    name,
    text,
  );

/** Waits until the conversation holds the text. */
export const reads = (page, text) =>
  page.waitForFunction(
    (text) => document.querySelector('[role="log"]')?.innerText.includes(text),
    { timeout: PATIENCE },
    text,
  );

/** Waits for a window whose address begins like this. */
export async function windowAt(browser, address) {
  const target = await browser.waitForTarget((target) => target.url().startsWith(address), {
    timeout: PATIENCE,
  });
  return target.page();
}

/** Waits for a button in the panel that can be used, and presses it. */
export async function pressInPanel(page, name) {
  const found = await page.waitForFunction(
    (name) =>
      [
        ...(document.querySelector("isession-panel")?.shadowRoot.querySelectorAll("button") ?? []),
      ].find(
        (button) =>
          button.textContent.startsWith(name) && button.checkVisibility() && !button.disabled,
      ),
    { timeout: PATIENCE },
    name,
  );
  await found.click();
}

/** Waits until the panel shows this text. */
export const panelShows = (page, text) =>
  page.waitForFunction(
    (text) => document.querySelector("isession-panel")?.shadowRoot.textContent.includes(text),
    { timeout: PATIENCE },
    text,
  );
