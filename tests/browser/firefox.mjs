// A visitor in Debian's Firefox, driven over WebDriver BiDi.

import puppeteer from "puppeteer-core";

const PATIENCE = 20_000;

/** A Firefox as people have it: popups that nobody clicked for are blocked. */
export async function launchFirefox() {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    headless: true,
    extraPrefsFirefox: {
      "remote.prefs.recommended": false,
      "dom.disable_open_during_load": true,
    },
  });
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
