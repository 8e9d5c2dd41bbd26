// Freehand ink: strokes whose points come in pieces that may be lost, doubled or overtaken. Pure: time
// comes in. Bounded, whatever comes.

import type { Point } from "@isession/protocol";

/** Strokes at once; the one that was touched longest ago goes for the next. */
const STROKES = 16;
/** Points of one stroke; what is beyond is not drawn. */
const POINTS = 2048;
/** A stroke stays as long after its last point, and then fades. */
export const STAYS = 4000;
export const FADES = 1000;

interface Stroke {
  points: Map<number, Point>;
  at: number;
}

export interface Drawn {
  stroke: number;
  points: Point[];
  /** From 1 to 0 while it fades. */
  opacity: number;
}

export class Strokes {
  readonly #strokes = new Map<number, Stroke>();
  /** The latest that went: what is late for it must not bring it back. */
  #gone = -1;

  add(stroke: number, from: number, points: readonly Point[], now: number): void {
    if (stroke <= this.#gone) {
      return;
    }
    const known = this.#strokes.get(stroke) ?? { points: new Map<number, Point>(), at: now };
    // What was touched last comes last.
    this.#strokes.delete(stroke);
    this.#strokes.set(stroke, known);
    known.at = now;
    for (const [index, point] of points.entries()) {
      if (from + index < POINTS) {
        known.points.set(from + index, point);
      }
    }
    const [oldest] = this.#strokes.keys();
    if (this.#strokes.size > STROKES && oldest !== undefined) {
      this.#drop(oldest);
    }
  }

  /** What is to be seen of them by now. */
  drawn(now: number): Drawn[] {
    const drawn: Drawn[] = [];
    for (const [stroke, { points, at }] of this.#strokes) {
      const opacity = Math.min(1, 1 - (now - at - STAYS) / FADES);
      if (opacity > 0) {
        const inOrder = [...points].sort(([a], [b]) => a - b).map(([, point]) => point);
        drawn.push({ stroke, points: inOrder, opacity });
      } else {
        this.#drop(stroke);
      }
    }
    return drawn;
  }

  /** All of them go; whoever begins anew counts anew. */
  clear(): void {
    this.#strokes.clear();
    this.#gone = -1;
  }

  #drop(stroke: number): void {
    this.#strokes.delete(stroke);
    this.#gone = Math.max(this.#gone, stroke);
  }
}
