// What the other flows of the setup bench need in the cloud: their pages, a relay of signals
// between two pages, and PeerJS's own server.
//
//   node server.mjs ADDRESS

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";

// Packages are installed once, beside the browser tests.
const require = createRequire(new URL("../../browser/package.json", import.meta.url));
const { WebSocketServer } = require("ws");
const { PeerServer } = require("peer");

const [host] = process.argv.slice(2);
const files = {
  "/textbook.html": new URL("textbook.html", import.meta.url),
  "/peerjs.html": new URL("peerjs.html", import.meta.url),
  "/peerjs.min.js": require.resolve("peerjs/dist/peerjs.min.js"),
};

const pages = createServer(async (request, response) => {
  const file = files[new URL(request.url, "http://here").pathname];
  const type = request.url.includes(".js") ? "text/javascript" : "text/html; charset=utf-8";
  response.writeHead(file ? 200 : 404, { "content-type": type });
  response.end(file && (await readFile(file)));
});

// One agent and one visitor at a time: what one says, the other hears.
const sides = new Set();
new WebSocketServer({ server: pages }).on("connection", (socket) => {
  socket._socket.setNoDelay(true);
  sides.add(socket);
  socket.on("close", () => sides.delete(socket));
  socket.on("message", (data) => {
    for (const side of sides) {
      if (side !== socket) {
        side.send(data.toString());
      }
    }
  });
});

PeerServer({ host, port: 9000, path: "/" }, () =>
  pages.listen(8080, host, () => console.log("ready")),
);

// Ends with whoever started it, however that ends.
process.stdin.once("end", () => process.exit()).resume();
