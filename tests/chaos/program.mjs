// A side that is a program: `tests/examples/chaos_peer.rs`.

import { createInterface } from "node:readline";
import { end, PASSWORD, program } from "../browser/node.mjs";
import { BOUND, until } from "./page_side.mjs";

class ProgramSide {
  #lab;
  #who;
  #words;
  #child = null;
  #seen;

  constructor(lab, who, words) {
    this.#lab = lab;
    this.#who = who;
    this.#words = words;
  }

  async begin() {
    await this.close();
    const seen = { state: "none", mine: [], theirs: [], counts: {}, accepted: false };
    this.#seen = seen;
    this.#child = this.#lab.run(this.#who, program("examples/chaos_peer"), this.#words, {
      stdio: ["pipe", "pipe", "inherit"],
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const [, word, rest] = /^(\S+) ?(.*)$/.exec(line) ?? [];
      switch (word) {
        case "accepted":
          seen.accepted = true;
          break;
        case "said":
          seen.mine.push(rest);
          break;
        case "heard":
          seen.theirs.push(rest);
          break;
        case "counts":
          for (const [name, number] of Object.entries(JSON.parse(rest))) {
            seen.counts[name] = (seen.counts[name] ?? 0) + number;
          }
          break;
        case "open":
          seen.state = word;
          seen.path = rest;
          break;
        case "reconnecting":
        case "ended":
          seen.state = word;
          break;
      }
    });
  }

  async say(text) {
    const seen = this.#seen;
    if (seen.state === "ended" || !seen.accepted) {
      return false;
    }
    this.#child.stdin.write(`${text}\n`);
    await until(
      () => seen.mine.includes(text),
      BOUND,
      () => "the program does not say it",
    );
    return true;
  }

  async look() {
    const { state, path, theirs, counts } = this.#seen;
    this.#seen.counts = {};
    return { state, words: state === "open" ? path : state, last: theirs.at(-1) ?? null, counts };
  }

  async read() {
    return this.#seen;
  }

  async end() {
    this.#child.stdin.end();
  }

  accept() {
    const child = this.#child;
    const why = () =>
      child.exitCode === null ? "the program still waits" : `the program ended: ${child.exitCode}`;
    return until(() => this.#seen.accepted, BOUND, why);
  }

  async close() {
    if (this.#child) {
      await end(this.#child, "SIGTERM");
    }
  }
}

export async function programVisitor(lab, url) {
  const side = new ProgramSide(lab, "visitor", ["visitor", url, "demo"]);
  return Object.assign(side, { visit: () => side.begin() });
}

export async function programAgent(lab, url) {
  const side = new ProgramSide(lab, "agent", ["agent", url, "ada", PASSWORD]);
  return Object.assign(side, { ready: () => side.begin() });
}
