// What a mirror costs, over a real data channel between two pages of one machine.

import { brotliCompressSync } from "node:zlib";
import { median } from "./figures.mjs";
import { batches, bundle, openView, screenOf, servePages } from "./mirror.mjs";

const many = (count, one) => Array.from({ length: count }, (_, n) => one(n)).join("");
const STYLE = `<style>body{font:16px sans-serif;margin:0}header,nav{background:#123;color:#fff;padding:1em}
.grid{display:grid;grid-template-columns:repeat(4,1fr);gap:1em}.card{border:1px solid #ccc;padding:1em}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #ddd;padding:.4em}</style>`;

/** Three kinds of page that people need help with. */
const PAGES = {
  shop: `<header><h1>Shop</h1><nav>${many(12, (n) => `<a href="/c/${n}?ref=${n}">Category ${n}</a>`)}</nav></header>
    <main class="grid">${many(120, (n) => `<article class="card" data-id="${n}"><h2><a href="/p/${n}">Lantern no. ${n}</a></h2><p>Burns for ${n} hours, and ${n % 7} more on a windy night.</p><p class="price"><b>${n}.95</b> €</p><form><input type="number" value="1"><button>Add to basket</button></form></article>`)}</main>`,
  dashboard: `<nav><h1>Dashboard</h1></nav><svg width="600" height="200">${many(80, (n) => `<rect x="${n * 7}" y="${(n * 37) % 150}" width="6" height="${200 - ((n * 37) % 150)}" fill="#27c"/>`)}</svg>
    <table><thead><tr><th>Order</th><th>Customer</th><th>State</th><th>Sum</th></tr></thead><tbody>${many(100, (n) => `<tr><td>${n}</td><td>Customer ${(n * 7919) % 1000}</td><td><span class="state">${n % 3 ? "sent" : "open"}</span></td><td>${(n * 104729) % 9973} €</td></tr>`)}</tbody></table>`,
  form: `<main><h1>Application</h1>${many(60, (n) => `<fieldset><legend>Question ${n}</legend><label>Answer <input name="q${n}" value="${n}"></label><label><input type="checkbox"> yes</label><select>${many(10, (o) => `<option>Option ${o}</option>`)}</select><p>Please answer as it is in your papers, section ${n}.</p></fieldset>`)}<textarea>text</textarea></main>`,
};

/** Prints the figures; the node's site must allow the origin of `pages`. */
export async function measureMirror(browser, node, print) {
  const record = await bundle("mirror/src/record.ts", "isessionRecord", { minify: true });
  const view = await bundle("mirror/src/view.ts", "isessionView", { minify: true });
  print("mirror, record part", brotliCompressSync(record).length, "bytes, brotli");
  print("mirror, view part of the console", brotliCompressSync(view).length, "bytes, brotli");
  const html = await (await fetch(`${node.url}/mirror/demo`)).text();
  const [, replay] = /src="([^"]+)"/.exec(html);
  const text = await (await fetch(node.url + replay)).text();
  print("mirror, replay part", brotliCompressSync(text).length, "bytes, brotli");
  const pages = await servePages((url) => {
    const page = PAGES[url.slice(1)];
    return page && ["text/html", `<!doctype html><html><head>${STYLE}</head><body>${page}</body>`];
  });
  try {
    for (const name of Object.keys(PAGES)) {
      const { nodes, bytes, shown, mutations } = await measurePage(browser, node, pages, name, {
        record,
        view,
      });
      print(
        `mirror of a ${name} (${nodes} nodes)`,
        `snapshot ${bytes} bytes deflated, ${shown} ms from start to shown,`,
        `mutation to replay median ${median(mutations)} ms of ${mutations.length}`,
      );
    }
  } finally {
    pages.close();
  }
}

async function measurePage(browser, node, pages, name, { record, view }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const agent = await context.newPage();
  const visitor = await context.newPage();
  await visitor.goto(`${pages.origin}/${name}`);
  await openView(agent, node.url, view);
  await connect(visitor, agent);
  await agent.evaluate(() => {
    window.bulk.onmessage = ({ data }) => window.view.take(data);
  });
  await visitor.evaluate(`${record}; window.isessionRecord = isessionRecord`);
  // The frame is ready by the time at which a visitor has read the question.
  await agent.evaluate(() => window.view.at({ x: 0, y: 0 }));
  const shown = agent.evaluate(async () => {
    await window.wait((news) => news.startsWith("shown "));
    return Date.now();
  });
  const began = await visitor.evaluate((origin) => {
    window.messages = [];
    const began = Date.now();
    window.isessionRecord.startMirror({
      window,
      policy: { query: [], unmask: [], origins: [origin] },
      view: "page1",
      ours: "isession-panel",
      glance() {},
      outlet: {
        send(message) {
          window.messages.push([...message]);
          window.bulk.send(message);
          return true;
        },
        onRoom: () => () => {},
        onOpen: () => () => {},
        onMirror: () => () => {},
      },
    });
    return began;
  }, pages.origin);
  const took = (await shown) - began;
  const messages = await visitor.evaluate(() => window.messages);
  const bytes = messages.reduce((sum, { length }) => sum + length, 0);
  const nodes = batches(messages)[0].match(/"id":/g).length;
  const mutations = [];
  const screen = screenOf(agent);
  for (let round = 0; round < 20; round += 1) {
    const seen = screen.evaluate((round) => {
      const page = document.querySelector("iframe").contentDocument;
      return new Promise((resolve) => {
        new MutationObserver((_, observer) => {
          if (page.body.lastChild?.textContent === `round ${round}`) {
            observer.disconnect();
            resolve(Date.now());
          }
        }).observe(page.body, { childList: true, subtree: true });
      });
    }, round);
    const changed = await visitor.evaluate((round) => {
      const added = document.createElement("p");
      added.textContent = `round ${round}`;
      document.body.append(added);
      return Date.now();
    }, round);
    mutations.push((await seen) - changed);
  }
  await context.close();
  return { nodes, bytes, shown: took, mutations };
}

/** Connects two pages by a data channel, `window.bulk` in both. */
async function connect(one, other) {
  const open = () => {
    window.pc = new RTCPeerConnection();
    window.bulk = window.pc.createDataChannel("bulk", { negotiated: true, id: 2 });
    window.bulk.binaryType = "arraybuffer";
    window.opened = new Promise((resolve) => {
      window.bulk.onopen = resolve;
    });
  };
  const describe = async (remote) => {
    const { pc } = window;
    if (remote) {
      await pc.setRemoteDescription(remote);
    }
    if (pc.signalingState !== "stable" || !remote) {
      await pc.setLocalDescription();
      while (pc.iceGatheringState !== "complete") {
        await new Promise((resolve) => pc.addEventListener("icegatheringstatechange", resolve));
      }
    }
    return pc.localDescription.toJSON();
  };
  await one.evaluate(open);
  await other.evaluate(open);
  const offer = await one.evaluate(describe);
  await one.evaluate(describe, await other.evaluate(describe, offer));
  await Promise.all(
    [one, other].map((page) => page.evaluate(async () => void (await window.opened))),
  );
}
