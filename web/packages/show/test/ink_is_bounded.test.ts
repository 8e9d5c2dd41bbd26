// Ink comes in pieces that may be lost, doubled or overtaken, from who may be hostile.

import { expect, test } from "vitest";
import { FADES, STAYS, Strokes } from "../src/strokes";

const line = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({ x: from + n, y: 0 }));

test("pieces of a stroke are put together by their places, whatever their order", () => {
  const strokes = new Strokes();
  strokes.add(1, 4, line(4, 4), 0);
  strokes.add(1, 0, line(0, 4), 0);
  strokes.add(1, 2, line(2, 4), 0);
  const [drawn] = strokes.drawn(0);
  expect(drawn?.points).toEqual(line(0, 8));
  expect(drawn?.opacity).toBe(1);
});

test("a piece that was lost leaves a straight line", () => {
  const strokes = new Strokes();
  strokes.add(1, 0, line(0, 2), 0);
  strokes.add(1, 6, line(6, 2), 0);
  expect(strokes.drawn(0)[0]?.points.map(({ x }) => x)).toEqual([0, 1, 6, 7]);
});

test("a stroke stays for a while after its last point, fades, and does not come back", () => {
  const strokes = new Strokes();
  strokes.add(1, 0, line(0, 2), 0);
  strokes.add(1, 2, line(2, 2), 1000);
  expect(strokes.drawn(1000 + STAYS)[0]?.opacity).toBe(1);
  expect(strokes.drawn(1000 + STAYS + FADES / 2)[0]?.opacity).toBe(0.5);
  expect(strokes.drawn(1000 + STAYS + FADES)).toEqual([]);
  strokes.add(1, 4, line(4, 2), 1000 + STAYS + FADES);
  expect(strokes.drawn(1000 + STAYS + FADES)).toEqual([]);
});

test("whoever draws without end fills neither the page nor the memory", () => {
  const strokes = new Strokes();
  for (let stroke = 1; stroke <= 1000; stroke += 1) {
    strokes.add(stroke, 0, line(0, 64), 0);
  }
  expect(strokes.drawn(0)).toHaveLength(16);
  for (let from = 0; from < 100_000; from += 64) {
    strokes.add(1001, from, line(from, 64), 0);
  }
  strokes.add(1001, 0xffffffff, line(0, 1), 0);
  expect(strokes.drawn(0).at(-1)?.points).toHaveLength(2048);
});

test("after the agent's side began anew its numbers begin anew", () => {
  const strokes = new Strokes();
  strokes.add(7, 0, line(0, 2), 0);
  strokes.drawn(STAYS + FADES);
  strokes.clear();
  strokes.add(1, 0, line(0, 2), STAYS + FADES);
  expect(strokes.drawn(STAYS + FADES)).toHaveLength(1);
});
