// What a visitor who follows is told of the agent's own tab, and what is not.

import { readReport } from "@isession/peer";
import type { Glance, SiteCard } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../../peer/test/fakes";
import type { Talk } from "../src/desk";
import { AGAIN, Guide, PACE } from "../src/guide";
import { openTab } from "../src/guiding";

const SITE = "https://shop.example";

let clock: FakeClock;
let guide: Guide;
let may: boolean;
let visitor: { url: string | undefined; told: number };
let told: string[];
let scrolled: number[];

const at = (path: string, y = 0) =>
  guide.hear({ url: new URL(path, SITE), at: { x: 0, y }, of: { x: 0, y: 2000 } });

/** The visitor's side says where its page is. */
function arrives(path: string): void {
  visitor = { url: SITE + path, told: visitor.told + 1 };
  guide.look();
}

beforeEach(() => {
  clock = new FakeClock();
  may = true;
  visitor = { url: `${SITE}/`, told: 1 };
  told = [];
  scrolled = [];
  guide = new Guide({
    clock,
    query: ["page"],
    may: () => may,
    visitor: () => visitor,
    guide: (url) => told.push(url),
    glance(glance: Glance) {
      if (glance.type === "scroll") {
        scrolled.push(glance.at.y);
      }
    },
  });
});

test("each page of the tab is told once, as the site lets it be told", () => {
  at("/?token=secret");
  expect(told).toEqual([]);
  at("/lamps?page=2&token=secret#reviews");
  at("/lamps?page=2&token=other");
  expect(told).toEqual([`${SITE}/lamps?page=2`]);
  clock.turn(PACE);
  at("/");
  expect(told).toHaveLength(2);
});

test("a tab that changes its address all the time is told once a second, the newest", () => {
  for (let n = 1; n <= 50; n += 1) {
    at(`/${n}`);
  }
  expect(told).toEqual([`${SITE}/1`]);
  clock.turn(PACE);
  expect(told).toEqual([`${SITE}/1`, `${SITE}/50`]);
  at("/51");
  guide.close();
  clock.turn(PACE);
  expect(told).toHaveLength(2);
});

test("scrolling is told of the page that both are on, and twice, for glances get lost", () => {
  at("/", 0);
  expect(scrolled).toEqual([]);
  at("/", 100);
  at("/", 200);
  expect(scrolled).toEqual([100, 200]);
  clock.turn(AGAIN);
  expect(scrolled).toEqual([100, 200, 200]);
  at("/lamps", 0);
  at("/lamps", 300);
  expect(scrolled).toHaveLength(3);
  arrives("/lamps");
  expect(scrolled.at(-1)).toBe(300);
});

test("where the page before was scrolled to is not said again of the next one", () => {
  at("/", 200);
  at("/lamps");
  arrives("/lamps");
  clock.turn(AGAIN);
  expect(scrolled).toEqual([200]);
});

test("where the site sends the visitor on, the page there is scrolled, and no other", () => {
  at("/lamps", 10);
  arrives("/sign-in");
  expect(scrolled).toEqual([10]);
  arrives("/help");
  at("/lamps", 20);
  expect(scrolled).toEqual([10]);
});

test("without the permission nothing is told; with it again, where the tab is by then", () => {
  may = false;
  at("/lamps", 10);
  clock.turn(AGAIN);
  expect([told, scrolled]).toEqual([[], []]);
  may = true;
  guide.look();
  expect(told).toEqual([`${SITE}/lamps`]);
  arrives("/lamps");
  may = false;
  guide.look();
  arrives("/cart");
  at("/lamps", 50);
  may = true;
  clock.turn(PACE);
  guide.look();
  expect(told).toEqual([`${SITE}/lamps`, `${SITE}/lamps`]);
});

test("who follows again is taken to the top as well, if the tab is there", () => {
  at("/", 300);
  at("/", 0);
  may = false;
  guide.look();
  clock.turn(AGAIN);
  may = true;
  guide.look();
  expect(scrolled).toEqual([300, 0, 0]);
});

test("another origin is nothing that can be followed", () => {
  at("https://www.shop.example/lamps", 10);
  expect(guide.away).toBe(true);
  expect([told, scrolled]).toEqual([[], []]);
});

test("a visitor on no page of the site is told nothing", () => {
  visitor = { url: undefined, told: 2 };
  at("/lamps", 10);
  expect([told, scrolled]).toEqual([[], []]);
});

test.each([
  ["https://elsewhere.example/", "The visitor's page is at no address of this site."],
  ["no address", "The visitor's page is at no address of this site."],
  // There is no frame that could.
  [`${SITE}/lamps`, "Your browser opened no tab."],
])("no tab opens for a visitor at %s: %s", (url, words) => {
  const trail = () => [{ tab: "one", url, title: "", front: true, at: 1 }];
  const site = { id: "demo", page: { origins: [SITE], query: [], unmask: [] } };
  expect(openTab({ transcript: { trail } } as unknown as Talk, site as unknown as SiteCard)).toBe(
    words,
  );
});

const report = {
  isession: "guide",
  site: "demo",
  url: `${SITE}/lamps`,
  at: { x: 0, y: 1 },
  of: { x: 0, y: 2 },
};

test("a report is taken from the origin that it speaks of", () => {
  expect(readReport(report, "demo", SITE)?.url.href).toBe(`${SITE}/lamps`);
  expect(readReport(report, "demo", "https://elsewhere.example")).toBeNull();
  expect(readReport(report, "other", SITE)).toBeNull();
});

const cycle: Record<string, unknown> = { x: 0, y: 0 };
cycle.cycle = cycle;

test("of a place two numbers are read, and nothing that lies beside them", () => {
  let read = 0;
  const at = { x: 0, y: 1, toJSON: () => "" };
  Object.defineProperty(at, "more", { enumerable: true, get: () => ++read });
  expect(readReport({ ...report, at, of: cycle }, "demo", SITE)?.at).toEqual({ x: 0, y: 1 });
  expect(read).toBe(0);
});

test.each([
  null,
  "guide",
  { ...report, at: { x: 0n, y: 0 } },
  { ...report, at: [] },
  { ...report, of: null },
  { ...report, of: "end" },
  {},
  { ...report, url: "javascript:alert(1)" },
  { ...report, url: "https://elsewhere.example/" },
  { ...report, url: `${SITE}/${"x".repeat(9000)}` },
  { ...report, at: { x: 0, y: Number.NaN } },
  { ...report, at: { x: 0.5, y: 0 } },
  { ...report, of: undefined },
  { ...report, of: { x: 0, y: 2 ** 40 } },
])("what is no report is nothing: %o", (data) => {
  expect(readReport(data, "demo", SITE)).toBeNull();
});
