// A network laboratory for one test file: the program `isession-netlab`, and what runs in its
// namespaces. See README.md.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { end, program } from "../browser/node.mjs";

/** Why there can be no lab here, if so. */
export function whyNoLab() {
  if (process.getuid?.() !== 0) {
    return "the netlab needs root";
  }
  const probe = `isnl-${process.pid}-probe`;
  const made = spawnSync("ip", ["netns", "add", probe]);
  spawnSync("ip", ["netns", "delete", probe]);
  return made.status === 0 ? null : "the netlab needs `ip netns`, which does not work here";
}

/** Opens a lab without NAT and without delay. The seed decides what is lost when. */
export async function openLab({ seed = 1 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "netlab-"));
  const child = spawn(program("isession-netlab"), [`${seed}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) {
      throw new Error("the netlab ended");
    }
    const answer = JSON.parse(value);
    if (answer.failed) {
      throw new Error(`netlab: ${answer.failed}`);
    }
    return answer;
  };
  let turn = Promise.resolve();
  let { places } = await answer();
  /** One order after the other: answers come in their order. */
  const order = (what) => {
    turn = turn
      .catch(() => {})
      .then(() => {
        child.stdin.write(`${JSON.stringify(what)}\n`);
        return answer();
      });
    return turn;
  };
  const change = async (what) => {
    ({ places } = await order(what));
  };
  return {
    /** A folder for what the lab's programs need; it goes with the lab. */
    folder,
    /** `cloud`, `visitor` or `agent`: namespace and addresses as they are now. */
    place: (who) => places[who],
    /** What both ways of a leg do to packets from now on; what is not said does nothing. */
    shape: (leg, conditions, ways = ["up", "down"]) => change({ shape: { leg, ways, conditions } }),
    /** Lets nothing pass from one leg to another, or everything again. */
    cut: (from, to, cut = true) => change({ cut: { from, to, cut } }),
    /** none, full_cone, restricted, symmetric, udp_blocked or only443. */
    nat: (leg, nat) => change({ nat: { leg, nat } }),
    /** The machine turns up in another network of the same kind, with other addresses. */
    move: (leg) => change({ move: { leg } }),
    counts: async (leg, way) => (await order({ counts: { leg, way } })).counts,
    /** Words to put before a command, so that it runs at this place. */
    inside: (who) => ["ip", "netns", "exec", places[who].namespace],
    /** Starts a program at a place. */
    run(who, command, args, options = {}) {
      const [ip, ...words] = this.inside(who);
      return spawn(ip, [...words, command, ...args], options);
    },
    /** The path of a program that runs another one at a place: for who takes only a path. */
    async wrapper(who, command) {
      const path = join(folder, `${who}-${command.split("/").pop()}`);
      const line = [...this.inside(who), command].join(" ");
      await writeFile(path, `#!/bin/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
      return path;
    },
    /** A Unix socket that leads to a port of a place's loopback; sockets have no namespace. */
    async bridge(who, port) {
      const path = join(folder, `${who}-${port}.sock`);
      const bridge = this.run(who, process.execPath, [bridgeProgram, path, `${port}`], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      await once(bridge.stdout, "data");
      return path;
    },
    /** What a web server in the cloud answers; its addresses exist only there. */
    async fetch(url) {
      const script =
        "fetch(process.argv[1]).then(r => r.text()).then(t => process.stdout.write(t))";
      const child = this.run("cloud", process.execPath, ["-e", script, url], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const chunks = [];
      child.stdout.on("data", (chunk) => chunks.push(chunk));
      await once(child, "close");
      return Buffer.concat(chunks).toString();
    },
    /** Lets every place know these names: addresses by name. `ip netns exec` brings them in. */
    async name(names) {
      const lines = Object.entries({ localhost: "127.0.0.1", ...names });
      const hosts = lines.map(([name, address]) => `${address} ${name}\n`).join("");
      for (const { namespace } of Object.values(places)) {
        await mkdir(settingsOf(namespace), { recursive: true });
        await writeFile(join(settingsOf(namespace), "hosts"), hosts);
        // Without a server to ask, nothing is waited for.
        await writeFile(join(settingsOf(namespace), "resolv.conf"), "");
      }
    },
    async close() {
      for (const { namespace } of Object.values(places)) {
        await rm(settingsOf(namespace), { recursive: true, force: true });
      }
      await end(child, "SIGTERM");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What a namespace has in place of files in /etc (ip-netns(8)). */
const settingsOf = (namespace) => join("/etc/netns", namespace);

const bridgeProgram = fileURLToPath(new URL("bridge.mjs", import.meta.url));
