// The link under the agent's pointer: asked for one at a time, and never told late.

import type { Point } from "@isession/protocol";
import { expect, test } from "vitest";
import { Hover } from "../src/hover";

/** A frame that answers when the test says so. */
function slowFrame() {
  const asked: { at: Point; answer(href: string | null): void }[] = [];
  const told: (string | null)[] = [];
  const hover = new Hover({
    ask: (at) => new Promise((answer) => asked.push({ at, answer })),
    tell: (href) => told.push(href),
  });
  const answer = async (href: string | null) => {
    asked.at(-1)?.answer(href);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { hover, asked, told, answer };
}

test("what was passed over while the frame thought is not asked for, and the last place is", async () => {
  const { hover, asked, told, answer } = slowFrame();
  for (let x = 0; x < 100; x += 1) {
    hover.move({ x, y: 1 });
  }
  expect(asked.map(({ at }) => at.x)).toEqual([0]);
  await answer("https://a.example/");
  expect(asked.map(({ at }) => at.x)).toEqual([0, 99]);
  await answer(null);
  expect(told).toEqual(["https://a.example/", null]);
  hover.move({ x: 7, y: 1 });
  expect(asked.map(({ at }) => at.x)).toEqual([0, 99, 7]);
});

test("a page that moves under a pointer that rests is asked again", async () => {
  const { hover, asked, told, answer } = slowFrame();
  hover.again();
  expect(asked).toHaveLength(0);
  hover.move({ x: 3, y: 1 });
  await answer(null);
  hover.again();
  await answer("https://a.example/");
  expect(asked.map(({ at }) => at.x)).toEqual([3, 3]);
  expect(told).toEqual([null, "https://a.example/"]);
});

test("an answer that comes after the pointer left is not told", async () => {
  const { hover, asked, told, answer } = slowFrame();
  hover.move({ x: 1, y: 1 });
  hover.leave();
  await answer("https://a.example/");
  expect(told).toEqual([null]);
  expect(asked).toHaveLength(1);
  hover.move({ x: 2, y: 1 });
  await answer("https://b.example/");
  expect(told).toEqual([null, "https://b.example/"]);
});
