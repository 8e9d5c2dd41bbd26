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
export async function bundle(entry, name) {
  const { build } = await import(pathToFileURL(require.resolve("vite")).href);
  const [{ output }] = await build({
    configFile: false,
    logLevel: "error",
    publicDir: false,
    root: web,
    build: {
      write: false,
      minify: false,
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
