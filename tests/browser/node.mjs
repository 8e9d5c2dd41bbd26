// A real node for one test file: own database, own ports, own demo websites.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { serveDemo } from "../../web/demo/server.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const profile = process.env.BUILD_PROFILE ?? "debug";

/** The path of a program that this repository builds. */
export const program = (name) => join(root, "target", profile, name);

export const PASSWORD = "correct horse battery";

/**
 * Starts a node with the site `demo` and these agents, and the demo's websites.
 * `set` are settings such as `queue.ring_timeout=5`; `development` is the site's lead policy,
 * `preconnect` what it allows while it rings. With `tls`, which `newCertificate` gives, it speaks
 * https.
 */
export async function startNode({
  agents = ["ada"],
  set = [],
  development = true,
  preconnect = "relay",
  tls,
} = {}) {
  const folder = await mkdtemp(join(tmpdir(), "isession-"));
  const files = tls ? [`tls.certificate=${tls.certificate}`, `tls.key=${tls.key}`] : [];
  const settings = [`database=${join(folder, "isession.db")}`, ...files, ...set];
  // The websites name the node, and the node names the websites' origins: reserve a port first.
  const port = await freePort();
  const url = `${tls ? "https" : "http"}://localhost:${port}`;
  const sites = await serveDemo({ node: url });
  const site = ["site", "add", "demo", "--name", "Lantern & Co.", "--preconnect", preconnect];
  if (development) {
    site.push("--development");
  }
  const destination = `Somebody else's website=${sites.elsewhere}/`;
  await isession([...site, "--origin", sites.shop, "--destination", destination], settings);
  await addAgents(agents, settings);
  const listen = `127.0.0.1:${port}`;
  let running = await serve(["turn.listen=127.0.0.1:0", ...settings], { listen });
  return {
    url,
    sites,
    /** The log so far, one JSON object a line. */
    log: () => running.log.join("\n"),
    /** The metrics in text form. */
    metrics: () => (tls ? readTrusting(`${url}/metrics`, tls.pem) : read(`${url}/metrics`)),
    async stop(signal = "SIGTERM") {
      await end(running.child, signal);
    },
    async start() {
      running = await serve(["turn.listen=127.0.0.1:0", ...settings], { listen });
    },
    async close() {
      await end(running.child, "SIGTERM");
      sites.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a node that listens here; `inside` are words to put before the command. */
export async function serve(settings, { listen, inside = [] }) {
  const [command, ...words] = [...inside, program("isession"), "serve", "--listen", listen];
  const child = spawn(command, [...words, ...flags([...settings, "log=json"])], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, RUST_LOG: "info" },
  });
  const log = [];
  createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
  const lines = createInterface({ input: child.stdout });
  await Promise.race([
    once(lines, "line"),
    once(child, "exit").then(() => {
      throw new Error(`the node did not start:\n${log.join("\n")}`);
    }),
  ]);
  return { child, log };
}

/** Agents who sign in with `PASSWORD`. */
export async function addAgents(logins, settings) {
  for (const login of logins) {
    const name = login[0].toUpperCase() + login.slice(1);
    await isession(["agent", "add", login, "--name", name], settings, `${PASSWORD}\n`);
  }
}

/** Runs a command of the program to its end. */
export async function isession(words, settings, input = "") {
  const child = spawn(program("isession"), [...words, ...flags(settings)], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  const errors = [];
  child.stderr.on("data", (chunk) => errors.push(chunk));
  // A command that reads nothing may have ended already.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = await once(child, "exit");
  if (code !== 0) {
    throw new Error(`isession ${words.join(" ")}: ${Buffer.concat(errors)}`);
  }
}

const flags = (settings) => settings.flatMap((setting) => ["--set", setting]);

/** Ends a program that this process started, and waits until it is gone. */
export async function end(child, signal) {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }
}

const read = async (url) => (await fetch(url)).text();

async function readTrusting(url, ca) {
  const [answer] = await once(get(url, { ca }), "response");
  return text(answer);
}

async function freePort() {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
