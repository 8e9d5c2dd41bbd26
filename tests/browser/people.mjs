// Visitors and agents in Chromium, by the roles and names that people find things by.

import { chromium } from "playwright-core";
import { PASSWORD } from "./node.mjs";

/** Playwright's defaults that would hide what these tests are about. */
const NOT_OURS = [
  "--disable-popup-blocking",
  "--disable-back-forward-cache",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

const AS_PEOPLE_HAVE_IT = {
  executablePath: CHROMIUM,
  ignoreDefaultArgs: NOT_OURS,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

/** A Chromium as people have it: popups are blocked, hidden tabs are throttled. */
export async function launchChromium({ executablePath = CHROMIUM, args = [] } = {}) {
  return chromium.launch({
    ...AS_PEOPLE_HAVE_IT,
    executablePath,
    args: [...AS_PEOPLE_HAVE_IT.args, ...args],
  });
}

/** One person's Chromium, whose profile lies in a folder and outlives it. */
export async function launchProfile(folder, { executablePath = CHROMIUM, args = [] } = {}) {
  const context = await chromium.launchPersistentContext(folder, {
    ...AS_PEOPLE_HAVE_IT,
    executablePath,
    args: [...AS_PEOPLE_HAVE_IT.args, ...args],
    viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(60_000);
  return context;
}

/** Ends a browser as a crash would: no page learns of it. */
export async function killBrowser(context) {
  const gone = new Promise((resolve) => context.once("close", resolve));
  const session = await context.newCDPSession(context.pages()[0]);
  await session.send("Browser.crash").catch(() => {});
  await gone;
}

/**
 * An agent signed in at the console, and available. A hostile one has a console that sends what
 * `rawLead` wants.
 */
export async function agentAtWork(browser, node, login = "ada", { query = "", hostile } = {}) {
  const context = await newContext(browser, { width: 1280, height: 800 });
  if (hostile) {
    await context.addInitScript(forgeLeads);
  }
  return agentAtWorkIn(context, node, login, query);
}

/** The same in a browser context that is there already. */
export async function agentAtWorkIn(context, node, login = "ada", query = "") {
  const page = await context.newPage();
  await page.goto(`${node.url}/console${query}`);
  const box = page.getByRole("textbox", { name: "Login" });
  const available = page.getByRole("switch", { name: "Available" });
  // A browser that died may have written the sign-in down, or not yet.
  await box.or(available).waitFor();
  if (await box.isVisible()) {
    await box.fill(login);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
  }
  await available.waitFor();
  if (!(await available.isChecked())) {
    await available.click();
  }
  await page.locator('[role="switch"][aria-checked="true"], [role="switch"]:checked').waitFor();
  return page;
}

/**
 * A visitor on the shop's page who clicks the plain link; gives both windows. Without an opener,
 * the companion's address was opened on its own.
 */
export async function visitorFromShop(browser, node, { opener = true, visitorQuery = "" } = {}) {
  const context = await newContext(browser, { width: 900, height: 700 });
  const shop = await context.newPage();
  await shop.goto(`${node.sites.shop}/`);
  const link = shop.getByRole("main").getByRole("link", { name: "Talk to us" });
  if (visitorQuery) {
    await link.evaluate((a, query) => (a.href += query), visitorQuery);
  }
  const opened = context.waitForEvent("page");
  if (opener) {
    await link.click();
  } else {
    const alone = await context.newPage();
    await alone.goto(`${node.url}/go/demo${visitorQuery}`);
  }
  const companion = await opened;
  // Whoever is accepted at once has no place to read.
  await companion.getByRole("status", { name: "Connection" }).waitFor();
  return { shop, companion, context };
}

/** The agent accepts the visitor who rings, or the first of them. */
export async function accept(agent) {
  await agent.getByRole("alert", { name: "Incoming visitor" }).first().waitFor();
  await agent.getByRole("button", { name: "Accept" }).first().click();
}

/** Waits until a page's connection says this. */
export async function connection(page, text) {
  await page
    .getByRole("status", { name: "Connection" })
    .filter({ hasText: text })
    .first()
    .waitFor();
}

/** Both sides have a direct or relayed channel. */
export async function connected(agent, companion, text = /direct/i) {
  await Promise.all([connection(agent, text), connection(companion, text)]);
}

/** What a window's title says follows what is shown by a frame. */
export const titled = (page, title) =>
  page.waitForFunction((title) => document.title === title, title);

/** A visitor and an agent in a session of their own. */
export async function session(browser, node, options = {}) {
  const { agentQuery: query, hostile } = options;
  const agent = await agentAtWork(browser, node, "ada", { query, hostile });
  const visitor = await visitorFromShop(browser, node, options);
  await accept(agent);
  await connected(agent, visitor.companion, options.path);
  const close = async () => {
    await visitor.companion.getByRole("button", { name: "End session" }).click();
    await visitor.companion.getByRole("button", { name: "Start again" }).waitFor();
    await agent.context().close();
    await visitor.context.close();
  };
  return { agent, ...visitor, close };
}

/** Says something, as either of the two. */
export async function say(page, text) {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Waits until a page's conversation holds this text. */
export async function heard(page, text) {
  await page.getByRole("log", { name: "Conversation" }).getByText(text).first().waitFor();
}

/** The agent leads to an address. */
export async function lead(agent, url) {
  await agent.getByRole("textbox", { name: "Address" }).fill(url);
  await agent.getByRole("button", { name: "Lead", exact: true }).click();
}

/** What a hostile agent's page does to the frames of its console; runs in the page. */
function forgeLeads() {
  const send = RTCDataChannel.prototype.send;
  const watched = [];
  RTCDataChannel.prototype.send = function (data) {
    if (typeof data !== "string" || window.forged === undefined) {
      return send.call(this, data);
    }
    const frame = JSON.parse(data);
    if (frame.body?.type !== "lead") {
      return send.call(this, data);
    }
    if (!watched.includes(this)) {
      watched.push(this);
      this.addEventListener("message", ({ data }) => {
        const { body } = JSON.parse(data);
        if (body?.type === "landing") {
          window.landed?.(`${body.landing.state}:${body.landing.why ?? ""}`);
        }
      });
    }
    frame.body.url = window.forged;
    send.call(this, JSON.stringify(frame));
  };
}

/** A hostile agent leads to an address as it is, past all of the console's checks. */
export async function rawLead(agent, url) {
  const landing = agent.evaluate((url) => {
    window.forged = url;
    return new Promise((resolve) => {
      window.landed = resolve;
    });
  }, url);
  await lead(agent, "https://forged.example/");
  return landing;
}

/** Waits until the agent reads this of the latest lead. */
export async function leadStatus(agent, text) {
  await agent.getByRole("status", { name: "Lead status" }).filter({ hasText: text }).waitFor();
}

/** Keeps a page's peer connections and channels in view; runs in the page. */
function watchPeers() {
  window.peers = [];
  window.channels = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...config) {
      super(...config);
      window.peers.push(this);
    }
    createDataChannel(...config) {
      const channel = super.createDataChannel(...config);
      window.channels.push(channel);
      return channel;
    }
  };
}

/** Waits until as many of a page's peer connections are in this state. */
export async function peersAre(page, state, count) {
  await page.waitForFunction(
    ([state, count]) => window.peers.filter((pc) => pc.connectionState === state).length === count,
    [state, count],
  );
}

/** Waits until a page has a channel to talk by. */
export async function talkIsOpen(page) {
  await page.waitForFunction(() =>
    window.channels.some(({ label, readyState }) => label === "talk" && readyState === "open"),
  );
}

/** A person of their own: no cookie or storage is shared with others. */
export async function newContext(browser, viewport) {
  const context = await browser.newContext({ viewport });
  await context.addInitScript(watchPeers);
  context.setDefaultTimeout(60_000);
  return context;
}

/**
 * Opens closed shadow roots, so that a test can look into a page as a person does; runs in the
 * page. What is shipped has no such door.
 */
export function openShadows() {
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (init) {
    return attach.call(this, { ...init, mode: "open" });
  };
}

/** A visitor on a page of the shop who opens the panel. */
export async function visitorInPanel(browser, node, { at = "/", context: known } = {}) {
  const context = known ?? (await newContext(browser, { width: 1280, height: 800 }));
  if (!known) {
    await context.addInitScript(openShadows);
  }
  const shop = await context.newPage();
  await shop.goto(`${node.sites.shop}${at}`);
  await shop.getByRole("button", { name: /^Talk to us/ }).click();
  await shop.getByRole("status", { name: "Connection" }).waitFor();
  return { shop, context };
}
