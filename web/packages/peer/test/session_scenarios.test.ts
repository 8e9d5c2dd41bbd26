// The session layer's core does what sdk/protocol/fixtures/session_scenarios.json says, as Rust's
// does.

import { describe, expect, test } from "vitest";
import file from "../../../../sdk/protocol/fixtures/session_scenarios.json";
import { SessionCore } from "../src/core";
import type { Effect, Input } from "../src/core_words";
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

describe("the session layer", () => {
  for (const scenario of file.scenarios as Scenario[]) {
    test(scenario.name, () => {
      let epochs = 0;
      const core = new SessionCore({
        transcript: new Transcript({ role: scenario.role, epoch: scenario.role }),
        epoch: () => `e${++epochs}`,
        chance: () => 0.5,
      });
      for (const step of scenario.steps) {
        const out = core.handle(step.at, step.in);
        expect({ in: step.in, out, deadline: core.deadline }).toEqual({
          in: step.in,
          out: step.out,
          deadline: step.deadline,
        });
      }
    });
  }
});
