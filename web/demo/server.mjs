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
  "/style.css": "style.css",
};

const elsewhere = {
  "/": "elsewhere.html",
  "/coop": "coop.html",
  "/style.css": "style.css",
};

/** What a page must send besides itself. */
const headers = {
  "coop.html": { "cross-origin-opener-policy": "same-origin" },
  // A page that locks everything down but what the embed guide asks for.
  "strict.html": (node) => ({
    "content-security-policy":
      `default-src 'none'; style-src 'self'; script-src ${node}; connect-src ${node}; ` +
      "require-trusted-types-for 'script'; trusted-types 'none'",
  }),
};

function serve(routes, node, port) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = routes[path];
    if (!file) {
      response.writeHead(404, { "content-type": "text/plain" }).end("There is no such page.\n");
      return;
    }
    const text = await readFile(join(pages, file), "utf8");
    const extra = headers[file];
    response.writeHead(200, {
      "content-type": kinds[file.split(".").pop()],
      "cache-control": "no-store",
      ...(typeof extra === "function" ? extra(node) : extra),
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
  const shopServer = await serve(shop, node, shopPort);
  const elsewhereServer = await serve(elsewhere, node, elsewherePort);
  return {
    shop: `http://shop.localhost:${shopServer.address().port}`,
    elsewhere: `http://elsewhere.localhost:${elsewhereServer.address().port}`,
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
