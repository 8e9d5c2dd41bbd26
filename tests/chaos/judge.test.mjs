// The judge sees what goes wrong, each way in which it can.

import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./judge.mjs";

const sure = (...texts) => texts.map((text) => ({ text, sure: true }));
const fine = { lost: 0, doubled: 0, reordered: 0, forgotten: 0 };

test("what is shown on both sides, once and in order, is fine", () => {
  const texts = ["V 1", "V 2", "V 3"];
  assert.deepEqual(judge(sure(...texts), texts, texts), { said: 3, ...fine });
});

test("what one side does not show is lost", () => {
  const said = sure("V 1", "V 2", "V 3");
  assert.equal(judge(said, ["V 1", "V 3"], ["V 1", "V 2", "V 3"]).lost, 1);
  assert.equal(judge(said, ["V 1", "V 2", "V 3"], ["V 1", "V 3"]).lost, 1);
  assert.equal(judge(said, [], []).lost, 3);
});

test("what died with its page is forgotten, unless one side has it", () => {
  const said = [...sure("V 1"), { text: "V 2", sure: false }];
  assert.deepEqual(judge(said, ["V 1"], ["V 1"]), { said: 2, ...fine, forgotten: 1 });
  assert.equal(judge(said, ["V 1", "V 2"], ["V 1"]).lost, 1);
  assert.equal(judge(said, ["V 1"], ["V 1", "V 2"]).lost, 1);
  assert.deepEqual(judge(said, ["V 1", "V 2"], ["V 1", "V 2"]), { said: 2, ...fine });
});

test("what is shown twice is doubled, and so is what nobody said", () => {
  const texts = ["V 1", "V 2"];
  assert.equal(judge(sure(...texts), ["V 1", "V 2", "V 1"], texts).doubled, 1);
  assert.equal(judge(sure(...texts), texts, ["V 1", "V 2", "V 9"]).doubled, 1);
});

test("what comes before what was said earlier is reordered", () => {
  const texts = ["V 1", "V 2", "V 3"];
  assert.equal(judge(sure(...texts), ["V 2", "V 1", "V 3"], texts).reordered, 1);
});
