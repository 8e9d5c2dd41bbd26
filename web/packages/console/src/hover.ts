// Which link the agent's pointer is over. The frame answers in its own time: one question at a time,
// and what was passed over meanwhile is not asked for.

import type { Point } from "@isession/protocol";

export interface HoverOptions {
  /** The address of the link at this point, if there is one. */
  ask(at: Point): Promise<string | null>;
  tell(href: string | null): void;
}

export class Hover {
  readonly #options: HoverOptions;
  /** Where the pointer is. */
  #at: Point | null = null;
  /** What is asked next. */
  #next: Point | null = null;
  #asks = false;

  constructor(options: HoverOptions) {
    this.#options = options;
  }

  move(at: Point): void {
    this.#at = this.#next = at;
    if (!this.#asks) {
      this.#asks = true;
      void this.#ask();
    }
  }

  /** The page moved under the pointer. */
  again(): void {
    if (this.#at) {
      this.move(this.#at);
    }
  }

  leave(): void {
    this.#at = this.#next = null;
    this.#options.tell(null);
  }

  async #ask(): Promise<void> {
    for (let at = this.#next; at; at = this.#next) {
      this.#next = null;
      const href = await this.#options.ask(at);
      if (this.#at) {
        this.#options.tell(href);
      }
    }
    this.#asks = false;
  }
}
