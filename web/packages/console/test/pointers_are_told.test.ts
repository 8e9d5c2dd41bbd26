// What the agent's pointer tells: once for each picture of the screen, and ink so that little is lost.

import { type Glance, LIMITS } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { Pointer } from "../src/pointer";

let told: Glance[];
let picture: () => void;
let pointer: Pointer;

beforeEach(() => {
  told = [];
  let waiting: (() => void)[] = [];
  picture = () => {
    const now = waiting;
    waiting = [];
    for (const run of now) {
      run();
    }
  };
  pointer = new Pointer({ tell: (glance) => told.push(glance), soon: (run) => waiting.push(run) });
});

const points = () => told.flatMap((glance) => (glance.type === "ink" ? [glance] : []));
const pointers = () => told.flatMap((glance) => (glance.type === "pointer" ? [glance] : []));

test("of many moves in one picture the last is told, and leaving once", () => {
  pointer.move({ x: 1, y: 1 });
  pointer.move({ x: 2, y: 2 });
  expect(told).toEqual([]);
  picture();
  expect(pointers().map(({ at }) => at)).toEqual([{ x: 2, y: 2 }]);
  pointer.move(null);
  picture();
  pointer.move(null);
  picture();
  expect(pointers()).toHaveLength(2);
  expect(pointers()[1]?.at).toBeUndefined();
});

test("numbers count up, over all pointers of this console", () => {
  pointer.move({ x: 1, y: 1 });
  picture();
  const before = pointers().at(-1)?.n ?? 0;
  pointer.close();
  const next = new Pointer({ tell: (glance) => told.push(glance), soon: (run) => run() });
  next.move({ x: 1, y: 1 });
  expect(pointers().at(-1)?.n).toBeGreaterThan(before);
  expect(pointers().map(({ n }) => n)).toEqual(
    [...pointers().map(({ n }) => n)].sort((a, b) => a - b),
  );
});

test("what a lost piece of ink held comes with the next one", () => {
  pointer.press({ x: 0, y: 0 });
  for (let x = 1; x < 10; x += 1) {
    pointer.move({ x, y: 0 });
    picture();
  }
  pointer.lift();
  const known = new Map<number, number>();
  // Every other piece is lost.
  for (const [index, piece] of points().entries()) {
    if (index % 2 === 1) {
      for (const [n, { x }] of piece.points.entries()) {
        known.set(piece.from + n, x);
      }
    }
  }
  expect([...known].toSorted(([a], [b]) => a - b).map(([, x]) => x)).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ]);
});

test("pieces fit the wire, and a stroke without end becomes several", () => {
  pointer.press({ x: 0, y: 0 });
  for (let x = 1; x < 3000; x += 1) {
    pointer.move({ x, y: 0 });
  }
  pointer.lift();
  expect(points().every((piece) => piece.points.length <= LIMITS.inkPoints)).toBe(true);
  expect(new Set(points().map(({ stroke }) => stroke)).size).toBe(3);
  expect(pointer.draws).toBe(false);
});
