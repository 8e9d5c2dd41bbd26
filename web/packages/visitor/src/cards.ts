/** One card waits for the visitor at a time: what comes takes its place, and who asked is told. */
export class Cards {
  #replaced = () => {};

  /** `replaced` runs when something else comes, whether it still waits by then or not. */
  take(replaced: () => void): void {
    this.#replaced();
    this.#replaced = replaced;
  }
}
