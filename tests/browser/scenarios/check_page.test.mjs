// The check page says what a network lets through, in words, and names no addresses.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible } from "../axe.mjs";
import { newCertificate } from "../certificate.mjs";
import { startNode } from "../node.mjs";
import { launchChromium } from "../people.mjs";

let certificate;
let browser;

before(async () => {
  certificate = await newCertificate();
  browser = await launchChromium({ args: [certificate.trust] });
});

after(async () => {
  await browser?.close();
  await certificate?.close();
});

/** The page of a node with these settings once it has its result; the test may interfere first. */
async function checked(set, interfere = async () => {}, tls = undefined) {
  const node = await startNode({ set, tls });
  const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: node.url });
  const page = await context.newPage();
  await interfere(page);
  await page.goto(`${node.url}/check`);
  await page.getByRole("button", { name: "Copy report", disabled: false }).waitFor();
  const close = async () => {
    await context.close();
    await node.close();
  };
  return { node, page, close };
}

const result = (page) => page.getByRole("status", { name: "Result" }).textContent();

/** What is said of one test. */
const line = (page, name) =>
  page.getByRole("list", { name: "Tests" }).getByRole("listitem").filter({ hasText: name });

test("where all that the node offers is open", async () => {
  const { node, page, close } = await checked([]);
  for (const name of ["WebSocket", "Direct paths", "Relay over UDP", "Data channels"]) {
    assert.match(await line(page, name).textContent(), /open$/, name);
  }
  assert.match(await result(page), /all is well/i);

  await page.getByRole("button", { name: "Copy report" }).click();
  await page.getByRole("status", { name: "Report" }).filter({ hasText: "copied" }).waitFor();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(report, /Relay over UDP: open/);
  assert.doesNotMatch(report, /\d+\.\d+\.\d+|localhost|:\d\d|check-/);
  assert.doesNotMatch(node.log(), /check-/);

  const before = page.viewportSize();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width: 360, height: 640 });
    await accessible(page, `check, ${colorScheme}, narrow`);
    const over = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    assert.ok(over <= 0, `${over} px too wide for a phone`);
    await page.setViewportSize(before);
    await accessible(page, `check, ${colorScheme}`);
  }
  await close();
});

test("every way to the relay, by one port with TLS", async () => {
  const { page, close } = await checked([], async () => {}, certificate);
  for (const transport of ["UDP", "TCP", "TLS"]) {
    assert.match(await line(page, `Relay over ${transport}`).textContent(), /open$/, transport);
  }
  assert.match(await result(page), /all is well/i);
  await close();
});

test("a node without a relay", async () => {
  const { page, close } = await checked(["turn.enabled=false"]);
  assert.match(await line(page, "Relay over UDP").textContent(), /not offered here/);
  assert.match(await result(page), /direct paths only/i);
  await close();
});

test("a relay that does not answer", async () => {
  // Port 9 is nobody's; what is sent there is swallowed or refused.
  const settings = [
    'turn.external.urls=["turn:127.0.0.1:9?transport=udp","turn:127.0.0.1:9?transport=tcp"]',
    "turn.external.secret=a-secret-that-is-long-enough",
  ];
  const { page, close } = await checked(settings);
  assert.match(await line(page, "Relay over UDP").textContent(), /blocked/);
  assert.match(await line(page, "Relay over TCP").textContent(), /blocked/);
  assert.match(await result(page), /blocks every way/i);
  await close();
});

test("a proxy that lets no WebSocket through", async () => {
  const { page, close } = await checked([], (page) =>
    page.routeWebSocket(/\/v1\/visitor$/, (socket) => socket.close()),
  );
  assert.match(await line(page, "WebSocket").textContent(), /blocked/);
  assert.match(await result(page), /blocks WebSockets/);
  await close();
});
