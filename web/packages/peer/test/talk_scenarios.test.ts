// The session layer does what sdk/protocol/fixtures/talk_scenarios.json says, as Rust's does. The
// steps are explained at the head of that file.

import type { Body, Entry, EntryId, Permission, Seen } from "@isession/protocol";
import { describe, expect, test } from "vitest";
import file from "../../../../sdk/protocol/fixtures/talk_scenarios.json";
import {
  grantOf,
  PageTranscript,
  type Role,
  type Saved,
  TooLong,
  type Transcript,
  TranscriptFull,
} from "../src/index";

type Sides<T> = Record<Role, T>;
type Step =
  | { do: "write"; side: Role; at: number; body: Body; expect?: string }
  | { do: "write_long"; side: Role; unit: string; times: number; expect: string }
  | { do: "fill"; side: Role; times: number }
  | { do: "receive"; side: Role; entry: Entry; expect: string }
  | {
      do: "connect";
      visitor_sends?: number;
      agent_sends?: number;
      acks?: boolean;
      expect: Sides<string[]>;
    }
  | { do: "missing"; side: Role; seen: Seen; expect: string[] }
  | { do: "seen"; side: Role; expect: Seen }
  | { do: "acknowledge"; side: Role; id: EntryId }
  | { do: "consent"; side: Role; expect: string }
  | { do: "grant"; side: Role; permission: Permission; expect: string | null }
  | { do: "ended"; side: Role; expect: boolean }
  | { do: "reload" | "restore" | "forget"; side: Role; epoch: string }
  | { do: "save"; side: Role }
  | { do: "lines"; side: Role; live: boolean; expect: unknown[] };

const name = (id: EntryId) => `${id.epoch}.${id.seq}`;

class World {
  readonly #sides: Sides<PageTranscript> = {
    visitor: new PageTranscript({ role: "visitor", epoch: "v1" }),
    agent: new PageTranscript({ role: "agent", epoch: "a1" }),
  };
  readonly #saved: Partial<Sides<string>> = {};

  run(step: Step): void {
    switch (step.do) {
      case "connect":
        expect(this.#connect(step)).toEqual(step.expect);
        break;
      case "fill":
        for (let count = 0; count < step.times; count++) {
          this.#sides[step.side].write({ type: "message", text: "x" }, 0);
        }
        break;
      case "write_long":
        expect(
          this.#write(step.side, { type: "message", text: step.unit.repeat(step.times) }, 0),
        ).toBe(step.expect);
        break;
      case "write": {
        const written = this.#write(step.side, step.body, step.at);
        expect(written).toBe(step.expect ?? written);
        break;
      }
      case "save":
        this.#save(step.side);
        break;
      case "reload":
        this.#save(step.side);
        this.#begin(step.side, step.epoch);
        break;
      case "restore":
        this.#begin(step.side, step.epoch);
        break;
      case "forget":
        this.#sides[step.side] = new PageTranscript({ role: step.side, epoch: step.epoch });
        break;
      default:
        this.#ask(step);
    }
  }

  #ask(step: Step & { side: Role }): void {
    const side = this.#sides[step.side];
    switch (step.do) {
      case "receive":
        expect(side.receive(step.entry)).toBe(step.expect);
        break;
      case "missing":
        expect(side.missing(step.seen).map(({ id }) => name(id))).toEqual(step.expect);
        break;
      case "seen":
        expect(side.seen()).toEqual(step.expect);
        break;
      case "acknowledge":
        side.acknowledge(step.id);
        break;
      case "consent":
        expect(side.consent()).toBe(step.expect);
        break;
      case "grant":
        expect(grantOf(side.lines(false), step.permission)).toBe(step.expect);
        break;
      case "ended":
        expect(side.ended()).toBe(step.expect);
        break;
      case "lines":
        expect(
          side.lines(step.live).map(({ at, ...line }) => ({ ...line, id: name(line.id) })),
        ).toEqual(step.expect);
        break;
      default:
        throw new Error(`what is ${step.do}?`);
    }
  }

  #write(side: Role, body: Body, at: number): string {
    try {
      return name(this.#sides[side].write(body, at).id);
    } catch (error) {
      if (error instanceof TooLong) {
        return "too_long";
      }
      if (error instanceof TranscriptFull) {
        return "full";
      }
      throw error;
    }
  }

  #connect(step: Step & { do: "connect" }): Sides<string[]> {
    const { visitor, agent } = this.#sides;
    const seen = { visitor: visitor.seen(), agent: agent.seen() };
    const carry = (from: Transcript, to: Transcript, seen: Seen, most = Infinity) =>
      from
        .missing(seen)
        .slice(0, most)
        .map((entry) => {
          const receipt = to.receive(entry);
          if (step.acks !== false) {
            from.acknowledge(entry.id);
          }
          return `${name(entry.id)} ${receipt}`;
        });
    const atAgent = carry(visitor, agent, seen.agent, step.visitor_sends);
    const atVisitor = carry(agent, visitor, seen.visitor, step.agent_sends);
    return { visitor: atVisitor, agent: atAgent };
  }

  #save(side: Role): void {
    this.#saved[side] = JSON.stringify(this.#sides[side].save());
  }

  #begin(side: Role, epoch: string): void {
    const saved = JSON.parse(this.#saved[side] ?? "null") as Saved;
    this.#sides[side] = new PageTranscript({ role: side, epoch, saved });
  }
}

describe("scenarios", () => {
  for (const scenario of file.scenarios) {
    test(scenario.name, () => {
      const world = new World();
      for (const step of scenario.steps as unknown as Step[]) {
        world.run(step);
      }
    });
  }
});
