// One visit over all tabs of a site: whose turn it is to hold it. Tabs hand it to each other (`Once`
// of the visitor's package); the lock tells the others when the one that held it is gone.

import type { Clock } from "@isession/peer";

/**
 * A page that goes is often followed by the next one in the same tab, which has the better claim.
 * That one has to be loaded first.
 */
export const GRACE = 3000;

/** The part of the Web Locks API that is used here. */
export interface Locks {
  request(
    name: string,
    options: { steal?: boolean; signal?: AbortSignal },
    held: () => Promise<void>,
  ): Promise<unknown>;
}

export class Turn {
  readonly #name: string;
  readonly #locks: Locks | undefined;
  readonly #clock: Clock;
  readonly #orphaned: () => void;
  #leave: () => void = () => {};

  /** `orphaned`: nobody holds the visit any more, and this tab is the next. */
  constructor(name: string, locks: Locks | undefined, clock: Clock, orphaned: () => void) {
    this.#name = name;
    this.#locks = locks;
    this.#clock = clock;
    this.#orphaned = orphaned;
  }

  /** This tab holds the visit. */
  take(): void {
    this.#request({ steal: true }, () => () => {});
  }

  /** This tab is there if whoever holds the visit goes. */
  wait(): void {
    this.#request({}, () => this.#clock.after(GRACE, this.#orphaned));
  }

  /** The page goes, or wants no visit. */
  leave(): void {
    this.#leave();
    this.#leave = () => {};
  }

  #request(options: { steal?: boolean }, held: () => () => void): void {
    this.leave();
    const left = new AbortController();
    this.#leave = () => left.abort();
    let granted = false;
    const hold = () =>
      new Promise<void>((resolve) => {
        granted = true;
        const cancel = held();
        left.signal.addEventListener("abort", () => {
          cancel();
          resolve();
        });
      });
    // Both at once the API does not allow.
    const signal = options.steal ? {} : { signal: left.signal };
    // Rejected when it is stolen, or no longer wanted: others tell why.
    this.#locks?.request(this.#name, { ...options, ...signal }, hold).catch(() => {
      const stolen = granted && !left.signal.aborted;
      left.abort();
      if (stolen && !options.steal) {
        // Whoever takes the visit may have been heard before its lock was.
        this.wait();
      }
    });
  }
}
