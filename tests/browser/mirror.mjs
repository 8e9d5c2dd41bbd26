// The mirror's two halves on their own: bundles of them, and pages to try them on.

import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";

const web = join(dirname(fileURLToPath(import.meta.url)), "../../web");
const require = createRequire(join(web, "package.json"));

/** A module of the web packages, with all that it needs, as one script's text. */
export async function bundle(entry) {
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
      lib: { entry: join(web, "packages", entry), formats: ["es"], fileName: "bundle" },
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
