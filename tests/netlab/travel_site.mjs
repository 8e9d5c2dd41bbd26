// A shop of two pages, heavy enough to be one; for travel.bench.mjs.
//
//   node travel_site.mjs ADDRESS PORT NODE

import { createServer } from "node:http";

const [address, port, node] = process.argv.slice(2);

const cards = Array.from(
  { length: 200 },
  (_, n) => `<li><h3>Lamp ${n}</h3><p>It bends where you read, and may stay out.</p></li>`,
).join("\n");

const page = (title) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<script async src="${node}/page.js" data-site="demo"></script>
<link rel="stylesheet" href="/style.css">
<script src="/shop.js" defer></script>
</head>
<body><main><h1>${title}</h1><ul>${cards}</ul></main></body>
</html>`;

/** As long as what shops load, and cached as theirs is. */
const style = Array.from({ length: 6000 }, (_, n) => `.c${n} { margin: ${n % 7}px; }`).join("\n");
const script = Array.from({ length: 2000 }, (_, n) => `const f${n} = (x) => x + ${n};`).join("\n");

const answers = {
  "/": ["text/html", page("Lamps")],
  "/cart": ["text/html", page("Your basket")],
  "/style.css": ["text/css", style],
  "/shop.js": ["text/javascript", script],
};

const server = createServer((request, response) => {
  const [kind, body] = answers[request.url] ?? [];
  if (!kind) {
    response.writeHead(404).end();
    return;
  }
  const cache = kind === "text/html" ? "no-cache" : "max-age=3600";
  response.writeHead(200, { "content-type": kind, "cache-control": cache }).end(body);
});
server.listen(Number(port), address, () => console.log("ready"));
process.stdin.once("end", () => process.exit()).resume();
