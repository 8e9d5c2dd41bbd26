// The visitor's side in Firefox.

import { readdirSync, readFileSync } from "node:fs";
import { launchFirefoxInside } from "../browser/firefox.mjs";
import { watchChannels } from "./page.mjs";
import { load, PageSide } from "./page_side.mjs";

/** A page that is not there by then is loaded again. */
const LOADS = 10_000;

export async function firefoxVisitor(lab, url) {
  const firefox = await launchFirefoxInside(lab, "visitor");
  const come = (page) =>
    load(async () => {
      await page.goto(`${url}/go/demo`, { timeout: LOADS });
      await page.waitForSelector('[role="status"][aria-label="Connection"]', { timeout: LOADS });
    });
  const open = async () => {
    const page = await firefox.newPage();
    await page.evaluateOnNewDocument(watchChannels);
    await come(page);
    return page;
  };
  const side = new PageSide({ open });
  return Object.assign(side, {
    /** A new visit. */
    async visit() {
      await side.page?.close();
      await side.begin();
    },
    reload: () => side.change((page) => come(page)),
    /** Every page dies, as with a crash of the process that shows it. */
    crash: () =>
      side.change(async (page) => {
        for (const pid of contentProcesses(firefox.pid)) {
          process.kill(pid, "SIGKILL");
        }
        const next = await open();
        await page.close().catch(() => {});
        return next;
      }),
    close: () => firefox.close(),
  });
}

/** The processes of a Firefox that show pages. */
function contentProcesses(firefox) {
  const parents = new Map();
  const pages = [];
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // After the program's name in brackets: the state, then the parent.
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      if (words.includes("-contentproc") && words.includes("tab")) {
        pages.push(Number(name));
      }
    } catch {
      // It ended meanwhile.
    }
  }
  const isOurs = (pid) => pid === firefox || (pid > 1 && isOurs(parents.get(pid) ?? 0));
  return pages.filter(isOurs);
}
