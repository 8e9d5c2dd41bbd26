// What a reload of the companion must not forget. Lives as long as the window.

import type { Saved } from "@isession/peer";
import type { Details } from "@isession/protocol";

export interface Remembered {
  ticket?: string | undefined;
  details: Details;
  transcript?: Saved | undefined;
}

export class Memory {
  readonly #key: string;

  constructor(site: string) {
    this.#key = `isession:${site}`;
  }

  load(): Remembered | null {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key) ?? "null") as Remembered | null;
    } catch {
      return null;
    }
  }

  save(what: Remembered): void {
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(what));
    } catch {
      // Storage is full or forbidden: the visit goes on, only a reload would forget it.
    }
  }

  clear(): void {
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // As above.
    }
  }
}
