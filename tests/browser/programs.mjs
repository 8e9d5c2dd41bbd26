// Programs made with the Rust SDK, as a developer runs them: by their arguments, input and output.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { end, program } from "./node.mjs";

/** Starts an example of the SDK; `inside` are words to put before the command. */
export function runExample(name, args, { inside = [] } = {}) {
  const [command, ...words] = [...inside, program(`examples/${name}`), ...args];
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
  const lines = [];
  const waiters = new Set();
  const look = () => {
    for (const waiter of waiters) {
      waiter();
    }
  };
  const errors = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    look();
  });
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  let gone = false;
  child.once("close", () => {
    gone = true;
    look();
  });
  return {
    /** Says a line on the program's input. */
    input: (line) => child.stdin.write(`${line}\n`),
    /** Waits for a line of output, and gives it. */
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const waiter = () => {
          const line = lines.find((line) => pattern.test(line));
          if (line !== undefined) {
            waiters.delete(waiter);
            resolve(line);
          } else if (gone) {
            waiters.delete(waiter);
            reject(
              new Error(`${name} ended without ${pattern}:\n${[...lines, ...errors].join("\n")}`),
            );
          }
        };
        waiters.add(waiter);
        waiter();
      }),
    /** How many lines of output are like this so far. */
    count: (pattern) => lines.filter((line) => pattern.test(line)).length,
    stop: () => end(child, "SIGTERM"),
  };
}
