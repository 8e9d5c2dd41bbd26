// Moves in the page's history, under the rules of leads.

import { PageSession, PageTranscript } from "@isession/peer";
import { channel, type Travel } from "@isession/protocol";
import { beforeEach, expect, test } from "vitest";
import { Travelling } from "../src/travelling";

let moved: Travel[];
let can: boolean;
let session: PageSession;
let travelling: Travelling;
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
  travelling = new Travelling(session, { can: () => can, go: (travel) => moved.push(travel) });
  session.start();
});

function hear(travel: string): void {
  seq += 1;
  const entry = { id: { epoch: "theirs", seq }, at: 1, body: { type: "travel", travel } };
  talk.onmessage?.({ data: JSON.stringify({ type: "entry", ...entry }) });
}

const landings = () =>
  session.view.get().lines.flatMap((line) => (line.kind === "travel" ? [line.landing] : []));

test("the visitor is asked, and goes", () => {
  hear("back");
  expect(moved).toEqual([]);
  expect(landings()).toEqual([{ state: "shown" }]);
  travelling.go(false);
  expect(moved).toEqual(["back"]);
  expect(landings()).toEqual([{ state: "landed", how: "page" }]);
});

test("allowed for the session, nobody is asked", () => {
  hear("reload");
  travelling.go(true);
  hear("forward");
  expect(moved).toEqual(["reload", "forward"]);
  expect(travelling.card.get()).toBeNull();
});

test("stopped, nothing moves: not what waits, and not what comes", () => {
  hear("back");
  session.consent("stop");
  hear("reload");
  travelling.go(false);
  expect(moved).toEqual([]);
  const blocked = { state: "blocked", why: "stopped" };
  expect(landings()).toEqual([blocked, blocked]);
});

test("who stays, and what a newer one replaced, is told", () => {
  hear("back");
  hear("reload");
  travelling.stay();
  expect(moved).toEqual([]);
  expect(landings()).toEqual([{ state: "failed", why: "replaced" }, { state: "declined" }]);
});

test("where there is no such page, or the word is a newer one, that is told", () => {
  hear("sideways");
  can = false;
  hear("back");
  const failed = { state: "failed", why: "no_page" };
  expect(landings()).toEqual([failed, failed]);
});

test("what the page before was asked ended with it", () => {
  hear("back");
  new Travelling(session, { can: () => true, go: (travel) => moved.push(travel) });
  expect(landings()).toEqual([{ state: "failed", why: "interrupted" }]);
});
