// One side of a session in a browser: one page at a time, which may be taken away and come back.

import { setTimeout as pass } from "node:timers/promises";
import { lookAtPage, pressInPage, readPage, sayInPage } from "./page.mjs";

/**
 * Once a fault is healed, a session is back within this time, and so is everything else that is
 * waited for: longer than any pause between tries.
 */
export const BOUND = 150_000;
/** Pages that do not load are loaded again for this long: people do that too. */
const LOADING = 180_000;

export class PageSide {
  #page;
  #open;
  #turn = Promise.resolve();
  #away = false;

  /** `open` gives a new page where this side's work goes on; `load` loads one anew. */
  constructor({ open }) {
    this.#open = open;
  }

  get page() {
    return this.#page;
  }

  async begin() {
    this.#page = await this.#open();
  }

  /** Whether the text was taken. */
  async say(text) {
    if (this.#away) {
      return false;
    }
    const said = this.#turn.then(() => !this.#away && this.#page.evaluate(sayInPage, text));
    this.#turn = said.catch(() => {});
    return said;
  }

  async look() {
    return (await this.#ask(lookAtPage)) ?? { state: "away", words: "", last: null, counts: {} };
  }

  async read() {
    return (await this.#ask(readPage)) ?? { mine: [], theirs: [] };
  }

  /** Presses the button of this name as soon as it is there. */
  async press(name) {
    let shown = "";
    const pressed = async () => {
      const answer = await this.#page.evaluate(pressInPage, name);
      shown = answer.shown;
      return answer.pressed;
    };
    await until(pressed, BOUND, () => `no button "${name}" on a page that says: ${shown}`);
  }

  end() {
    return this.press("End session");
  }

  /** What `change` does to the page while nobody else uses it; it may give another page. */
  async change(change) {
    this.#away = true;
    await this.#turn;
    try {
      this.#page = (await change(this.#page)) ?? this.#page;
    } finally {
      this.#away = false;
    }
  }

  /** Another page that takes over while this one still works. */
  async replace() {
    const before = this.#page;
    this.#page = await this.#open();
    await before.close();
  }

  /** Closes the page, and opens it again. */
  reopen() {
    return this.change(async (page) => {
      await page.close();
      return this.#open();
    });
  }

  async #ask(question) {
    const page = this.#page;
    return this.#away ? null : page?.evaluate(question).catch(() => null);
  }
}

/** Tries until it is done: what loads a page may find nobody there. */
export async function load(attempt) {
  await until(
    async () => {
      await attempt();
      return true;
    },
    LOADING,
    () => "the page does not load",
  );
}

/** Asks until the answer is yes, and takes an error for a no. `why` says what is missing. */
export async function until(question, within, why) {
  const end = performance.now() + within;
  let problem;
  for (;;) {
    try {
      if (await question()) {
        return;
      }
    } catch (error) {
      problem = error;
    }
    if (performance.now() > end) {
      const cause = problem?.message ?? (await why());
      throw new Error(`not within ${within} ms: ${cause}`, { cause: problem });
    }
    await pass(100);
  }
}
