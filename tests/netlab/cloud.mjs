// A node in a lab's cloud, and people who come to it.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { addAgents, end, isession, serve } from "../browser/node.mjs";
import { CHROMIUM, launchChromium, newContext } from "../browser/people.mjs";

/**
 * Starts a node with the site `demo`. Its pages are at the cloud's first address and its relay is
 * at the second, both on port 443 as far as a strict network lets only that port out. `site` are
 * more words for `isession site add`. With `tls`, which `newCertificate` gives, it speaks https, by
 * the name that the certificate is for.
 */
export async function startCloud(lab, { agents = ["ada"], set = [], site = [], tls } = {}) {
  const [pages, relay] = lab.place("cloud").addresses;
  const database = join(lab.folder, "isession.db");
  const settings = [
    `database=${database}`,
    ...(tls
      ? [`tls.certificate=${tls.certificate}`, `tls.key=${tls.key}`]
      : ["insecure_listen=true"]),
    "limits.logins_per_minute=1000",
    "limits.connections_per_minute=10000",
    "limits.requests_per_minute=100000",
    `turn.listen=${relay}:3478`,
    ...set,
  ];
  await isession(["site", "add", "demo", "--name", "Lantern & Co.", ...site], settings);
  await addAgents(agents, settings);
  const where = { listen: `${pages}:443`, inside: lab.inside("cloud") };
  let running = await serve(settings, where);
  const url = tls ? `https://${tls.host}` : `http://${pages}:443`;
  return {
    url,
    log: () => running.log.join("\n"),
    /** Changes the site for all who come from now on. */
    change: (...words) => isession(["site", "set", "demo", ...words], settings),
    metrics: () => lab.fetch(`${url}/metrics`),
    stop: (signal = "SIGTERM") => end(running.child, signal),
    async start() {
      running = await serve(settings, where);
    },
    async close() {
      await end(running.child, "SIGTERM");
      await rm(database, { force: true });
    },
  };
}

/** A Chromium at a place, which takes plain http from these origins for as good as https. */
export async function chromiumAt(lab, who, origins, args = []) {
  const executablePath = await lab.wrapper(who, CHROMIUM);
  return launchChromium({ executablePath, args: [trusting(origins), ...args] });
}

/** Has a Chromium take plain http from these origins for as good as https. */
export const trusting = (origins) =>
  `--unsafely-treat-insecure-origin-as-secure=${origins.join(",")}`;

/** A visitor who waits in the queue of the site `demo`. */
export async function visitorOf(browser, node, query = "") {
  const context = await newContext(browser, { width: 900, height: 700 });
  const companion = await context.newPage();
  await companion.goto(`${node.url}/go/demo${query}`);
  await companion.getByRole("status", { name: "Queue position" }).waitFor();
  return { context, companion };
}
