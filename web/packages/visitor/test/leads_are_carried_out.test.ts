// The ladder, the card and the visitor's standing word, with windows that are not real.

import { Session, Transcript } from "@isession/peer";
import { type Consent, channel, type Entry } from "@isession/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { Cards } from "../src/cards";
import { Ladder, type Windows } from "../src/ladder";
import { Leading } from "../src/leading";

/** A window that takes an address, or throws as Firefox does for another site's opener. */
function fakeWindow(behaviour: "moves" | "throws" | "closed" = "moves") {
  const visited: string[] = [];
  const location = {
    set href(url: string) {
      if (behaviour === "throws") {
        throw new Error("Property access denied");
      }
      visited.push(url);
    },
  };
  return { visited, closed: behaviour === "closed", location };
}
type Fake = ReturnType<typeof fakeWindow>;

let opener: Fake | null;
let opens: (Fake | null)[];
let opened: string[];
let session: Session;
let transcript: Transcript;
let leading: Leading;
let seq: number;

const windows: Windows = {
  opener: () => opener as unknown as Window | null,
  open: (url) => {
    opened.push(url);
    return (opens.shift() ?? null) as unknown as Window | null;
  },
};

const POLICY = { development: false, allow: [], deny: [], confirm: ["pay.example"] };
const B = "https://b.example/";
const C = "https://c.example/";

/** Begins a session, over what an agent may have asked for already. */
function begin(...before: Entry[]): void {
  transcript = new Transcript({ role: "visitor", epoch: "mine" });
  for (const entry of before) {
    transcript.receive(entry);
  }
  const made: { talk?: { onmessage(event: { data: string }): void } } = {};
  session = new Session({
    decoders: channel,
    transcript,
    ice: [],
    send() {},
    wantIce() {},
    clock: { now: () => 1, after: () => () => {} },
    createPeer: () => fakePeer(made),
  });
  leading = new Leading(session, POLICY, new Ladder(windows), new Cards());
  session.start();
  hear = (entry) => made.talk?.onmessage({ data: JSON.stringify({ type: "entry", ...entry }) });
}
let hear: (entry: Entry) => void;

function fakePeer(made: { talk?: unknown }): RTCPeerConnection {
  const channels: object[] = [];
  return {
    createDataChannel: () => {
      const channel = { readyState: "connecting" };
      channels.push(channel);
      made.talk = channels[0];
      return channel;
    },
    close() {},
  } as unknown as RTCPeerConnection;
}

const entry = (url: string): Entry => {
  seq += 1;
  return { id: { epoch: "theirs", seq }, at: 1, body: { type: "lead", url } };
};
const landings = () =>
  session.view.get().lines.flatMap((line) => (line.kind === "lead" ? [line.landing] : []));
const say = (consent: Consent) => session.consent(consent);

beforeEach(() => {
  opener = null;
  opens = [];
  opened = [];
  seq = 0;
  begin();
});

describe("the ladder", () => {
  test("moves the page that opened the companion", () => {
    opener = fakeWindow();
    hear(entry(B));
    expect(landings()).toEqual([{ state: "shown" }]);
    leading.go(false);
    expect(opener.visited).toEqual([B]);
    expect(landings()).toEqual([{ state: "landed", how: "opener" }]);
    expect(leading.card.get()).toBeNull();
  });

  test.each(["throws", "closed"] as const)("opens a stage if the opener is one that %s", (kind) => {
    opener = fakeWindow(kind);
    const stage = fakeWindow();
    opens = [stage];
    hear(entry(B));
    leading.go(false);
    expect(opened).toEqual([B]);
    hear(entry(C));
    leading.go(false);
    expect(stage.visited).toEqual([C]);
    expect(landings()).toEqual([
      { state: "landed", how: "window" },
      { state: "landed", how: "stage" },
    ]);
  });

  test("opens a new stage if the old one was severed", () => {
    opens = [fakeWindow("closed"), fakeWindow()];
    hear(entry(B));
    leading.go(false);
    hear(entry(C));
    leading.go(false);
    expect(opened).toEqual([B, C]);
  });

  test("leaves a link if nothing opens, and reports the click", () => {
    hear(entry(B));
    leading.go(false);
    expect(leading.card.get()).toMatchObject({ linkOnly: true });
    expect(landings()).toEqual([{ state: "shown" }]);
    leading.linkClicked();
    expect(landings()).toEqual([{ state: "landed", how: "link" }]);
  });

  test("a link that is given up is an honest failure", () => {
    hear(entry(B));
    leading.go(false);
    leading.stay();
    expect(landings()).toEqual([{ state: "failed", why: "no_window" }]);
  });
});

describe("the visitor decides", () => {
  test("staying is told", () => {
    hear(entry(B));
    leading.stay();
    expect(landings()).toEqual([{ state: "declined" }]);
    expect(opened).toEqual([]);
  });

  test("allowed for the session, leads run without a card", () => {
    opener = fakeWindow();
    hear(entry(B));
    leading.go(true);
    hear(entry(C));
    expect(leading.card.get()).toBeNull();
    expect(opener.visited).toEqual([B, C]);
    expect(session.view.get().consent).toBe("allow");
  });

  test("allowed, but nothing moves without a click: the card brings the click", () => {
    say("allow");
    hear(entry(B));
    expect(leading.card.get()).toMatchObject({ host: "b.example", linkOnly: false });
    opens = [fakeWindow()];
    leading.go(false);
    expect(landings()).toEqual([{ state: "landed", how: "window" }]);
  });

  test("stopping answers what waits and all that comes", () => {
    opener = fakeWindow();
    hear(entry(B));
    leading.stop();
    hear(entry(C));
    const stopped = { state: "blocked", why: "stopped" };
    expect(landings()).toEqual([stopped, stopped]);
    expect(opener.visited).toEqual([]);
    leading.askAgain();
    hear(entry(B));
    expect(leading.card.get()).toMatchObject({ host: "b.example" });
  });

  test("a newer lead takes the place of the older", () => {
    hear(entry(B));
    hear(entry(C));
    expect(landings()).toEqual([{ state: "failed", why: "replaced" }, { state: "shown" }]);
    expect(leading.card.get()).toMatchObject({ host: "c.example" });
  });

  test("what is refused is never shown, even if leads are allowed", () => {
    opener = fakeWindow();
    say("allow");
    hear(entry("javascript:alert(1)"));
    hear(entry("https://192.168.1.1/"));
    expect(landings()).toEqual([
      { state: "blocked", why: "scheme" },
      { state: "blocked", why: "private_address" },
    ]);
    expect(opener.visited).toEqual([]);
    expect(leading.card.get()).toBeNull();
  });
});

test("a host that the site wants confirmed is asked for whatever was allowed", () => {
  opener = fakeWindow();
  say("allow");
  hear(entry("https://pay.example/"));
  expect(leading.card.get()).toMatchObject({ host: "pay.example" });
  expect(opener.visited).toEqual([]);
  hear(entry(B));
  expect(opener.visited).toEqual([B]);
});

describe("after a reload", () => {
  test("the last lead without an answer is asked for again, older ones are told as lost", () => {
    begin(entry(B), entry(C));
    expect(leading.card.get()).toMatchObject({ host: "c.example" });
    expect(landings()).toEqual([{ state: "failed", why: "interrupted" }, null]);
  });

  test("a session that is over takes the card away without an answer", () => {
    hear(entry(B));
    leading.dismiss();
    expect(leading.card.get()).toBeNull();
    expect(landings()).toEqual([{ state: "shown" }]);
  });
});
