// What a hostile visitor's pages and events do to the agent who looks at them: nothing. The same
// pages and events, shown without our frame, set off every trap.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchFirefox } from "../firefox.mjs";
import { HOSTILE, MALFORMED } from "../mirror/hostile.mjs";
import { bundle, craft, openView, pageOf, serveCanary, servePages } from "../mirror.mjs";
import { startNode } from "../node.mjs";
import { launchChromium } from "../people.mjs";

/** Traps that a browser does not step into by itself, or not any more. */
const DULL = {
  Chromium: ["an animated link", "preconnect"],
  Firefox: ["preconnect"],
};

let node;
let canary;
let control;
let view;

const script = (n) => {
  const address = `${canary.address(n)}x`;
  return `fetch('${address}',{mode:'no-cors'});top.postMessage('executed ${n}','*')`;
};
const incremental = (data) => ({ type: 3, timestamp: 2, data });
const changes = (place, n) => (place.events?.(canary.address(n), script(n)) ?? []).map(incremental);

before(async () => {
  [node, canary, view] = await Promise.all([
    startNode(),
    serveCanary(),
    bundle("mirror/src/view.ts", "isessionView"),
  ]);
  const rrweb = await bundle("../node_modules/@rrweb/replay/dist/replay.js");
  control = await servePages((url) => {
    const [, kind, n] = url.split("/");
    const place = HOSTILE[n];
    const html = place && pageOf(place, canary.address(n), script(n));
    switch (kind) {
      case "rrweb.js":
        return ["text/javascript", rrweb];
      case "plain":
        return ["text/html", html];
      case "raw":
        return [
          "text/html",
          `<!doctype html><body><script type="module">
            import { Replayer } from "/rrweb.js";
            const events = (${craft})(${JSON.stringify("<!doctype html><p>harmless</p>")});
            const replayer = new Replayer(events.slice(0, 1), {
              liveMode: true, useVirtualDom: false, UNSAFE_replayCanvas: true,
            });
            const changes = ${JSON.stringify(changes(place, n)).replaceAll("<", "\\u003c")};
            for (const event of [...events, ...changes]) {
              try { replayer.applyEventsSynchronously([event]) } catch {}
            }
          </script></body>`,
        ];
      default:
        return undefined;
    }
  });
});
after(async () => {
  canary.close();
  control.close();
  await node.close();
});

/** A view that can be given any text as a batch, and hears what is said to the console's page. */
async function openHostile(page) {
  await openView(page, node.url, view);
  await page.evaluate(() => {
    window.heard = [];
    addEventListener("message", ({ data }) => window.heard.push(data));
    window.give = async (text) => {
      const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
      const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
      const room = 65534;
      for (let at = 0; at < bytes.length; at += room) {
        const last = at + room >= bytes.length ? 1 : 0;
        window.view.take(new Uint8Array([1, last, ...bytes.subarray(at, at + room)]).buffer);
      }
    };
  });
}

/** Gives a batch, as an object or as a text. */
const give = (page, batch) =>
  page.evaluate(
    (text) => window.give(text),
    typeof batch === "string" ? batch : JSON.stringify(batch),
  );

/** Shows a page; whether it was taken. */
async function show(page, name, html) {
  const events = await page.evaluate((html) => window.craft(html), html);
  await give(page, { view: name, first: true, events });
  return page.evaluate(
    (name) => window.wait((news) => [`shown ${name}`, "broken"].includes(news)),
    name,
  );
}

/** A picture of the site's own is asked for twice, one after the other: all before is done. */
async function passBy(page, name) {
  for (const round of [1, 2]) {
    const html = `<!doctype html><body><img src="${node.sites.shop}/barrier?${name}-${round}">`;
    const asked = page.waitForRequest((request) =>
      request.url().endsWith(`/barrier?${name}-${round}`),
    );
    assert.equal(await show(page, `barrier-${round}`, html), `shown barrier-${round}`);
    await asked;
  }
}

for (const [name, launch] of [
  ["Chromium", launchChromium],
  ["Firefox", launchFirefox],
]) {
  describe(name, () => {
    let browser;
    before(async () => {
      canary.asked.clear();
      browser = await launch();
    });
    after(() => browser.close());

    test("nothing runs, nothing is fetched, and nobody is led away", async () => {
      const page = await browser.newPage();
      await openHostile(page);
      const connections = canary.connections();
      for (const [n, place] of HOSTILE.entries()) {
        const c = canary.address(n);
        await show(page, `case-${n}`, pageOf(place, c, script(n)));
        if (place.events) {
          await give(page, { view: `case-${n}`, first: false, events: changes(place, n) });
        }
        await passBy(page, `${n}`);
        assert.deepEqual(
          [...canary.asked].map((n) => HOSTILE[n].why),
          [],
          place.why,
        );
        assert.equal(canary.connections(), connections, place.why);
      }
      const heard = await page.evaluate(() => window.heard.filter((data) => data !== "mirror"));
      assert.deepEqual(heard, []);
      assert.ok(page.url().endsWith("/console"));
      await page.close();
    });

    test("what is no mirror is noticed, and the next one is shown", async () => {
      const page = await browser.newPage();
      await openHostile(page);
      for (const [why, batch] of MALFORMED) {
        await show(page, "good", "<!doctype html><p>good</p>");
        await give(page, batch);
        assert.equal(
          await page.evaluate(() => window.wait((news) => news === "broken")),
          "broken",
          why,
        );
        assert.equal(await show(page, "good", "<!doctype html><p>good</p>"), "shown good", why);
      }
      await page.evaluate(() => window.view.take(new Uint8Array([1, 1, 255, 255, 255]).buffer));
      assert.equal(
        await page.evaluate(() => window.wait((news) => news === "broken")),
        "broken",
        "no deflate",
      );
      const bomb = `{"view":"v","first":true,"events":[${" ".repeat(64 * 1024 * 1024)}]}`;
      await page.evaluate((length) => window.give(" ".repeat(length)), bomb.length);
      assert.equal(
        await page.evaluate(() => window.wait((news) => news === "broken")),
        "broken",
        "a bomb",
      );
      assert.equal(await show(page, "good", "<!doctype html><p>good</p>"), "shown good");
      await page.close();
    });

    test("neither the console nor its cookie is within reach of the frame", async () => {
      const page = await browser.newPage();
      await openHostile(page);
      await page.evaluate(() => {
        // biome-ignore lint/suspicious/noDocumentCookie: Firefox has no other way yet
        document.cookie = "agent=me";
      });
      await show(page, "v", "<!doctype html><p>x</p>");
      const frame = page.frames().find((frame) => frame.parentFrame()?.url().includes("/mirror/"));
      assert.ok(frame.url().startsWith("data:"));
      const reach = await frame.evaluate(() => {
        const tries = [
          () => top.document,
          () => parent.document,
          () => document.cookie,
          () => localStorage,
          () => top.location.href,
        ];
        return [
          self.origin,
          ...tries.map((attempt) => {
            try {
              return String(attempt());
            } catch (error) {
              return error.name;
            }
          }),
        ];
      });
      // Some browsers refuse to look for cookies there, others find none.
      const [origin, top, parent, cookie, ...rest] = reach;
      assert.ok(["", "SecurityError"].includes(cookie), cookie);
      assert.deepEqual([origin, top, parent, ...rest], ["null", ...Array(4).fill("SecurityError")]);
      await page.close();
    });

    test("each trap is a trap", async () => {
      const fires = HOSTILE.map(({ why }) => why).filter((why) => !DULL[name].includes(why));
      assert.ok(fires.length >= 40);
      for (const [n, place] of HOSTILE.entries()) {
        if (DULL[name].includes(place.why)) {
          continue;
        }
        const page = await browser.newPage();
        const kind = place.events ? "raw" : "plain";
        // Some never finish to load: they lead the page away.
        page.goto(`${control.origin}/${kind}/${n}`).catch(() => {});
        await canary.fired(n);
        await page.close();
      }
    });
  });
}
