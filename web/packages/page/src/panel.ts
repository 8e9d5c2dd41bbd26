// The panel: the visitor's side inside a page of the site, in a closed shadow root. Loaded when it
// is wanted; what a visit looks like is the companion's views, and what it does is the same too.

import type { Embed } from "@isession/launcher";
import { systemClock } from "@isession/peer";
import {
  Cards,
  cardView,
  button as control,
  copyButton,
  h,
  Leading,
  Memory,
  Once,
  ownStorage,
  pageWords,
  sharedStorage,
  tell,
  type VisitView,
  visitView,
} from "@isession/visitor";
import { certificate, forgetCertificate, withCertificate } from "./certificate";
import { Companion, sendCompanion } from "./companion_window";
import { Keep } from "./keep";
import { leaveView } from "./leave_view";
import { movedView } from "./moved_view";
import { PageMover } from "./page_mover";
import { PageVisit } from "./page_visit";
import STYLE from "./panel.css?inline";
import { Sharing } from "./sharing";
import { sheetOf } from "./sheet";
import { pageHistory, Travelling, travelView, wasAsked } from "./travelling";
import { Turn } from "./turn";
import { detailsOf } from "./where";
import { tab, Whereabouts } from "./whereabouts";

export interface PanelOptions extends Embed {
  host: HTMLElement;
  root: ShadowRoot;
  /** Shows the panel. */
  button: HTMLElement;
  label: string;
}

export interface Panel {
  show(): void;
}

/** Without news for so long, storage is up to date. */
const QUIET = 50;

/** A page from the back/forward cache still sees the storage as it was when it was left. */
const settled = () =>
  new Promise<void>((resolve) => {
    const end = () => {
      removeEventListener("storage", again);
      resolve();
    };
    let timer = setTimeout(end, QUIET);
    const again = () => {
      clearTimeout(timer);
      timer = setTimeout(end, QUIET);
    };
    addEventListener("storage", again);
  });

const isComeBack = () =>
  performance
    .getEntriesByType("navigation")
    .some((entry) => (entry as PerformanceNavigationTiming).type === "back_forward");

export function open({ host, root, button, node, site, label, department }: PanelOptions): Panel {
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheetOf(host, STYLE)];
  const title = h("h2", { id: "isession-title", tabindex: "-1" }, label);
  const header = h(
    "header",
    {},
    title,
    control("Hide", () => hide(), { class: "quiet" }),
  );
  const body = h("div", { class: "body" });
  const panel = h("section", { class: "panel", "aria-labelledby": title.id }, header, body);
  const badge = h("b", { class: "unread", role: "status", "aria-label": "Unread" });
  panel.hidden = true;
  button.append(badge);
  root.append(panel);

  const embed = { node, site, department };
  const companion = new Companion(embed);
  const keep = new Keep(site);
  const shared = sharedStorage();
  const memory = new Memory(site, shared ?? ownStorage());
  const turn = new Turn(`isession:${site}`, navigator.locks, systemClock, () => resume());
  let life: { visit: PageVisit; view: VisitView; close(): void } | null = null;
  /** On its way to hold the visit. */
  let taking = false;
  /** Before the page is left, and until it is back for good. */
  let away = false;
  /** By the browser's own buttons, unless the agent asked for it. */
  let cameBack = !wasAsked() && isComeBack();

  const holds = () => taking || life?.visit.isClosed === false;

  /** Takes the visit up, or begins one. */
  async function hold(): Promise<void> {
    taking = true;
    life?.close();
    const channel = shared && new BroadcastChannel(`isession:${site}`);
    const once = channel && new Once(channel, systemClock);
    turn.take();
    const latest = await once?.take(memory.isOpen);
    if (latest) {
      memory.save(latest);
    }
    const visit = new PageVisit({
      site,
      memory,
      details: detailsOf(location, department),
      relayOnly: false,
      createPeer: withCertificate(await certificate()),
      url: `${node.replace(/^http/, "ws")}/v1/visitor`,
    });
    // Before the view: what is answered here is shown with its answer.
    const sharing = new Sharing({ visit, node, root, clock: systemClock, cameBack });
    cameBack = false;
    const cards = new Cards();
    const mover = new PageMover((lead, target) =>
      visit.depart(lead, tab(), (fragment) => sendCompanion(target, embed, fragment)),
    );
    const view = visitView({
      visit,
      lead(session) {
        const leading = new Leading(session, visit.site.lead_policy, mover, cards);
        cardView(leading, root);
        return leading;
      },
      pageWords,
      restart: () => void goOnHere(),
      isSeen: () => !panel.hidden && !document.hidden,
    });
    once?.serve(() => {
      const state = visit.handOver();
      turn.wait();
      return state;
    });
    let travelling: Travelling | null = null;
    visit.onPageSession((session) => {
      travelling?.dismiss();
      travelling = new Travelling(session, pageHistory, cards);
      travelView(travelling, root);
    });
    const leave = leaveView(visit, root);
    const whereabouts = new Whereabouts(visit, systemClock);
    life = {
      visit,
      view,
      close() {
        whereabouts.close();
        leave.close();
        sharing.close();
        travelling?.dismiss();
        view.close();
        visit.suspend();
        channel?.close();
      },
    };
    taking = false;
    const name = () => tell(title, visit.site.name || label);
    visit.stage.subscribe(() => {
      if (visit.isClosed) {
        travelling?.dismiss();
      }
      if (visit.stage.get().kind === "over") {
        forgetCertificate();
      }
    });
    visit.stage.subscribe(name);
    visit.changed.subscribe(name);
    view.unread.subscribe(() => {
      const unread = view.unread.get();
      tell(badge, unread > 0 ? `${unread} new` : "");
    });
    header.querySelector(".connection")?.remove();
    header.append(view.connection);
    body.replaceChildren(sharing.view.lines, ...view.parts, copyButton(visit));
    keep.restoreDraft(body.querySelector("textarea"));
  }

  /** Takes the visit up here, from the companion too: its latest state, if it is to be had. */
  async function goOnHere(): Promise<void> {
    if (memory.load()?.moved) {
      const state = await companion.takeBack();
      if (state) {
        memory.save(state, false);
      }
    }
    await hold();
  }

  /** The companion holds the visit. */
  function showMoved(): void {
    body.replaceChildren(...movedView(companion.known, () => void goOnHere()));
  }

  async function comeBack(): Promise<void> {
    await settled();
    cameBack = !wasAsked();
    away = false;
    resume();
  }

  /** Goes on with a visit of this browser, if there is one. */
  function resume(): void {
    const known = memory.load();
    if (!away && !holds() && known) {
      if (!known.moved) {
        void hold();
      } else if (!life) {
        showMoved();
      }
    }
  }

  function show(focus: boolean): void {
    panel.hidden = false;
    button.hidden = true;
    host.dataset.shown = "";
    keep.shown = true;
    life?.view.look();
    if (focus) {
      title.focus();
    }
  }

  function hide(): void {
    panel.hidden = true;
    button.hidden = false;
    delete host.dataset.shown;
    keep.shown = false;
    button.focus();
  }

  document.addEventListener("visibilitychange", () => {
    life?.view.look();
    if (document.hidden) {
      // Phones end hidden pages without another word.
      life?.visit.save();
    } else {
      life?.visit.wake();
      resume();
    }
  });
  addEventListener("focus", resume);
  addEventListener("online", () => life?.visit.renew());
  addEventListener("pagehide", () => {
    away = true;
    keep.draft(body.querySelector("textarea"));
    life?.close();
    life = null;
    // Nobody shall write to a visit that is suspended: it is drawn anew when the page comes back.
    body.replaceChildren();
    turn.leave();
  });
  addEventListener("pageshow", (event) => event.persisted && void comeBack());
  // A visit in which nothing happens is alive all the same.
  setInterval(() => life?.visit.save(), 60_000);

  if (memory.load()) {
    if (keep.shown) {
      show(false);
    }
    if (document.hidden) {
      turn.wait();
    } else {
      resume();
    }
  }
  return {
    show() {
      if (!holds()) {
        memory.load()?.moved ? resume() : void hold();
      }
      show(true);
    },
  };
}
