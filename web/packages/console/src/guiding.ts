// The agent's own tab on a site, and the visitor who follows it. There is one: whoever is guided next
// takes it over.

import {
  GUIDE,
  permits,
  readReport,
  type Standing,
  shownAddress,
  standing,
  systemClock,
} from "@isession/peer";
import type { PagePolicy, SiteCard } from "@isession/protocol";
import { signal } from "@preact/signals";
import { Guide } from "./guide";
import type { Talk } from "./talk";
import { placeOf } from "./trail";

/** Between looks whether the tab is there still. */
const LOOK = 1000;

export interface Guided {
  talk: Talk;
  /** `opened`: its page has not been heard of. `lost`: closed, or cut off. */
  tab: "opened" | "here" | "away" | "lost";
}

export const guided = signal<Guided | null>(null);

/**
 * What opens the tab, and hears it. A frame, because Chromium lets a window move the one that opened
 * it, and nothing above: so no page of the tab can take the console away.
 */
let frame: HTMLIFrameElement | null = null;
let tab: Window | null = null;
let hear: (event: MessageEvent) => void = () => {};
let close = () => {};

/**
 * Firefox lets any page of the tab move the console, so it asks the agent first: for good, since the
 * tab outlives the session, and a window that it opened may have kept the tie and outlive the tab.
 */
const stay = (event: Event) => event.preventDefault();

/** Makes the frame, so that a click finds it. */
export function prepare(): void {
  if (!frame) {
    frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = "Guide";
    const listen = () => frame?.contentWindow?.addEventListener("message", (event) => hear(event));
    frame.addEventListener("load", listen);
    document.body.append(frame);
  }
}

/** Opens the tab where the visitor is, inside the agent's click; gives what is to be told if that cannot be. */
export function openTab(talk: Talk, site: SiteCard): string {
  const here = begins(placeOf(talk.transcript.trail())?.url, site.page);
  if (here === undefined) {
    return "The visitor's page is at no address of this site.";
  }
  const opened = frame?.contentWindow?.open(here, GUIDE);
  if (!opened) {
    return "Your browser opened no tab.";
  }
  addEventListener("beforeunload", stay);
  close();
  tab = opened;
  begin(talk, site);
  return "";
}

/** Where the visitor says they are, if that is a page of the site. */
function begins(text = "", { origins, query }: PagePolicy): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && origins.includes(url.origin) ? shownAddress(url, query) : undefined;
}

/** The visitor is not to follow any longer. */
export function release(talk: Talk): void {
  try {
    talk.peer.release("follow");
  } catch {
    // A full conversation: the session's end is all that is left.
  }
}

export function focusTab(): void {
  tab?.focus();
}

function begin(talk: Talk, site: SiteCard): void {
  const { peer, transcript } = talk;
  const lines = () => peer.view.get().lines;
  const goes = () => talk.ended === null && peer.view.get().connection !== "ended";
  const guide = new Guide({
    clock: systemClock,
    query: site.page.query,
    may: () => goes() && permits(lines(), "follow"),
    visitor: () => {
      const trail = transcript.trail();
      return { url: placeOf(trail)?.url, told: trail.length };
    },
    guide: (url) => attempt(() => peer.guide(url)),
    glance: (glance) => peer.glance(glance),
  });
  let told: Standing | null = null;
  const tell = (origin: string) => {
    tab?.postMessage({ isession: "following", standing: told }, origin);
  };
  let origin: string | null = null;
  const look = () => {
    guide.look();
    const stands = goes() ? standing(lines(), "follow") : "released";
    if (stands !== told) {
      told = stands;
      if (origin !== null) {
        tell(origin);
      }
    }
    if (!goes()) {
      close();
    }
  };
  const show = (state: Guided["tab"]) => {
    if (guided.value?.tab !== state) {
      guided.value = { talk, tab: state };
    }
  };
  hear = ({ source, data, origin: from }) => {
    const ours = source === tab && site.page.origins.includes(from);
    const report = ours ? readReport(data, site.id, from) : null;
    if (report) {
      origin = from;
      guide.hear(report);
      show(guide.away ? "away" : "here");
      tell(from);
    }
  };
  const end = peer.view.subscribe(look);
  const timer = setInterval(() => {
    if (tab?.closed) {
      // Or its page has an opener policy: then nobody hears of it any more.
      show("lost");
    }
  }, LOOK);
  close = () => {
    close = () => {};
    end();
    clearInterval(timer);
    guide.close();
    hear = () => {};
    guided.value = null;
  };
  guided.value = { talk, tab: "opened" };
  look();
}

function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // A full conversation says so where messages are written.
  }
}
