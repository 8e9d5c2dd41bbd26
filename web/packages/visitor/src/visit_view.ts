// A whole visit, as companion and panel show it: connection, queue, conversation, consent, controls.

import { connectionText, type Readable, type Session, Value, vanished } from "@isession/peer";
import { button, h, tell } from "./dom";
import type { Leading } from "./leading";
import { queueView } from "./queue_view";
import { type PageWords, talkView } from "./talk_view";
import type { Stage, Visit } from "./visit";
import { END, GONE, refusalInWords } from "./words";

export interface VisitView {
  connection: HTMLElement;
  /** From top to bottom. */
  parts: HTMLElement[];
  /** Lines of the agent that came while nobody looked. */
  unread: Readable<number>;
  /** An agent accepted while nobody looked. */
  calls: Readable<boolean>;
  /** Somebody looks, or looks away. */
  look(): void;
  /** Another view takes its place. */
  close(): void;
}

export interface VisitViewOptions {
  visit: Visit;
  /** Has what the agent leads to judged, asked for and carried out. */
  lead(session: Session): Leading;
  pageWords?: PageWords;
  /** Why no session could begin now, in words; empty if one could. */
  trouble?: Readable<string>;
  /** Begins anew, or takes the visit back. */
  restart(): void;
  /** Whether what is shown can be seen. */
  isSeen(): boolean;
}

export function visitView({
  visit,
  lead,
  pageWords = () => "",
  trouble,
  restart,
  isSeen,
}: VisitViewOptions): VisitView {
  let leading: Leading | null = null;
  let gone: Readable<boolean> | null = null;
  const begin = (session: Session) => {
    gone = vanished(session.view);
    gone.subscribe(show);
    leading?.dismiss();
    leading = lead(session);
  };

  const connection = h("p", { role: "status", "aria-label": "Connection", class: "connection" });
  const talk = talkView(visit, pageWords);
  const queue = queueView(visit);
  const notice = h("p", { role: "status", "aria-label": "Visit", class: "notice" });
  const stop = button("Stop leading", () => leading?.stop(), {
    class: "alarm",
    "aria-keyshortcuts": "Escape",
  });
  stop.append(h("small", { "aria-hidden": "true" }, " Esc"));
  const again = button("Allow leading again", () => leading?.askAgain(), { class: "quiet" });
  const end = button("End session", () => void visit.end(), { class: "quiet" });
  const anew = button("Start again", restart);
  const controls = h("div", { class: "choices controls", role: "group", "aria-label": "Session" });
  const unread = new Value(0);
  const calls = new Value(false);
  let readLines = 0;
  let met = false;

  /** What has the focus, in the page or in the shadow root that these parts are in. */
  function active(): Element | null {
    return (talk.getRootNode() as Document | ShadowRoot).activeElement;
  }

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
        if (visit.nodeReached) {
          return trouble?.get() || "Waiting for an agent";
        }
        return visit.problem ? refusalInWords(visit.problem) : connectionText("reconnecting", null);
    }
  }

  function show(): void {
    const stage = visit.stage.get();
    const focused = active();
    const waits = stage.kind === "joining" || stage.kind === "waiting";
    const closed = stage.kind === "over" || stage.kind === "refused";
    if (closed) {
      leading?.dismiss();
    }
    const elsewhere = stage.kind === "refused" && stage.error.code === "superseded";
    tell(anew, elsewhere ? "Go on here" : "Start again");
    tell(connection, connectionInWords(stage));
    connection.dataset.state = closed
      ? "ended"
      : (visit.session?.view.get().connection ?? "waiting");
    tell(notice, noticeInWords(stage));
    queue.hidden = !waits;
    notice.hidden = waits;
    const stopped = visit.session?.view.get().consent === "stop";
    const buttons = closed ? [anew] : [stopped ? again : stop, end];
    if (waits) {
      controls.replaceChildren();
    } else if (buttons.some((wanted, index) => controls.children[index] !== wanted)) {
      controls.replaceChildren(...buttons);
    }
    const write = talk.querySelector<HTMLElement>(".write");
    if (write) {
      write.hidden = closed;
    }
    if (focused !== active() || focused?.closest("[hidden]")) {
      // Not on the button that took the place of another: a second press would answer it.
      talk.querySelector<HTMLElement>(closed ? "[role=log]" : "textarea")?.focus();
    }
    look();
  }

  function look(): void {
    const lines = visit.session?.view.get().lines ?? [];
    // Whoever follows sees where to, without reading of it.
    const theirs = lines.filter((line) => !line.mine && line.kind !== "guide").length;
    const talks = visit.stage.get().kind === "talking";
    if (isSeen()) {
      readLines = theirs;
      met = talks;
    }
    unread.set(theirs - readLines);
    calls.set(talks && !met);
  }

  visit.stage.subscribe(show);
  visit.changed.subscribe(show);
  trouble?.subscribe(show);
  const stopByKey = (event: KeyboardEvent) => {
    const leads = visit.stage.get().kind === "talking" && !leading?.card.get();
    if (
      event.key === "Escape" &&
      !event.repeat &&
      !event.isComposing &&
      // A page that used the key for something of its own meant that.
      !event.defaultPrevented &&
      leads &&
      visit.session?.view.get().consent !== "stop"
    ) {
      leading?.stop();
    }
  };
  document.addEventListener("keydown", stopByKey);
  visit.onSession = begin;
  if (visit.session) {
    begin(visit.session);
  }
  show();
  const close = () => {
    document.removeEventListener("keydown", stopByKey);
    leading?.dismiss();
  };
  return { connection, parts: [queue, notice, talk, controls], unread, calls, look, close };
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
