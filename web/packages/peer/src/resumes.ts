// What the other side asks for again and again. Each `resume` costs a look through the whole
// conversation, and may bring all of it out once more. The same rules stand in
// sdk/client/src/actor/resumes.rs.

import type { Talk } from "@isession/protocol";
import type { Clock } from "./ports";

/** Heard within one `SPAN`; of more the newest is heard after it, for it says all. */
const MOST = 8;
const SPAN = 1000;

/** The frames of one connection, without a flood of resumes. */
export class Resumes {
  readonly #clock: Clock;
  readonly #run: (talk: Talk) => void;
  #heard = 0;
  #late: Talk | null = null;
  #cancel = () => {};

  constructor(clock: Clock, run: (talk: Talk) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  hear(talk: Talk): void {
    if (talk.type === "resume") {
      if (this.#heard === 0) {
        this.#cancel = this.#clock.after(SPAN, () => this.#again());
      }
      this.#heard += 1;
      if (this.#heard > MOST) {
        this.#late = talk;
        return;
      }
    }
    this.#run(talk);
  }

  drop(): void {
    this.#cancel();
  }

  #again(): void {
    const late = this.#late;
    this.#heard = 0;
    this.#late = null;
    if (late) {
      this.#run(late);
    }
  }
}
