// The mirror's two halves on their own: bundles of them, and pages to try them on.

import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";

const web = join(dirname(fileURLToPath(import.meta.url)), "../../web");
const require = createRequire(join(web, "package.json"));

/** A module of the web packages, with all that it needs, as one script's text; with a name, a classic one. */
export async function bundle(entry, name, { minify = false } = {}) {
  const { build } = await import(pathToFileURL(require.resolve("vite")).href);
  const [{ output }] = await build({
    configFile: false,
    logLevel: "error",
    publicDir: false,
    root: web,
    build: {
      write: false,
      minify,
      target: "es2022",
      lib: {
        entry: join(web, "packages", entry),
        formats: [name ? "iife" : "es"],
        fileName: "bundle",
        ...(name && { name }),
      },
    },
  });
  return output[0].code;
}

/** Serves what `answer(path, request)` gives: `[type, body, headers?]`, or nothing. */
export async function servePages(answer) {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push(request.url);
    const [type, body, headers = {}] = answer(request.url, request) ?? ["text/plain", ""];
    response.writeHead(200, { "content-type": type, "cache-control": "no-store", ...headers });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://localhost:${server.address().port}`,
    server,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The batches in messages of `bulk`, given as arrays of numbers. */
export function batches(messages) {
  const whole = [];
  let pieces = [];
  for (const message of messages) {
    const bytes = Buffer.from(message);
    pieces.push(bytes.subarray(2));
    if (bytes[1] & 1) {
      whole.push(inflateRawSync(Buffer.concat(pieces)).toString("utf8"));
      pieces = [];
    }
  }
  return whole;
}

/** Counts what asks for it: each case has a path of its own, `/0/`, `/1/` and so on. */
export async function serveCanary() {
  const asked = new Set();
  const waiting = new Map();
  let connections = 0;
  const pages = await servePages((url) => {
    const n = Number(/^\/(\d+)\//.exec(url)?.[1]);
    asked.add(n);
    waiting.get(n)?.();
    return ["text/plain", "", { connection: "close", "access-control-allow-origin": "*" }];
  });
  pages.server.on("connection", () => {
    connections += 1;
    waiting.get("connection")?.();
  });
  return {
    ...pages,
    address: (n) => `${pages.origin.replace("localhost", "127.0.0.1")}/${n}/c`,
    connections: () => connections,
    /** Waits until a case, or a connection, is there. */
    async fired(n) {
      if (!asked.has(n)) {
        await new Promise((resolve) => waiting.set(n, resolve));
      }
    },
    asked,
  };
}

/**
 * For pages: a page's text as the event of its full snapshot, with everything in it: no recorder
 * makes such. Document, html, head and body have the ids 1 to 4.
 */
export function craft(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fixed = new Map([
    [page, 1],
    [page.documentElement, 2],
    [page.head, 3],
    [page.body, 4],
  ]);
  let next = 9;
  const copy = (node) => {
    next += 1;
    const id = fixed.get(node) ?? next;
    const children = () => {
      const inner = node.localName === "template" ? node.content.childNodes : node.childNodes;
      return [...inner].map(copy).filter(Boolean);
    };
    switch (node.nodeType) {
      case 9:
        return { type: 0, id, childNodes: children() };
      case 10:
        return { type: 1, id, name: node.name, publicId: "", systemId: "" };
      case 1: {
        const attributes = Object.fromEntries([...node.attributes].map((a) => [a.name, a.value]));
        const svg = node.namespaceURI.endsWith("svg") && { isSVG: true };
        return { type: 2, id, tagName: node.localName, attributes, childNodes: children(), ...svg };
      }
      case 3:
        return { type: 3, id, textContent: node.data };
      default:
        return { type: 5, id, textContent: node.data ?? "" };
    }
  };
  return [
    { type: 4, timestamp: 1, data: { href: "http://shop.example/", width: 800, height: 600 } },
    { type: 2, timestamp: 1, data: { node: copy(page), initialOffset: { left: 0, top: 0 } } },
  ];
}

/** A case's page. */
export function pageOf({ html }, c, x) {
  const made = html?.(c, x) ?? "<p>harmless</p>";
  const {
    head = "",
    body = "",
    frameset,
  } = typeof made === "string" ? { head: "", body: "" } : made;
  const inner = typeof made === "string" ? made : "<p>harmless</p>";
  return `<!doctype html><html><head><title>x</title>${head}</head>${
    frameset ?? `<body ${body}>${inner}</body>`
  }</html>`;
}

/**
 * Puts a mirror into the console's page, which nobody is signed in to; `view` is the console's half
 * as a script that defines `isessionView`.
 */
export async function openView(page, node, view) {
  await page.goto(`${node}/console`);
  await page.evaluate(`${view}; window.isessionView = isessionView; window.craft = ${craft}`);
  await page.evaluate(() => {
    const news = [];
    let next = () => {};
    const tell = (what) => {
      news.push(what);
      next();
    };
    const parent = document.createElement("div");
    parent.style.cssText = "position:fixed;inset:0;z-index:9";
    document.body.append(parent);
    window.scale = 1;
    window.view = new window.isessionView.MirrorView({
      site: "demo",
      parent,
      onShown: (view) => tell(`shown ${view}`),
      onPlaced: ({ scale }) => {
        window.scale = scale;
      },
      onBroken: () => {
        tell("broken");
        window.ask?.();
      },
    });
    parent.querySelector("iframe").style.cssText = "width:100%;height:100%;border:0";
    /** Waits for news of this kind, and forgets those up to it. */
    window.wait = async (wanted) => {
      for (;;) {
        const index = news.findIndex(wanted);
        if (index >= 0) {
          return news.splice(0, index + 1).at(-1);
        }
        await new Promise((resolve) => {
          next = resolve;
        });
      }
    };
  });
}

/** Mirrors a page into a view, message by message; `record` defines `isessionRecord`. */
export async function mirrorPage(visitor, agent, record, origins) {
  await visitor.exposeFunction("toAgent", (kind, data) =>
    agent.evaluate(
      ([kind, data]) => {
        if (kind === "message") {
          window.view.take(new Uint8Array(data).buffer);
        } else if (data.type === "pointer") {
          window.view.pointer(data.n, data.at ?? null);
        } else {
          window.view.scroll(data.n, data.at);
        }
      },
      [kind, data],
    ),
  );
  await agent.exposeFunction("ask", () => visitor.evaluate(() => window.beginAnew()));
  await beginMirror(visitor, record, origins, { view: "page1" });
}

/** Begins to mirror the page that the visitor is on now. */
export async function beginMirror(visitor, record, origins, { view }) {
  await visitor.evaluate(`${record}; window.isessionRecord = isessionRecord`);
  await visitor.evaluate(
    ([policy, view]) => {
      window.sentEvents = [];
      window.glances = [];
      const pieces = [];
      const keep = async (pieces) => {
        const stream = new Blob(pieces).stream();
        const text = stream.pipeThrough(new DecompressionStream("deflate-raw"));
        window.sentEvents.push(...(await new Response(text).json()).events);
      };
      window.recording = window.isessionRecord.startMirror({
        window,
        policy,
        view,
        ours: "isession-panel",
        glance(glance) {
          window.glances.push(glance);
          void window.toAgent("glance", glance);
        },
        outlet: {
          send(message) {
            pieces.push(message.slice(2));
            const kept = message[1] & 1 ? keep(pieces.splice(0)) : Promise.resolve();
            void kept.then(() => window.toAgent("message", [...message]));
            return true;
          },
          onRoom: () => () => {},
          onOpen: () => () => {},
          onMirror(run) {
            window.beginAnew = run;
            return () => {};
          },
        },
      });
    },
    [{ query: [], unmask: [], origins }, view],
  );
}

/** The document in which a view's page is built; `page` is the tab that holds the view. */
export const screenOf = (page) =>
  page.frames().find((frame) => frame.parentFrame()?.url().includes("/mirror/"));

/** Asks something of the page that a view shows: `question(page, arg)` runs beside it. */
export const askScreen = (screen, question, arg) =>
  screen.evaluate(
    `(${question})(document.querySelector("iframe")?.contentDocument, ${JSON.stringify(arg)})`,
  );

/** Waits until the agent sees an element whose text is this, in the mirror of a console. */
export async function sees(agent, selector, text) {
  const shown = (page, [selector, text]) => page?.querySelector(selector)?.textContent === text;
  for (;;) {
    const screen = screenOf(agent);
    if (screen && (await askScreen(screen, shown, [selector, text]))) {
      return;
    }
    await agent.evaluate(() => new Promise(requestAnimationFrame));
  }
}
