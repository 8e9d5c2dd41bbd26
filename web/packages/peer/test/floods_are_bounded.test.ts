// Whatever the other side floods a session with, it costs little.

import type { Talk } from "@isession/protocol";
import { expect, test } from "vitest";
import { Resumes } from "../src/resumes";
import { FakeClock } from "./fakes";

const resume = (seq: number): Talk => ({ type: "resume", seen: { a: seq } });

test("of a flood of resumes eight are heard, and the last a second later", () => {
  const clock = new FakeClock();
  const heard: Talk[] = [];
  const resumes = new Resumes(clock, (talk) => heard.push(talk));
  const first = Array.from({ length: 8 }, (_, seq) => resume(seq));
  for (let seq = 0; seq < 1000; seq += 1) {
    resumes.hear(resume(seq));
  }
  const ack: Talk = { type: "ack", id: { epoch: "a", seq: 1 } };
  resumes.hear(ack);
  expect(heard).toEqual([...first, ack]);
  clock.turn(1000);
  expect(heard).toEqual([...first, ack, resume(999)]);
  resumes.hear(resume(1000));
  expect(heard.at(-1)).toEqual(resume(1000));
  clock.turn(100_000);
  expect(heard).toHaveLength(11);
});

test("a connection that is gone is heard no more", () => {
  const clock = new FakeClock();
  const heard: Talk[] = [];
  const resumes = new Resumes(clock, (talk) => heard.push(talk));
  for (let seq = 0; seq < 9; seq += 1) {
    resumes.hear(resume(seq));
  }
  resumes.drop();
  clock.turn(100_000);
  expect(heard).toHaveLength(8);
});
