// Nothing is permitted that the visitor did not allow, one question at a time, and nobody nags.

import { PageTranscript, permits, standing } from "@isession/peer";
import type { Grant, Permission } from "@isession/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeClock } from "../../peer/test/fakes";
import { PATIENCE, Permissions, QUIET } from "../src/permissions";

let clock: FakeClock;
let transcript: PageTranscript;
let permissions: Permissions;
let said: string[];
let full: boolean;
let stuck: boolean;
let seq: number;

const hear = () => permissions.hear(transcript.lines(true));

function begin(): void {
  permissions = new Permissions({
    clock,
    say(permission: Permission, grant: Grant) {
      if (full) {
        throw new Error("full");
      }
      said.push(`${permission} ${grant}`);
      transcript.write({ type: "grant", permission, grant }, clock.now());
      // As a session does it: what was said is shown at once.
      hear();
    },
    onStuck() {
      stuck = true;
    },
  });
}

function tell(body: { type: "ask" | "release"; permission: Permission }): void {
  seq += 1;
  transcript.receive({ id: { epoch: "agent", seq }, at: clock.now(), body });
  hear();
}

const ask = (permission: Permission) => tell({ type: "ask", permission });
const release = (permission: Permission) => tell({ type: "release", permission });

beforeEach(() => {
  clock = new FakeClock();
  transcript = new PageTranscript({ role: "visitor", epoch: "visitor" });
  said = [];
  full = stuck = false;
  seq = 0;
  begin();
});

test("nothing is permitted before the visitor allowed it, and all of it until it is taken back", () => {
  hear();
  expect(permissions.holds("view")).toBe(false);
  ask("view");
  expect(permissions.question.get()).toBe("view");
  expect(permissions.holds("view")).toBe(false);
  permissions.answer(true);
  expect(permissions.question.get()).toBeNull();
  expect(permissions.holds("view")).toBe(true);
  permissions.withdraw("view");
  expect(permissions.holds("view")).toBe(false);
  expect(said).toEqual(["view granted", "view withdrawn"]);
  // Once.
  permissions.withdraw("view");
  expect(said).toHaveLength(2);
});

test("silence is a no", () => {
  ask("view");
  clock.turn(PATIENCE - 1);
  expect(said).toEqual([]);
  clock.turn(1);
  expect(said).toEqual(["view expired"]);
  expect(permissions.question.get()).toBeNull();
  // An answer to a question that is gone means nothing.
  permissions.answer(true);
  expect(permissions.holds("view")).toBe(false);
});

test("asking again changes nothing while a question is open, nor what is permitted", () => {
  ask("view");
  clock.turn(PATIENCE - 1);
  ask("view");
  ask("view");
  clock.turn(1);
  expect(said).toEqual(["view expired"]);
  clock.turn(QUIET);
  ask("view");
  permissions.answer(true);
  ask("view");
  expect(permissions.question.get()).toBeNull();
  expect(permissions.holds("view")).toBe(true);
  expect(said.at(-1)).toBe("view granted");
});

test("after a no nobody is asked for a while, also not by the next page", () => {
  ask("view");
  permissions.answer(false);
  clock.turn(QUIET - 1);
  ask("view");
  expect(permissions.question.get()).toBeNull();
  expect(said).toEqual(["view declined", "view declined"]);
  clock.turn(1);
  ask("view");
  expect(permissions.question.get()).toBe("view");
  permissions.answer(false);
  begin();
  clock.turn(QUIET - 1);
  ask("view");
  expect(permissions.question.get()).toBeNull();
});

test("pointing takes seeing, waits for its answer, and goes with it", () => {
  ask("point");
  expect(said).toEqual(["point declined"]);
  ask("view");
  ask("point");
  expect(permissions.question.get()).toBe("view");
  permissions.answer(true);
  expect(permissions.question.get()).toBe("point");
  permissions.answer(true);
  expect(permissions.holds("point")).toBe(true);
  permissions.withdraw("point");
  expect(permissions.holds("view")).toBe(true);
  clock.turn(QUIET);
  ask("point");
  permissions.answer(true);
  permissions.withdraw("view");
  expect(permissions.holds("point")).toBe(false);
  expect(said.slice(-2)).toEqual(["point withdrawn", "view withdrawn"]);
});

test("a no to seeing is a no to pointing, which was asked with it", () => {
  ask("view");
  ask("point");
  permissions.answer(false);
  expect(permissions.question.get()).toBeNull();
  expect(said).toEqual(["view declined", "point declined"]);
});

test("what a newer version asks for brings no question", () => {
  ask("unknown");
  expect(permissions.question.get()).toBeNull();
});

test("following is asked for, waits when the visitor goes on alone, and goes on at their word", () => {
  ask("follow");
  expect(permissions.question.get()).toBe("follow");
  permissions.answer(true);
  expect(permissions.holds("follow")).toBe(true);
  permissions.pause();
  expect(permissions.holds("follow")).toBe(false);
  expect(permissions.paused).toBe(true);
  // Once, and nobody asks them back.
  permissions.pause();
  ask("follow");
  expect(permissions.question.get()).toBeNull();
  // Another page of the same visit.
  begin();
  hear();
  expect(permissions.paused).toBe(true);
  permissions.resume();
  expect(permissions.holds("follow")).toBe(true);
  permissions.resume();
  expect(said).toEqual(["follow granted", "follow paused", "follow paused", "follow granted"]);
});

test("following can be stopped while it waits, and what was stopped is not taken up", () => {
  ask("follow");
  permissions.answer(true);
  permissions.pause();
  permissions.withdraw("follow");
  permissions.resume();
  permissions.pause();
  expect(permissions.paused).toBe(false);
  expect(said).toEqual(["follow granted", "follow paused", "follow withdrawn"]);
});

test("following and being seen are two things", () => {
  ask("view");
  permissions.answer(true);
  ask("follow");
  permissions.answer(true);
  permissions.withdraw("view");
  expect(permissions.holds("follow")).toBe(true);
  permissions.withdraw("follow");
  expect(permissions.holds("follow")).toBe(false);
});

test("who stops leading follows nobody, and is not asked to", () => {
  ask("follow");
  permissions.answer(true);
  transcript.write({ type: "consent", consent: "stop" }, clock.now());
  hear();
  expect(permissions.holds("follow")).toBe(false);
  ask("follow");
  expect(permissions.question.get()).toBeNull();
  expect(said).toEqual(["follow granted", "follow withdrawn", "follow declined"]);
  transcript.write({ type: "consent", consent: "ask" }, clock.now());
  ask("follow");
  expect(permissions.question.get()).toBe("follow");
});

test("what the agent gives back is over, question and permission alike", () => {
  ask("follow");
  release("follow");
  expect(permissions.question.get()).toBeNull();
  clock.turn(QUIET);
  ask("follow");
  permissions.answer(true);
  release("follow");
  expect(permissions.holds("follow")).toBe(false);
  permissions.resume();
  expect(said).toEqual(["follow granted", "follow withdrawn"]);
  ask("view");
  permissions.answer(true);
  ask("point");
  permissions.answer(true);
  release("view");
  expect(permissions.holds("point")).toBe(false);
  ask("view");
  permissions.answer(true);
  expect(permissions.holds("point")).toBe(false);
});

describe("both sides end with the same, whichever of a release and a grant was first", () => {
  /** What the agent's side wrote and heard by then, in its order. */
  let theirs: PageTranscript;

  const both = (permission: Permission) =>
    [transcript, theirs].map((side) => {
      const lines = side.lines(true);
      return [standing(lines, permission), permits(lines, permission)];
    });
  /** What the visitor's side says comes to the agent's. */
  const arrive = () => {
    for (const entry of transcript.missing(theirs.seen())) {
      theirs.receive(entry);
    }
  };
  const write = (type: "ask" | "release", permission: Permission) => {
    const entry = theirs.write({ type, permission }, clock.now());
    return () => {
      transcript.receive(entry);
      hear();
    };
  };

  beforeEach(() => {
    theirs = new PageTranscript({ role: "agent", epoch: "agent" });
  });

  test.each([true, false])("heard before the release: %j", (before) => {
    write("ask", "follow")();
    if (before) {
      permissions.answer(true);
      arrive();
      write("release", "follow")();
    } else {
      const release = write("release", "follow");
      permissions.answer(true);
      release();
    }
    arrive();
    expect(both("follow")).toEqual(Array(2).fill(["released", false]));
    // Once.
    hear();
    expect(said).toEqual(["follow granted", "follow withdrawn"]);
    write("ask", "follow")();
    permissions.answer(true);
    arrive();
    expect(both("follow")).toEqual(Array(2).fill(["granted", true]));
  });

  test("also if it is the visitor's who takes up what waited", () => {
    write("ask", "follow")();
    permissions.answer(true);
    permissions.pause();
    const release = write("release", "follow");
    permissions.resume();
    release();
    arrive();
    expect(both("follow")).toEqual(Array(2).fill(["released", false]));
  });

  test("also of what needs what was given back", () => {
    write("ask", "view")();
    permissions.answer(true);
    arrive();
    write("ask", "point")();
    const release = write("release", "view");
    permissions.answer(true);
    release();
    arrive();
    write("ask", "view")();
    permissions.answer(true);
    arrive();
    expect(both("view")).toEqual(Array(2).fill(["granted", true]));
    expect(both("point")).toEqual(Array(2).fill(["withdrawn", false]));
  });
});

test("a question that is taken back is no way to ask for ever", () => {
  ask("follow");
  clock.turn(PATIENCE - 1);
  release("follow");
  expect(said).toEqual([]);
  for (let n = 0; n < 20; n += 1) {
    ask("follow");
    expect(permissions.question.get()).toBeNull();
    release("follow");
  }
  ask("view");
  expect(permissions.question.get()).toBeNull();
  expect(said).toEqual([...Array(20).fill("follow declined"), "view declined"]);
  clock.turn(QUIET);
  ask("follow");
  expect(permissions.question.get()).toBe("follow");
});

test("the next page asks again what was open, and keeps what was permitted", () => {
  ask("view");
  permissions.answer(true);
  ask("point");
  permissions.close();
  expect(permissions.holds("view")).toBe(false);
  begin();
  hear();
  expect(permissions.holds("view")).toBe(true);
  expect(permissions.question.get()).toBe("point");
});

test("where there is no room to take something back, the session ends", () => {
  ask("view");
  permissions.answer(true);
  full = true;
  permissions.withdraw("view");
  expect(stuck).toBe(true);
});

test("where there is no room to allow something, it is not permitted", () => {
  ask("view");
  full = true;
  permissions.answer(true);
  expect(permissions.holds("view")).toBe(false);
});
