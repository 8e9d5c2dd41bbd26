// The demo's websites: a shop that uses iSession, and a second origin that stands for any third
// party. The browser tests visit the same pages.
//
//   node server.mjs --node http://localhost:8080 --shop 8081 --elsewhere 8082

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const pages = join(dirname(fileURLToPath(import.meta.url)), "pages");
const kinds = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8" };

const shop = {
  "/": "shop.html",
  "/cart": "cart.html",
  "/strict": "strict.html",
  "/locked": "locked.html",
  "/isolated": "isolated.html",
  "/style.css": "style.css",
};

const elsewhere = {
  "/": "elsewhere.html",
  "/coop": "coop.html",
  "/style.css": "style.css",
};

/** What a page must send besides itself. */
const headers = {
  // Cut off from every other window, and nothing in it that did not agree to be.
  "isolated.html": {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  },
  // As strict as can be with the panel.
  "locked.html": (node) => ({
    "content-security-policy":
      `default-src 'none'; style-src 'self'; script-src ${node}; ` +
      `connect-src ${node} ${node.replace(/^http/, "ws")}; ` +
      "require-trusted-types-for 'script'; trusted-types 'none'",
  }),
  "coop.html": { "cross-origin-opener-policy": "same-origin" },
  // A page that locks everything down but what the embed guide asks for.
  "strict.html": (node) => ({
    "content-security-policy":
      `default-src 'none'; style-src 'self'; script-src ${node}; connect-src ${node}; ` +
      "require-trusted-types-for 'script'; trusted-types 'none'",
  }),
};

function serve(routes, node, port, policies) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (path === "/favicon.ico") {
      response.writeHead(204).end();
      return;
    }
    const file = routes[path];
    if (!file) {
      response.writeHead(404, { "content-type": "text/plain" }).end("There is no such page.\n");
      return;
    }
    const text = await readFile(join(pages, file), "utf8");
    const extra = headers[file];
    response.writeHead(200, {
      "content-type": kinds[file.split(".").pop()],
      "cache-control": "no-cache",
      ...(typeof extra === "function" ? extra(node) : extra),
      ...(policies.has(path) && { "content-security-policy": policies.get(path) }),
    });
    response.end(text.replaceAll("{{node}}", node));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/** Serves both origins; port 0 takes any free port. */
export async function serveDemo({ node, shopPort = 0, elsewherePort = 0 }) {
  const policies = new Map();
  const shopServer = await serve(shop, node, shopPort, policies);
  const elsewhereServer = await serve(elsewhere, node, elsewherePort, new Map());
  return {
    shop: `http://shop.localhost:${shopServer.address().port}`,
    elsewhere: `http://elsewhere.localhost:${elsewhereServer.address().port}`,
    /** Content security policies that the shop's pages send from now on, by path; for tests. */
    policies,
    close() {
      for (const server of [shopServer, elsewhereServer]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name) => process.argv[process.argv.indexOf(`--${name}`) + 1];
  const demo = await serveDemo({
    node: option("node"),
    shopPort: Number(option("shop")),
    elsewherePort: Number(option("elsewhere")),
  });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => demo.close());
  }
  // Ends with whoever started it, however that ends.
  process.stdin.once("end", () => demo.close()).resume();
  console.log(`demo sites: ${demo.shop} and ${demo.elsewhere}`);
}
