// A page of the site and the console's view of it, with nothing in between but the messages.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchFirefox } from "../firefox.mjs";
import { askScreen, beginMirror, bundle, mirrorPage, openView, screenOf } from "../mirror.mjs";
import { startNode } from "../node.mjs";
import { launchChromium } from "../people.mjs";

let node;
let halves;
before(async () => {
  [node, ...halves] = await Promise.all([
    startNode(),
    bundle("mirror/src/record.ts", "isessionRecord"),
    bundle("mirror/src/view.ts", "isessionView"),
  ]);
});
after(() => node.close());

for (const [name, launch] of [
  ["Chromium", launchChromium],
  ["Firefox", launchFirefox],
]) {
  describe(name, () => {
    let browser;
    let visitor;
    let agent;
    let screen;
    before(async () => {
      browser = await launch();
      agent = await browser.newPage();
      visitor = await browser.newPage();
      await visitor.goto(`${node.sites.shop}/`);
      const [record, view] = halves;
      await openView(agent, node.url, view);
      await mirrorPage(visitor, agent, record, [node.sites.shop]);
      await agent.evaluate(() => window.wait((news) => news.startsWith("shown ")));
      screen = screenOf(agent);
    });
    after(() => browser.close());

    /** Asks something of the page that the agent sees. */
    const replayed = (question, arg) => askScreen(screen, question, arg);

    /** Waits until this holds there. A tab in the background has no frames to wait for. */
    async function seen(check, arg) {
      while (!(await replayed(check, arg))) {
        await agent.evaluate(() => new Promise((resolve) => queueMicrotask(resolve)));
      }
    }

    /** Waits until the pointer is there, or is not shown. */
    async function pointerIs(wanted) {
      const place = () => {
        const pointer = document.querySelector(".pointer");
        const [x, y] = pointer.style.transform.match(/-?[\d.]+(?=px)/g) ?? [];
        return pointer.hidden ? null : { x: Number(x), y: Number(y) };
      };
      const near = (at) =>
        wanted === null || at === null
          ? wanted === at
          : Math.abs(at.x - wanted.x) < 1 && Math.abs(at.y - wanted.y) < 1;
      while (!near(await screen.evaluate(place))) {
        await agent.evaluate(() => new Promise((resolve) => queueMicrotask(resolve)));
      }
    }

    test("the agent sees the page with the site's own style", async () => {
      const looks = (page) => ({
        title: page.querySelector("h1").textContent,
        font: getComputedStyle(page.body).fontFamily,
        color: getComputedStyle(page.querySelector("h1")).color,
        width: page.documentElement.clientWidth,
      });
      await seen((page) => [...page.styleSheets].some(({ href }) => href?.endsWith("/style.css")));
      const visitors = await visitor.evaluate(`(${looks})(document)`);
      assert.deepEqual(await replayed(looks), visitors);
    });

    test("the agent sees what changes", async () => {
      await visitor.evaluate(() => {
        const added = document.createElement("p");
        added.id = "added";
        added.textContent = "added just now";
        document.querySelector("main").prepend(added);
      });
      await seen((page) => page.getElementById("added")?.textContent === "added just now");
      await visitor.evaluate(() => document.getElementById("added").remove());
      await seen((page) => !page.getElementById("added"));
    });

    test("how much is typed does not show", async () => {
      const told = async (text) => {
        await visitor.evaluate(() => {
          const field = document.createElement("input");
          field.id = "typed";
          document.body.append(field);
          window.sentEvents.length = 0;
        });
        await visitor.focus("#typed");
        await visitor.keyboard.type(text);
        await seen((page) => page.getElementById("typed")?.value === "•••••");
        await visitor.evaluate(() => document.getElementById("typed").remove());
        await seen((page) => !page.getElementById("typed"));
        const events = await visitor.evaluate(() => window.sentEvents);
        const id = events.find((event) => event.data.source === 5).data.id;
        return events
          .filter((event) => event.data.source === 5 && event.data.id === id)
          .map(({ data }) => [data.text, data.isChecked]);
      };
      assert.deepEqual(await told("a"), [["•••••", false]]);
      assert.deepEqual(await told("a much longer secret"), [["•••••", false]]);
    });

    test("what the agent clicks is the same element at the visitor's", async () => {
      const link = await replayed((page) => {
        const { left, top, width, height } = page.querySelector("main a").getBoundingClientRect();
        return { x: left + width / 2, y: top + height / 2 };
      });
      const hit = await agent.evaluate(
        ({ x, y }) => window.view.at({ x: x * window.scale, y: y * window.scale }),
        link,
      );
      const found = await visitor.evaluate(
        ({ node }) => window.recording.element(node) === document.querySelector("main a"),
        hit,
      );
      assert.ok(found, JSON.stringify(hit));
      const text = await visitor.evaluate(() => document.querySelector("main a").textContent);
      assert.equal(hit.label, `link: ${text.trim()}`);
      assert.match(hit.href, /^https?:/);
      assert.equal(await visitor.evaluate(() => window.recording.element(999_999)), null);
    });

    test("the visitor's pointer and scroll are followed", async () => {
      await visitor.evaluate(() => {
        const tall = document.createElement("div");
        tall.style.height = "5000px";
        document.body.append(tall);
      });
      await visitor.mouse.move(120, 80);
      await visitor.evaluate(() => window.scrollTo({ top: 700, behavior: "instant" }));
      await seen((page) => Math.round(page.defaultView.scrollY) === 700);
      const scale = await agent.evaluate(() => window.scale);
      await pointerIs({ x: 120 * scale, y: 80 * scale });
    });

    test("a finger is followed until it is lifted", async () => {
      const touch = (type, at) =>
        visitor.evaluate(
          ([type, at]) => {
            const options = { bubbles: true, composed: true, pointerType: "touch" };
            const [clientX, clientY] = at;
            document.body.dispatchEvent(new PointerEvent(type, { ...options, clientX, clientY }));
          },
          [type, at],
        );
      const scale = await agent.evaluate(() => window.scale);
      await touch("pointerdown", [240, 250]);
      await pointerIs({ x: 240 * scale, y: 250 * scale });
      await touch("pointermove", [260, 270]);
      await pointerIs({ x: 260 * scale, y: 270 * scale });
      await touch("pointerup", [260, 270]);
      await pointerIs(null);
    });

    test("where the pointer is on what is masked does not show", async () => {
      await visitor.evaluate(() => {
        window.scrollTo({ top: 0, behavior: "instant" });
        const pad = document.createElement("div");
        pad.id = "pad";
        pad.setAttribute("data-isession-mask", "");
        pad.style.cssText = "position:fixed;inset:0 auto auto 0;width:200px;height:200px";
        pad.append(
          ...[1, 2, 3].map((key) =>
            Object.assign(document.createElement("button"), { textContent: key }),
          ),
        );
        document.body.append(pad);
      });
      await visitor.mouse.move(300, 300);
      const scale = await agent.evaluate(() => window.scale);
      await pointerIs({ x: 300 * scale, y: 300 * scale });
      await visitor.evaluate(() => {
        window.glances.length = 0;
      });
      for (const x of [10, 50, 100]) {
        await visitor.mouse.move(x, 20);
        await pointerIs(null);
      }
      await visitor.mouse.move(310, 310);
      await pointerIs({ x: 310 * scale, y: 310 * scale });
      const told = await visitor.evaluate(() => {
        document.getElementById("pad").remove();
        return window.glances.filter(({ at }) => at && at.x < 200);
      });
      assert.deepEqual(
        told.filter(({ type }) => type === "pointer"),
        [],
      );
    });

    test("a picture that was lost comes again", async () => {
      await agent.evaluate(() => window.view.take(new Uint8Array([1, 1, 255]).buffer));
      await agent.evaluate(() => window.wait((news) => news === "broken"));
      await agent.evaluate(() => window.wait((news) => news.startsWith("shown ")));
    });

    test("what is masked later disappears from what is shown", async () => {
      const title = await visitor.evaluate(() => document.querySelector("h1").textContent);
      await seen((page, title) => page?.querySelector("h1")?.textContent === title, title);
      await visitor.evaluate(() => {
        document.querySelector("h1").setAttribute("data-isession-mask", "");
      });
      await seen((page) => page.querySelector("h1")?.textContent === "•••••");
    });

    test("a mirror that ended begins again in the same page", async () => {
      await visitor.evaluate(() => {
        window.recording.stop();
        window.scrollTo({ top: 0, behavior: "instant" });
        const added = document.createElement("p");
        added.id = "meanwhile";
        added.textContent = "meanwhile";
        document.querySelector("main").prepend(added);
      });
      await beginMirror(visitor, halves[0], [node.sites.shop], { view: "page1" });
      await seen((page) => page?.getElementById("meanwhile") !== null);
      await visitor.evaluate(() => {
        const sheet = new CSSStyleSheet();
        document.adoptedStyleSheets = [sheet];
        sheet.insertRule("#meanwhile { color: rgb(1, 2, 3) }");
        window.scrollTo({ top: 500, behavior: "instant" });
      });
      await seen((page) => Math.round(page?.defaultView.scrollY) === 500);
      await seen(
        (page) => getComputedStyle(page.getElementById("meanwhile")).color === "rgb(1, 2, 3)",
      );
    });

    test("the mirror goes on with the next page", async () => {
      await visitor.goto(`${node.sites.shop}/cart`);
      await beginMirror(visitor, halves[0], [node.sites.shop], { view: "page2" });
      await agent.evaluate(() => window.wait((news) => news === "shown page2"));
      const title = await visitor.evaluate(() => document.querySelector("h1").textContent);
      await seen((page, title) => page?.querySelector("h1")?.textContent === title, title);
      // The view is still the same, and counts the new page's glances from the beginning.
      await visitor.mouse.move(130, 90);
      const scale = await agent.evaluate(() => window.scale);
      await pointerIs({ x: 130 * scale, y: 90 * scale });
    });
  });
}
