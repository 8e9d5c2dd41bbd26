// How a companion moves the visitor: the page that opened it, the stage, a new stage.

import type { How } from "@isession/protocol";
import { type Mover, STAGE } from "./leading";

/** The windows that a companion may move. */
export interface Windows {
  opener(): Window | null;
  open(url: string, name: string): Window | null;
}

export class Ladder implements Mover {
  readonly #windows: Windows;
  #stage: Window | null = null;

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  move(url: URL): How | null {
    const opener = this.#windows.opener();
    if (steer(opener, url)) {
      return "opener";
    }
    if (steer(this.#stage, url)) {
      return "stage";
    }
    this.#stage = this.#windows.open(url.href, STAGE);
    return this.#stage ? "window" : null;
  }
}

/** Moves a window, if it is there and the browser lets us. */
function steer(target: Window | null, url: URL): boolean {
  try {
    if (target && !target.closed) {
      // Firefox throws here for an opener of another site.
      target.location.href = url.href;
      return true;
    }
  } catch {
    // The next rung of the ladder.
  }
  return false;
}
