// A page goes where the agent goes only while its visitor permits it: on the site, to the newest place,
// and at a pace that people can follow.

import { PageSession, PageTranscript, permits, type Saved } from "@isession/peer";
import { type Body, channel, type EntryId, type LeadPolicy, type Point } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../../peer/test/fakes";
import { Following, PACE, REST, SHAPES } from "../src/following";

const SITE = "https://shop.example";
const OPEN: LeadPolicy = { development: false, allow: [], deny: [], confirm: [] };

let clock: FakeClock;
let transcript: PageTranscript;
let following: Following;
let held: boolean;
let still: boolean;
let age: number;
let end: Point;
let gone: string[];
let scrolled: Point[];
let seq: number;

function begin(leads: LeadPolicy = OPEN): void {
  following = new Following({
    clock,
    leads,
    pages: { origins: [SITE, "https://www.shop.example"], query: ["page"], unmask: [] },
    page: {
      address: () => new URL(`${SITE}/?session=secret#top`),
      age: () => age,
      go: (url) => gone.push(url),
      end: () => end,
      scrollTo: (at) => scrolled.push(at),
      still: () => still,
    },
    holds: () => held,
    lines: () => transcript.lines(true),
    land(lead, landing) {
      transcript.write({ type: "landing", lead, landing }, clock.now());
      // As a session does it: what was said is looked at at once.
      following.look();
    },
  });
}

function guide(url: string): EntryId {
  seq += 1;
  const id = { epoch: "agent", seq };
  transcript.receive({ id, at: clock.now(), body: { type: "guide", url } });
  following.look();
  return id;
}

const landings = () =>
  transcript.lines(true).flatMap((line) => (line.kind === "guide" ? [line.landing] : []));
const scroll = (n: number, y: number, of?: number) =>
  following.take({
    type: "scroll",
    n,
    at: { x: 0, y },
    ...(of !== undefined && { of: { x: 0, y: of } }),
  });

const LANDED = { state: "landed", how: "page" };
const blocked = (why: string) => ({ state: "blocked", why });

beforeEach(() => {
  clock = new FakeClock();
  transcript = new PageTranscript({ role: "visitor", epoch: "visitor" });
  held = true;
  still = false;
  age = PACE;
  end = { x: 0, y: 1000 };
  gone = [];
  scrolled = [];
  seq = 0;
  begin();
});

test("the page goes along, without what the site does not let be told", () => {
  guide(`${SITE}/lamps?page=2&token=secret#reviews`);
  expect(gone).toEqual([`${SITE}/lamps?page=2`]);
  expect(landings()).toEqual([LANDED]);
});

test("where the visitor is already, nothing moves", () => {
  guide(`${SITE}/?other=1#bottom`);
  expect(gone).toEqual([]);
  expect(landings()).toEqual([LANDED]);
});

test.each([
  ["javascript:alert(1)", "scheme"],
  ["data:text/html,x", "scheme"],
  ["blob:https://shop.example/1", "scheme"],
  ["http://shop.example/", "scheme"],
  ["https://shop.example:8443/", "not_allowed"],
  ["https://elsewhere.example/", "not_allowed"],
  ["https://shop.example.evil.example/", "not_allowed"],
  // The session lives in the page's own origin.
  ["https://www.shop.example/", "not_allowed"],
  ["https://ada:secret@shop.example/", "credentials"],
  ["//elsewhere.example", "malformed"],
  ["/lamps", "malformed"],
])("%s is not gone to: %s", (url, why) => {
  guide(url);
  expect(gone).toEqual([]);
  expect(landings()).toEqual([blocked(why)]);
});

test("hosts that the site wants confirmed are asked for, by a lead", () => {
  begin({ ...OPEN, confirm: ["shop.example"] });
  guide(`${SITE}/lamps`);
  expect(gone).toEqual([]);
  expect(landings()).toEqual([blocked("not_permitted")]);
});

test("without the permission nothing moves, and that is told", () => {
  held = false;
  guide(`${SITE}/lamps`);
  scroll(1, 500, 1000);
  clock.turn(10 * PACE);
  expect(gone).toEqual([]);
  expect(scrolled).toEqual([]);
  expect(landings()).toEqual([blocked("not_permitted")]);
});

test("of a flood the first and the newest are gone to, a second apart", () => {
  guide(`${SITE}/0`);
  for (let n = 1; n <= 100; n += 1) {
    guide(`${SITE}/${n}`);
  }
  expect(gone).toEqual([`${SITE}/0`]);
  clock.turn(PACE - 1);
  expect(gone).toHaveLength(1);
  clock.turn(1);
  expect(gone).toEqual([`${SITE}/0`, `${SITE}/100`]);
  const all = landings();
  expect(all.filter((landing) => landing?.state === "landed")).toHaveLength(2);
  expect(all.filter((landing) => landing?.state === "failed")).toHaveLength(99);
});

test("what waits is judged anew when its time has come", () => {
  guide(`${SITE}/0`);
  guide(`${SITE}/1`);
  held = false;
  clock.turn(PACE);
  expect(gone).toEqual([`${SITE}/0`]);
  expect(landings()).toEqual([LANDED, blocked("not_permitted")]);
});

test("a page that has just begun is not left at once, and takes up what the one before had left", () => {
  age = 0;
  begin();
  guide(`${SITE}/lamps`);
  expect(gone).toEqual([]);
  following.close();
  begin();
  following.look();
  clock.turn(PACE);
  expect(gone).toEqual([`${SITE}/lamps`]);
});

test("the page is scrolled by the share of what there is to scroll", () => {
  scroll(1, 500, 2000);
  expect(scrolled).toEqual([{ x: 0, y: 250 }]);
  // While it takes shape; a page that grows wherever its end comes into view is not chased.
  end = { x: 0, y: 4000 };
  following.resized();
  expect(scrolled.at(-1)).toEqual({ x: 0, y: 1000 });
  clock.turn(SHAPES);
  following.resized();
  // Overtaken on the way.
  scroll(1, 0, 2000);
  expect(scrolled).toHaveLength(2);
  following.reset();
  scroll(1, 2000, 2000);
  expect(scrolled.at(-1)).toEqual({ x: 0, y: 4000 });
});

test("where no end was told, and beyond it, places are clamped to the page", () => {
  scroll(1, 400);
  scroll(2, 9000);
  scroll(3, -5);
  scroll(4, 9000, 100);
  scroll(5, 50, 0);
  expect(scrolled.map(({ y }) => y)).toEqual([400, 1000, 0, 1000, 50]);
});

test("who wants little motion is moved once, when the agent's page rests", () => {
  still = true;
  for (let n = 1; n <= 20; n += 1) {
    scroll(n, 10 * n, 1000);
    clock.turn(REST - 1);
  }
  expect(scrolled).toEqual([]);
  clock.turn(1);
  expect(scrolled).toEqual([{ x: 0, y: 200 }]);
});

test("nothing is scrolled after a no, whatever changes its size", () => {
  scroll(1, 500, 1000);
  held = false;
  following.look();
  following.resized();
  held = true;
  following.resized();
  expect(scrolled).toHaveLength(1);
});

test("what cannot be answered is not gone to, for the session ends", () => {
  let ended = false;
  const saved = full();
  const session = new PageSession({
    decoders: channel,
    transcript: new PageTranscript({ role: "visitor", epoch: "visitor", saved }),
    ice: [],
    send() {},
    wantIce() {},
    full() {
      ended = true;
    },
    clock,
    createPeer: () => {
      throw new Error("nobody connects");
    },
  });
  following = new Following({
    clock,
    leads: OPEN,
    pages: { origins: [SITE], query: [], unmask: [] },
    page: {
      address: () => new URL(SITE),
      age: () => age,
      go: (url) => gone.push(url),
      end: () => end,
      scrollTo: () => {},
      still: () => false,
    },
    holds: () => !ended && permits(session.view.get().lines, "follow"),
    lines: () => session.view.get().lines,
    land: (guide, landing) => session.land(guide, landing),
  });
  expect(permits(session.view.get().lines, "follow")).toBe(true);
  following.look();
  expect(ended).toBe(true);
  expect(gone).toEqual([]);
});

/** A conversation in which following is permitted, and which has no room for the answer to a guide. */
function full(): Saved {
  transcript.write({ type: "grant", permission: "follow", grant: "granted" }, 1);
  const body: Body = { type: "guide", url: `${SITE}/lamps` };
  for (
    seq = 1;
    transcript.receive({ id: { epoch: "agent", seq }, at: 1, body: SAID }) !== "full";
  ) {
    seq += 1;
  }
  const saved = transcript.save();
  const last = saved.log.at(-1);
  if (last) {
    last.entry = { ...last.entry, body };
  }
  return saved;
}

const SAID: Body = { type: "message", text: "" };
