// The law of the session layer, over random histories: no loss, no double, in order.

import { expect, test } from "vitest";
import { type Role, type Saved, Transcript } from "../src/index";

/** A small seeded generator (mulberry32), so that a failure can be had again. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

const other = (role: Role): Role => (role === "visitor" ? "agent" : "visitor");

class World {
  readonly written: Record<Role, string[]> = { visitor: [], agent: [] };
  readonly #roll: (sides: number) => number;
  readonly #sides: Record<Role, Transcript>;
  #epochs = 0;

  constructor(seed: number) {
    this.#roll = dice(seed);
    this.#sides = { visitor: this.#begin("visitor"), agent: this.#begin("agent") };
  }

  step(): void {
    const role: Role = this.#roll(2) === 0 ? "visitor" : "agent";
    switch (this.#roll(5)) {
      case 0:
      case 1: {
        const text = `${role} ${this.written[role].length}`;
        this.#sides[role].write({ type: "message", text }, 0);
        this.written[role].push(text);
        break;
      }
      case 2: {
        const saved = JSON.stringify(this.#sides[role].save());
        this.#sides[role] = this.#begin(role, JSON.parse(saved) as Saved);
        break;
      }
      default:
        this.#connect(this.#roll(6));
    }
  }

  /** Both send what the other is missing, until the connection breaks. */
  #connect(most: number): void {
    const { visitor, agent } = this.#sides;
    const [seenByVisitor, seenByAgent] = [visitor.seen(), agent.seen()];
    this.#carry(visitor, agent, visitor.missing(seenByAgent).slice(0, most));
    this.#carry(agent, visitor, agent.missing(seenByVisitor).slice(0, most));
  }

  #carry(from: Transcript, to: Transcript, entries: ReturnType<Transcript["missing"]>): void {
    for (const entry of entries) {
      to.receive(entry);
      // Some entries arrive twice, and some acknowledgements not at all.
      if (this.#roll(3) === 0) {
        expect(to.receive(entry)).toBe("double");
      } else {
        from.acknowledge(entry.id);
      }
    }
  }

  heard(role: Role): string[] {
    return this.#sides[role]
      .lines(true)
      .flatMap((line) => (line.kind === "message" && !line.mine ? [line.text] : []));
  }

  settle(): void {
    this.#connect(Number.POSITIVE_INFINITY);
  }

  #begin(role: Role, saved?: Saved): Transcript {
    this.#epochs += 1;
    return new Transcript({ role, epoch: `e${this.#epochs}`, saved });
  }
}

test("whatever happens, each side hears what the other wrote, once and in order", {
  timeout: 60_000,
}, () => {
  for (let seed = 1; seed <= 200; seed++) {
    const world = new World(seed);
    for (let step = 0; step < 60; step++) {
      world.step();
      for (const role of ["visitor", "agent"] as const) {
        const all = world.written[other(role)];
        const heard = world.heard(role);
        expect(heard, `seed ${seed}`).toEqual(all.slice(0, heard.length));
      }
    }
    world.settle();
    expect(world.heard("agent"), `seed ${seed}`).toEqual(world.written.visitor);
    expect(world.heard("visitor"), `seed ${seed}`).toEqual(world.written.agent);
  }
});
