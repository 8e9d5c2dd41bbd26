// Moves in the page's history, under the rules of leads.

import { PageSession, PageTranscript } from "@isession/peer";
import { channel, type Travel } from "@isession/protocol";
import { Cards, Leading } from "@isession/visitor";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pageHistory, Travelling, wasAsked } from "../src/travelling";

const POLICY = { development: false, allow: [], deny: [], confirm: [] };
let moved: Travel[];
let can: boolean;
let session: PageSession;
let travelling: Travelling;
let leading: Leading;
let seq: number;
let talk: { onmessage?(event: { data: string }): void };

beforeEach(() => {
  moved = [];
  can = true;
  seq = 0;
  talk = {};
  session = new PageSession({
    decoders: channel,
    transcript: new PageTranscript({ role: "visitor", epoch: "mine" }),
    ice: [],
    send() {},
    wantIce() {},
    clock: { now: () => 1, after: () => () => {} },
    createPeer: () => {
      let first = true;
      return {
        createDataChannel: () => {
          const made = first ? talk : {};
          first = false;
          return Object.assign(made, { readyState: "connecting" });
        },
        close() {},
      } as unknown as RTCPeerConnection;
    },
  });
  const cards = new Cards();
  const pages = { can: () => can, go: (travel: Travel) => moved.push(travel) };
  travelling = new Travelling(session, pages, cards);
  const mover = { move: () => "page" as const };
  leading = new Leading(session, POLICY, mover, cards);
  session.start();
});

function hear(body: { type: "travel"; travel: string } | { type: "lead"; url: string }): void {
  seq += 1;
  const entry = { id: { epoch: "theirs", seq }, at: 1, body };
  talk.onmessage?.({ data: JSON.stringify({ type: "entry", ...entry }) });
}

const hearTravel = (travel: string) => hear({ type: "travel", travel });
const hearLead = (url = "https://b.example/") => hear({ type: "lead", url });

const landings = () =>
  session.view.get().lines.flatMap((line) => ("landing" in line ? [line.landing] : []));

test("the visitor is asked, and goes", () => {
  hearTravel("back");
  expect(moved).toEqual([]);
  expect(landings()).toEqual([{ state: "shown" }]);
  travelling.go(false);
  expect(moved).toEqual(["back"]);
  expect(landings()).toEqual([{ state: "landed", how: "page" }]);
});

test("allowed for the session, nobody is asked", () => {
  hearTravel("reload");
  travelling.go(true);
  hearTravel("forward");
  expect(moved).toEqual(["reload", "forward"]);
  expect(travelling.card.get()).toBeNull();
});

test("stopped, nothing moves: not what waits, and not what comes", () => {
  hearTravel("back");
  session.consent("stop");
  hearTravel("reload");
  travelling.go(false);
  expect(moved).toEqual([]);
  const blocked = { state: "blocked", why: "stopped" };
  expect(landings()).toEqual([blocked, blocked]);
});

test("who stays, and what a newer one replaced, is told", () => {
  hearTravel("back");
  hearTravel("reload");
  travelling.stay();
  expect(moved).toEqual([]);
  expect(landings()).toEqual([{ state: "failed", why: "replaced" }, { state: "declined" }]);
});

test("where there is no such page, or the word is a newer one, that is told", () => {
  hearTravel("sideways");
  can = false;
  hearTravel("back");
  const failed = { state: "failed", why: "no_page" };
  expect(landings()).toEqual([failed, failed]);
});

test("what the page before was asked ended with it", () => {
  hearTravel("back");
  new Travelling(session, { can: () => true, go: (travel) => moved.push(travel) }, new Cards());
  expect(landings()).toEqual([{ state: "failed", why: "interrupted" }]);
});

describe("who comes back to a page", () => {
  const went: string[] = [];
  const stored = new Map<string, string>();
  let page: EventTarget;

  beforeEach(() => {
    went.length = 0;
    stored.clear();
    vi.stubGlobal("history", {
      back: () => went.push("back"),
      forward: () => went.push("forward"),
    });
    page = new EventTarget();
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("location", { reload: () => went.push("reload") });
    vi.stubGlobal("sessionStorage", {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => stored.set(key, value),
      removeItem: (key: string) => stored.delete(key),
    });
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test("does so at the agent's word once for each move that was asked for", () => {
    expect(wasAsked()).toBe(false);
    pageHistory.go("back");
    expect([wasAsked(), wasAsked()]).toEqual([true, false]);
    pageHistory.go("forward");
    expect([wasAsked(), wasAsked()]).toEqual([true, false]);
    expect(went).toEqual(["back", "forward"]);
  });

  test("does so by themselves after a move within the page before", () => {
    pageHistory.go("back");
    page.dispatchEvent(new Event("popstate"));
    expect(wasAsked()).toBe(false);
  });

  test("does so by themselves after a reload, and where nothing can be stored", () => {
    pageHistory.go("reload");
    expect(wasAsked()).toBe(false);
    vi.stubGlobal("sessionStorage", undefined);
    pageHistory.go("back");
    expect(wasAsked()).toBe(false);
    expect(went).toEqual(["reload", "back"]);
  });
});

describe("beside leads, one card waits at a time: the newest", () => {
  const replaced = { state: "failed", why: "replaced" };
  const shown = { state: "shown" };

  test("a lead takes the place of a move", () => {
    hearTravel("back");
    hearLead();
    expect(landings()).toEqual([replaced, shown]);
    expect(travelling.card.get()).toBeNull();
    travelling.go(false);
    expect(moved).toEqual([]);
    expect(leading.card.get()).toMatchObject({ host: "b.example" });
  });

  test("a move takes the place of a lead", () => {
    hearLead();
    hearTravel("back");
    expect(landings()).toEqual([replaced, shown]);
    expect(leading.card.get()).toBeNull();
    travelling.go(false);
    expect(moved).toEqual(["back"]);
  });

  test("so does one that nobody is asked about", () => {
    hearLead("https://pay.example/");
    session.consent("allow");
    hearTravel("reload");
    expect(landings()).toEqual([replaced, { state: "landed", how: "page" }]);
    expect(leading.card.get()).toBeNull();
  });

  test("what is refused takes nobody's place", () => {
    hearTravel("back");
    hearLead("https://10.0.0.1/");
    expect(landings()).toEqual([shown, { state: "blocked", why: "private_address" }]);
    can = false;
    hearTravel("forward");
    expect(travelling.card.get()).toMatchObject({ travel: "back" });
  });

  test("what was answered is not answered again by what comes later", () => {
    hearTravel("back");
    travelling.stay();
    hearLead();
    leading.stay();
    hearTravel("reload");
    const declined = { state: "declined" };
    expect(landings()).toEqual([declined, declined, shown]);
  });
});
