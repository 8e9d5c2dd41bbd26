// The agent's whole browser dies in the middle of a session, without a word, and comes back.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { find, launchFirefox, press, reads, status } from "../firefox.mjs";
import { end, PASSWORD } from "../node.mjs";
import {
  accept,
  agentAtWork,
  agentAtWorkIn,
  connected,
  connection,
  heard,
  killBrowser,
  launchProfile,
  say,
  visitorFromShop,
} from "../people.mjs";
import { withNode } from "../with_node.mjs";

/** In every message, so that it can be looked for on the disk. */
const CANARY = "kanarienvogel";

const { node, browser } = await withNode({ retention: 60 });
let profile;

before(async () => {
  profile = await mkdtemp(join(tmpdir(), "isession-profile-"));
});

after(() => rm(profile, { recursive: true, force: true }));

const messages = (page) =>
  page.getByRole("log", { name: "Conversation" }).locator("li.message > p").allInnerTexts();

const words = (...texts) => texts.map((text) => `${CANARY} ${text}`);

test("a session, and later its end, are there after the browser died", async () => {
  let agents = await launchProfile(profile);
  let agent = await agentAtWorkIn(agents, node);
  const { companion, context } = await visitorFromShop(browser, node);
  await accept(agent);
  await connected(agent, companion);
  await say(companion, `${CANARY} hello`);
  await heard(agent, "hello");
  await say(agent, `${CANARY} good morning`);
  await heard(companion, "good morning");
  // Whatever the visitor has read is kept: no waiting before the end.
  await killBrowser(agents);

  await say(companion, `${CANARY} are you there`);
  assert.deepEqual(await filesWith(profile, CANARY), []);
  assert.notDeepEqual(await filesWith(profile, "IndexedDB"), [], "the profile can be searched");

  agents = await launchProfile(profile);
  agent = await agentAtWorkIn(agents, node);
  await connected(agent, companion);
  await heard(agent, "are you there");
  await say(agent, `${CANARY} here again`);
  await heard(companion, "here again");
  const all = words("hello", "good morning", "are you there", "here again");
  assert.deepEqual(await messages(agent), all);
  assert.deepEqual(await messages(companion), all);

  // What ended stays for the site's retention, to be read only.
  await companion.getByRole("button", { name: "End session" }).click();
  await agent.getByRole("status", { name: "Connection" }).filter({ hasText: /ended/ }).waitFor();
  await agents.close();
  agents = await launchProfile(profile);
  agent = await agentAtWorkIn(agents, node);
  await heard(agent, "here again");
  assert.deepEqual(await messages(agent), all);
  assert.equal(await agent.getByRole("textbox", { name: "Message" }).count(), 0);

  // Signing out leaves nothing for whoever signs in next.
  await agent.getByRole("button", { name: "Sign out" }).click();
  await agent.getByRole("textbox", { name: "Login" }).waitFor();
  agent = await agentAtWorkIn(agents, node);
  await agent.getByText("You are available.").waitFor();
  assert.equal(await agent.getByRole("tab").count(), 0);
  assert.deepEqual(await filesWith(profile, CANARY), []);
  await agents.close();
  await context.close();
});

test("a second window of the console has the sessions, and the first can have them back", async () => {
  const first = await agentAtWork(browser, node);
  const { companion, context } = await visitorFromShop(browser, node);
  await accept(first);
  await connected(first, companion);
  await say(first, "from the first window");
  await heard(companion, "from the first window");

  const second = await first.context().newPage();
  await second.goto(`${node.url}/console`);
  await connected(second, companion);
  await first.getByText("This one is out of work.").waitFor();
  await first.getByRole("tab").waitFor({ state: "detached" });
  await say(second, "from the second window");
  await heard(companion, "from the second window");

  await first.getByRole("button", { name: "Take over here" }).click();
  await connected(first, companion);
  await second.getByRole("tab").waitFor({ state: "detached" });
  await say(companion, "still one conversation");
  await heard(first, "still one conversation");
  const all = ["from the first window", "from the second window", "still one conversation"];
  assert.deepEqual(await messages(first), all);
  assert.deepEqual(await messages(companion), all);
  await first.getByRole("button", { name: "End session" }).click();
  await companion.getByRole("button", { name: "Start again" }).waitFor();
  await context.close();
  await first.context().close();
});

test("a session is there after Firefox was killed", async () => {
  const own = await mkdtemp(join(tmpdir(), "isession-profile-"));
  let firefox = await launchFirefox(own);
  let agent = await agentInFirefox(firefox);
  await press(agent, "switch", "Available");
  const { companion, context } = await visitorFromShop(browser, node);
  await press(agent, "button", "Accept");
  await Promise.all([connection(companion, /direct/i), status(agent, "Connection", "direct")]);
  await say(companion, "hello");
  await reads(agent, "hello");
  await (await find(agent, "textbox", "Message")).type("good morning");
  await press(agent, "button", "Send");
  await heard(companion, "good morning");
  await end(firefox.process(), "SIGKILL");
  await say(companion, "are you there");

  firefox = await launchFirefox(own);
  agent = await agentInFirefox(firefox);
  await Promise.all([connection(companion, /direct/i), status(agent, "Connection", "direct")]);
  await reads(agent, "are you there");
  const lines = await agent.$$eval('[role="log"] li.message > p', (all) =>
    all.map((line) => line.innerText),
  );
  assert.deepEqual(lines, ["hello", "good morning", "are you there"]);
  await press(agent, "button", "End session");
  await companion.getByRole("button", { name: "Start again" }).waitFor();
  await firefox.close();
  await context.close();
  await rm(own, { recursive: true, force: true });
});

/** Ada, signed in at the console in a Firefox. */
async function agentInFirefox(firefox) {
  const page = await firefox.newPage();
  await page.goto(`${node.url}/console`);
  await (await find(page, "textbox", "Login")).type("ada");
  await page.type('input[name="password"]', PASSWORD);
  await press(page, "button", "Sign in");
  await find(page, "switch", "Available");
  return page;
}

/** The files below a folder that hold this text, in the encodings that browsers store text in. */
async function filesWith(folder, text) {
  const needles = [Buffer.from(text, "utf8"), Buffer.from(text, "utf16le")];
  const found = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const inPath = path.slice(folder.length).includes(text);
    const empty = Buffer.alloc(0);
    // A browser that runs throws files of its own away between the list and the look.
    const content = entry.isFile() ? await readFile(path).catch(() => empty) : empty;
    if (inPath || needles.some((needle) => content.includes(needle))) {
      found.push(path);
    }
  }
  return found;
}
