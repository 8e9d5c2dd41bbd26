// The session layer's core does what sdk/protocol/fixtures/session_scenarios.json says, as Rust's
// does.

import { describe, expect, test } from "vitest";
import file from "../../../../sdk/protocol/fixtures/session_scenarios.json";
import { AgentCore } from "../src/agent_core";
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
  filled?: number;
  steps: Step[];
}

describe("the session layer", () => {
  for (const scenario of file.scenarios as Scenario[]) {
    test(scenario.name, () => {
      // Only an agent's life has a name here; in Rust either side's has.
      let epochs = scenario.role === "agent" ? 0 : 1;
      const transcript = new Transcript({ role: scenario.role, epoch: scenario.role });
      for (let seq = 1; seq <= (scenario.filled ?? 0); seq += 1) {
        const id = { epoch: "past", seq };
        expect(transcript.receive({ id, at: 0, body: { type: "message", text: "." } })).toBe("new");
      }
      const Core = scenario.role === "agent" ? AgentCore : SessionCore;
      const core = new Core({
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
