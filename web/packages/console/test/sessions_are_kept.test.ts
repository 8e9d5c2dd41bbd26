// When the console writes a session down, and when it erases it.

import type { AgentId, SessionId } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { FakeClock, settled } from "../../peer/test/fakes";
import { type Keepable, Keeper } from "../src/keeper";
import { type RememberedTalk, type Shelf, TakenOver } from "../src/shelf";

const ada = "ada" as AgentId;
const one = "one" as SessionId;
const MINUTE = 60_000;

/** A shelf whose writes take as long as the test says. */
class SlowShelf implements Shelf {
  readonly kept = new Map<SessionId, RememberedTalk>();
  writes = 0;
  mine = true;
  #waiting: (() => void)[] | null = null;

  async open(): Promise<RememberedTalk[]> {
    return [...this.kept.values()];
  }

  async put(talk: RememberedTalk): Promise<void> {
    this.writes += 1;
    if (this.#waiting) {
      await new Promise<void>((resolve) => this.#waiting?.push(resolve));
    }
    if (!this.mine) {
      throw new TakenOver();
    }
    this.kept.set(talk.session, talk);
  }

  async delete(session: SessionId): Promise<void> {
    this.kept.delete(session);
  }

  async isMine(): Promise<boolean> {
    return this.mine;
  }

  async clear(): Promise<void> {
    this.kept.clear();
  }

  hold(): void {
    this.#waiting = [];
  }

  release(): void {
    for (const go of this.#waiting?.splice(0) ?? []) {
      go();
    }
    this.#waiting = null;
  }
}

let clock: FakeClock;
let shelf: SlowShelf;
let expired: SessionId[];
let takenOver: number;

const newKeeper = () =>
  new Keeper({
    clock,
    open: async () => [shelf, await shelf.open()],
    onExpired: (session) => expired.push(session),
    onTakenOver: () => {
      takenOver += 1;
    },
  });

/** A talk of which only the ticket changes. */
class Talk implements Keepable {
  ticket = "0";
  ended: RememberedTalk["ended"] = null;
  keepFor = 0;

  version(): string {
    return `${this.ticket} ${this.ended?.reason}`;
  }

  snapshot(): Omit<RememberedTalk, "until"> {
    const { ticket, ended } = this;
    return { session: one, ticket, ended } as Omit<RememberedTalk, "until">;
  }

  retention(): number {
    return this.keepFor;
  }
}

beforeEach(() => {
  clock = new FakeClock();
  shelf = new SlowShelf();
  expired = [];
  takenOver = 0;
});

async function opened(): Promise<Keeper> {
  const keeper = newKeeper();
  await keeper.open(ada);
  return keeper;
}

test("a burst is written twice: at once, and a quarter of a second later as it is then", async () => {
  const keeper = await opened();
  const talk = new Talk();
  for (let ms = 0; ms < 240; ms += 10) {
    talk.ticket = String(ms);
    keeper.later(one, talk);
    clock.turn(10);
    await settled();
  }
  expect([shelf.writes, shelf.kept.get(one)?.ticket]).toEqual([1, "0"]);
  clock.turn(250);
  await settled();
  expect([shelf.writes, shelf.kept.get(one)?.ticket]).toEqual([2, "230"]);
});

test("what has not changed is not written again", async () => {
  const keeper = await opened();
  const talk = new Talk();
  await keeper.now(one, talk);
  keeper.later(one, talk);
  clock.turn(MINUTE);
  await keeper.now(one, talk);
  expect(shelf.writes).toBe(1);
});

test("what is said is kept before it goes out, even behind a write that is under way", async () => {
  const keeper = await opened();
  const talk = new Talk();
  shelf.hold();
  keeper.later(one, talk);
  clock.turn(0);
  talk.ticket = "said";
  let out = false;
  const kept = keeper.now(one, talk).then(() => {
    out = true;
  });
  await settled();
  expect([out, shelf.kept.size]).toEqual([false, 0]);
  shelf.release();
  await kept;
  expect(shelf.kept.get(one)?.ticket).toBe("said");
});

test("a shelf that hangs or fails does not stop the talk", async () => {
  const keeper = await opened();
  shelf.hold();
  const kept = keeper.now(one, new Talk());
  clock.turn(2000);
  await kept;
  expect(shelf.kept.size).toBe(0);
});

test("a page that goes writes what was to be written later", async () => {
  const keeper = await opened();
  const talk = new Talk();
  await keeper.now(one, talk);
  talk.ticket = "last";
  keeper.later(one, talk);
  keeper.flush();
  await settled();
  expect(shelf.kept.get(one)?.ticket).toBe("last");
});

test("a session that ended is erased at once where the site keeps nothing", async () => {
  const keeper = await opened();
  const talk = new Talk();
  await keeper.now(one, talk);
  talk.ended = { reason: "by_agent", at: clock.now() };
  await keeper.now(one, talk);
  expect([shelf.kept.size, expired]).toEqual([0, []]);
});

test("a session that ended is erased when the site's time is over", async () => {
  const keeper = await opened();
  const talk = new Talk();
  talk.keepFor = 10 * MINUTE;
  talk.ended = { reason: "by_agent", at: clock.now() };
  await keeper.now(one, talk);
  clock.turn(10 * MINUTE - 1);
  await settled();
  expect([shelf.kept.size, expired]).toEqual([1, []]);
  clock.turn(1);
  await settled();
  expect([shelf.kept.size, expired]).toEqual([0, [one]]);
});

test("after a restart, what expired is gone and the rest expires in its time", async () => {
  const before = await opened();
  const talk = new Talk();
  talk.keepFor = 10 * MINUTE;
  talk.ended = { reason: "by_agent", at: clock.now() };
  await before.now(one, talk);
  before.close();
  clock.turn(9 * MINUTE);

  const keeper = newKeeper();
  expect(await keeper.open(ada)).toMatchObject([{ session: one }]);
  clock.turn(MINUTE);
  await settled();
  expect([shelf.kept.size, expired]).toEqual([0, [one]]);

  await shelf.put({ ...talk.snapshot(), until: clock.now() });
  expect(await newKeeper().open(ada)).toEqual([]);
  expect(shelf.kept.size).toBe(0);
});

test("a session that nobody can take up again is not kept for ever", async () => {
  const keeper = await opened();
  await keeper.now(one, new Talk());
  keeper.close();
  clock.turn(12 * 60 * MINUTE);
  expect(await newKeeper().open(ada)).toEqual([]);
  expect(shelf.kept.size).toBe(0);
});

test("a forgotten session stays forgotten, also behind a write that is under way", async () => {
  const keeper = await opened();
  shelf.hold();
  void keeper.now(one, new Talk());
  const forgotten = keeper.forget(one);
  await settled();
  shelf.release();
  await forgotten;
  expect(shelf.kept.size).toBe(0);
});

test("a window that another one followed is told once, and writes no more", async () => {
  const keeper = await opened();
  const talk = new Talk();
  await keeper.now(one, talk);
  shelf.mine = false;
  await keeper.check();
  talk.ticket = "too late";
  await keeper.now(one, talk);
  expect([takenOver, shelf.kept.get(one)?.ticket]).toEqual([1, "0"]);
});

test("a write that is refused tells as much", async () => {
  const keeper = await opened();
  shelf.mine = false;
  await keeper.now(one, new Talk());
  expect([takenOver, shelf.kept.size]).toEqual([1, 0]);
});
