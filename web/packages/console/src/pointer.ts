// What the agent shows with the mouse, as glances: at most one of each kind for each picture of the
// screen. Glances get lost, so ink says its latest points again with the next ones.

import { type Glance, LIMITS, type Point } from "@isession/protocol";

/** Points of a stroke that are said again. */
const AGAIN = 16;
/** A longer stroke goes on as another one. */
const LONGEST = 1024;

export interface PointerOptions {
  tell(glance: Glance): void;
  /** Runs once, with the next picture of the screen. */
  soon(run: () => void): void;
}

/** Over all mirrors of this console: the visitor's side drops what counts back. */
let counted = 0;
let strokes = 0;

export class Pointer {
  readonly #options: PointerOptions;
  #at: Point | null = null;
  #told: Point | null = null;
  #stroke: { stroke: number; points: Point[]; told: number } | null = null;
  #waits = false;

  constructor(options: PointerOptions) {
    this.#options = options;
  }

  /** The pen is on the page. */
  get draws(): boolean {
    return this.#stroke !== null;
  }

  /** The pointer is here now, or over the page no more. */
  move(at: Point | null): void {
    this.#at = at;
    if (this.#stroke && at) {
      this.#draw(at);
    }
    this.#soon();
  }

  click(at: Point): void {
    this.#options.tell({ type: "click", at });
  }

  /** Puts the pen on the page. */
  press(at: Point): void {
    strokes += 1;
    this.#stroke = { stroke: strokes, points: [], told: 0 };
    this.move(at);
  }

  /** Takes it off. */
  lift(): void {
    if (this.#stroke) {
      this.#tellInk();
      // The end of a stroke is said again by nothing else.
      this.#tellInk();
      this.#stroke = null;
    }
  }

  /** Points no more. */
  close(): void {
    this.lift();
    this.#at = null;
    this.#tellPointer();
  }

  #draw(at: Point): void {
    const stroke = this.#stroke;
    const last = stroke?.points.at(-1);
    if (stroke && !(last?.x === at.x && last.y === at.y)) {
      stroke.points.push(at);
      if (stroke.points.length >= LONGEST) {
        this.lift();
        this.press(at);
      }
    }
  }

  #soon(): void {
    if (!this.#waits) {
      this.#waits = true;
      this.#options.soon(() => {
        this.#waits = false;
        this.#tellPointer();
        if (this.#stroke && this.#stroke.told < this.#stroke.points.length) {
          this.#tellInk();
        }
      });
    }
  }

  #tellPointer(): void {
    const at = this.#at;
    if (at || this.#told) {
      counted += 1;
      this.#options.tell({ type: "pointer", n: counted, ...(at && { at }) });
    }
    this.#told = at;
  }

  #tellInk(): void {
    const current = this.#stroke;
    if (!current) {
      return;
    }
    const { stroke, points, told } = current;
    for (let from = Math.max(0, told - AGAIN); from < points.length; from += LIMITS.inkPoints) {
      const piece = points.slice(from, from + LIMITS.inkPoints);
      this.#options.tell({ type: "ink", stroke, from, points: piece });
    }
    current.told = points.length;
  }
}
