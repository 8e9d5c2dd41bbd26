// What this package needs of its surroundings, so that tests bring their own.

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs once after so many milliseconds; the function given back cancels it. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** 96 random bits as text. (`crypto.randomUUID` would need a secure context.) */
export const randomEpoch = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

export interface Readable<T> {
  get(): T;
  /** Runs after each change; the function given back ends it. */
  subscribe(run: () => void): () => void;
}

/** A value that can be watched. */
export class Value<T> implements Readable<T> {
  #value: T;
  readonly #watchers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  set(value: T): void {
    if (value !== this.#value) {
      this.#value = value;
      for (const run of [...this.#watchers]) {
        run();
      }
    }
  }

  subscribe(run: () => void): () => void {
    this.#watchers.add(run);
    return () => this.#watchers.delete(run);
  }
}

/** Something that happens, and those who want to know. */
export class Event<A extends unknown[]> {
  readonly #listeners = new Set<(...what: A) => void>();

  on(run: (...what: A) => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  fire(...what: A): void {
    for (const run of [...this.#listeners]) {
      run(...what);
    }
  }
}
