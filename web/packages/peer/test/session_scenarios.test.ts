// The session layer's core does what sdk/protocol/fixtures/session_scenarios.json says, as Rust's
// does. After a change of the rules: UPDATE_SCENARIOS=1 npx vitest run session_scenarios, and then
// read every line of the difference.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { type Effect, type Input, SessionCore } from "../src/core";
import { type Role, Transcript } from "../src/index";

interface Step {
  at: number;
  in: Input;
  out: Effect[];
  deadline: number | null;
}

interface Scenario {
  name: string;
  role: Role;
  steps: Step[];
}

const path = fileURLToPath(
  new URL("../../../../sdk/protocol/fixtures/session_scenarios.json", import.meta.url),
);
const file = JSON.parse(readFileSync(path, "utf8")) as { scenarios: Scenario[] };
const update = process.env.UPDATE_SCENARIOS === "1";

describe("the session layer", () => {
  for (const scenario of file.scenarios) {
    test(scenario.name, () => {
      let epochs = 0;
      const core = new SessionCore({
        transcript: new Transcript({ role: scenario.role, epoch: scenario.role }),
        epoch: () => `e${++epochs}`,
        chance: () => 0.5,
      });
      for (const step of scenario.steps) {
        const out = core.handle(step.at, step.in);
        if (update) {
          step.out = out;
          step.deadline = core.deadline;
        }
        expect({ in: step.in, out, deadline: core.deadline }).toEqual({
          in: step.in,
          out: step.out,
          deadline: step.deadline,
        });
      }
    });
  }
});

afterAll(() => {
  if (update) {
    writeFileSync(path, `${JSON.stringify(file, null, 1)}\n`);
  }
});
