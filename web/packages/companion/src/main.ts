// The companion: the window at the node's origin that holds the visitor's side of a session.

import { systemClock, Value } from "@isession/peer";
import {
  ARRIVED,
  detailsOf,
  Memory,
  Once,
  ownStorage,
  sharedStorage,
  tell,
  visitView,
} from "@isession/visitor";
import type { Arrival } from "./arrival";
import { load } from "./load";
import type * as Talking from "./talking";
import { WindowVisit } from "./window_visit";
import "./style.css";

/** Where the node has what takes up visits from pages, and what talks; the build fills it in. */
declare const ARRIVAL: string;
declare const TALKING: string;

const TROUBLE =
  "Part of this window could not be loaded. It is tried again; if this stays, reload the window.";

const site = document.querySelector<HTMLMetaElement>('meta[name="isession-site"]')?.content ?? "";
const title = document.title;
const { hash } = location;
const arrives = hash.startsWith(ARRIVED);
if (arrives) {
  // What it carries is for this page alone.
  history.replaceState(null, "", ARRIVED);
}
const query = new URLSearchParams(location.search);
// A page's button asks whether this window is the companion that it would open.
addEventListener("message", ({ data, source, origin }) => {
  if (data === location.pathname) {
    source?.postMessage(data, { targetOrigin: origin });
  }
});

const shared = sharedStorage();
const memory = new Memory(site, shared ?? ownStorage());
const once = shared && new Once(new BroadcastChannel(`isession:${site}`), systemClock);
const latest = await once?.take(memory.isOpen);
if (latest) {
  memory.save(latest);
}
const options = {
  site,
  memory,
  details: detailsOf(new URL(location.href), document.referrer),
  // For visitors who hide their address from agents, and for tests of the relay.
  relayOnly: query.get("transport") === "relay",
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/visitor`,
};
const main = document.querySelector("main") as HTMLElement;
const visit = arrives
  ? (await load<Arrival>(ARRIVAL, () => tell(main, TROUBLE))).arrive(WindowVisit, options, hash)
  : new WindowVisit(options);
once?.serve(() => visit.handOver());

const trouble = new Value("");
let talking: typeof Talking;
const view = visitView({
  visit,
  // There is no session before it is loaded.
  lead: (session) => talking.lead(session, visit.site.lead_policy),
  trouble,
  restart: () => location.reload(),
  isSeen: () => !document.hidden,
});
document.querySelector("header")?.append(view.connection);
main.replaceChildren(...view.parts);
void load<typeof Talking>(TALKING, () => trouble.set(TROUBLE)).then((loaded) => {
  talking = loaded;
  trouble.set("");
  main.append(talking.copyButton(visit));
  visit.take(talking);
});

const name = () => {
  const unread = view.unread.get();
  const news = unread > 0 ? `(${unread}) ` : view.calls.get() ? "☎ " : "";
  document.title = news + title;
};
view.unread.subscribe(name);
view.calls.subscribe(name);
document.addEventListener("visibilitychange", () => {
  view.look();
  if (document.hidden) {
    // Phones end hidden pages without another word.
    visit.save();
  } else {
    visit.wake();
  }
});
// A visit in which nothing happens is alive all the same.
setInterval(() => visit.save(), 60_000);
addEventListener("online", () => visit.renew());
addEventListener("pagehide", () => visit.suspend());
// A page from the back/forward cache holds a visit that was suspended: take it up anew.
addEventListener("pageshow", (event) => event.persisted && location.reload());
// A page of the site sends another visit into this window.
addEventListener("hashchange", () => location.reload());
