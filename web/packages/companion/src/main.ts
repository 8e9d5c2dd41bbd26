// The companion: the window at the node's origin that holds the visitor's side of a session.

import { connectionText, type Readable, systemClock, vanished } from "@isession/peer";
import { cardView } from "./card_view";
import { button, h, tell } from "./dom";
import { Leading } from "./leading";
import { Memory, ownStorage, sharedStorage } from "./memory";
import { Once } from "./once";
import { queueView } from "./queue_view";
import "./style.css";
import { talkView } from "./talk_view";
import { detailsOf } from "./text";
import { type Stage, Visit } from "./visit";
import { END, GONE, refusalInWords } from "./words";

const site = document.querySelector<HTMLMetaElement>('meta[name="isession-site"]')?.content ?? "";
const main = document.querySelector("main") as HTMLElement;
const connection = document.getElementById("connection") as HTMLElement;
const title = document.title;
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
const visit = new Visit({
  site,
  memory,
  details: detailsOf(new URL(location.href), document.referrer),
  // For visitors who hide their address from agents, and for tests of the relay.
  relayOnly: query.get("transport") === "relay",
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/visitor`,
});

once?.serve(() => visit.handOver());

let leading: Leading | null = null;
let gone: Readable<boolean> | null = null;
visit.onSession = (session) => {
  gone = vanished(session.view);
  gone.subscribe(show);
  leading?.dismiss();
  leading = new Leading(session, visit.policy, {
    opener: () => window.opener as Window | null,
    open: (url, name) => window.open(url, name),
  });
  cardView(leading, document.body);
};

const talk = talkView(visit);
const queue = queueView(visit);
const notice = h("p", { role: "status", "aria-label": "Visit", class: "notice" });
const stop = button("Stop leading", () => leading?.stop(), {
  class: "alarm",
  "aria-keyshortcuts": "Escape",
});
stop.append(h("small", { "aria-hidden": "true" }, " Esc"));
const again = button("Allow leading again", () => leading?.askAgain(), { class: "quiet" });
const end = button("End session", () => void visit.end(), { class: "quiet" });
const restart = button("Start again", () => location.reload());
const controls = h("div", { class: "choices controls", role: "group", "aria-label": "Session" });

function connectionInWords(stage: Stage): string {
  switch (stage.kind) {
    case "talking": {
      const view = visit.session?.view.get();
      const words = connectionText(view?.connection ?? "connecting", view?.path ?? null);
      return words + (gone?.get() ? ` ${GONE}` : "");
    }
    case "over":
    case "refused":
      return connectionText("ended", null);
    default:
      return visit.nodeReached
        ? "Waiting for an agent"
        : visit.problem
          ? refusalInWords(visit.problem)
          : connectionText("reconnecting", null);
  }
}

function noticeInWords(stage: Stage): string {
  switch (stage.kind) {
    case "talking":
      return `You are talking with ${stage.agent}.`;
    case "over":
      return END[stage.reason];
    case "refused":
      return refusalInWords(stage.error);
    default:
      return "";
  }
}

function show(): void {
  const stage = visit.stage.get();
  const focused = document.activeElement;
  const waits = stage.kind === "joining" || stage.kind === "waiting";
  const closed = stage.kind === "over" || stage.kind === "refused";
  if (closed) {
    leading?.dismiss();
  }
  const elsewhere = stage.kind === "refused" && stage.error.code === "superseded";
  tell(restart, elsewhere ? "Go on here" : "Start again");
  tell(connection, connectionInWords(stage));
  connection.dataset.state = closed ? "ended" : (visit.session?.view.get().connection ?? "waiting");
  tell(notice, noticeInWords(stage));
  queue.hidden = !waits;
  notice.hidden = waits;
  const stopped = visit.session?.view.get().consent === "stop";
  const buttons = closed ? [restart] : [stopped ? again : stop, end];
  if (stage.kind === "joining" || stage.kind === "waiting") {
    controls.replaceChildren();
  } else if (buttons.some((wanted, index) => controls.children[index] !== wanted)) {
    controls.replaceChildren(...buttons);
  }
  const write = talk.querySelector<HTMLElement>(".write");
  if (write) {
    write.hidden = closed;
  }
  if (focused !== document.activeElement || focused?.closest("[hidden]")) {
    // Not on the button that took the place of another: a second press would answer it.
    talk.querySelector<HTMLElement>(closed ? "[role=log]" : "textarea")?.focus();
  }
  count();
}

/** What happened while the window was hidden. */
let readLines = 0;
let met = false;
function count(): void {
  const lines = visit.session?.view.get().lines ?? [];
  const theirs = lines.filter((line) => !line.mine).length;
  const talks = visit.stage.get().kind === "talking";
  if (!document.hidden) {
    readLines = theirs;
    met = talks;
  }
  const unread = theirs - readLines;
  document.title = unread > 0 ? `(${unread}) ${title}` : talks && !met ? `☎ ${title}` : title;
}

main.replaceChildren(queue, notice, talk, controls);
visit.stage.subscribe(show);
visit.changed.subscribe(show);
document.addEventListener("visibilitychange", () => {
  show();
  if (document.hidden) {
    // Phones end hidden pages without another word.
    visit.save();
  } else {
    visit.wake();
  }
});
document.addEventListener("keydown", (event) => {
  const leads = visit.stage.get().kind === "talking" && !leading?.card.get();
  if (
    event.key === "Escape" &&
    !event.repeat &&
    !event.isComposing &&
    leads &&
    visit.session?.view.get().consent !== "stop"
  ) {
    leading?.stop();
  }
});
// A visit in which nothing happens is alive all the same.
setInterval(() => visit.save(), 60_000);
addEventListener("online", () => visit.renew());
addEventListener("pagehide", () => visit.suspend());
// A page from the back/forward cache holds a visit that was suspended: take it up anew.
addEventListener("pageshow", (event) => event.persisted && location.reload());
show();
