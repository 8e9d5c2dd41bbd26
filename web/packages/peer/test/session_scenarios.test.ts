// The session layer's core does what sdk/protocol/fixtures/session_scenarios.json says, as Rust's
// does.

import { describe, expect, test } from "vitest";
import file from "../../../../sdk/protocol/fixtures/session_scenarios.json";
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
  filled?: number;
  steps: Step[];
}

describe("the session layer", () => {
  for (const scenario of file.scenarios as Scenario[]) {
    test(scenario.name, () => {
      let epochs = 0;
      const transcript = new Transcript({ role: scenario.role, epoch: scenario.role });
      for (let seq = 1; seq <= (scenario.filled ?? 0); seq += 1) {
        const id = { epoch: "past", seq };
        expect(transcript.receive({ id, at: 0, body: { type: "message", text: "." } })).toBe("new");
      }
      const core = new SessionCore({
        transcript,
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
