// Moves in the history of the visitor's page: back, forward, again. Asked for and answered as leads are.

import { type PageSession, Value } from "@isession/peer";
import type { EntryId, Landing, Travel } from "@isession/protocol";
import { button, type Cards, h } from "@isession/visitor";

type Asked = Exclude<Travel, "unknown">;

/** What the agent asked for, and waits for the visitor. */
export interface Move {
  id: EntryId;
  travel: Asked;
}

/** The page's history, as far as it is this site's. */
export interface History {
  can(travel: Asked): boolean;
  go(travel: Asked): void;
}

/** For the page that is gone to next in this tab. */
const ASKED = "isession:travel";

export const pageHistory: History = {
  can: (travel) => {
    const navigation = globalThis.navigation;
    if (travel === "reload" || !navigation) {
      return true;
    }
    // Only entries of this origin count: a step out of the site would leave the session behind.
    return travel === "back" ? navigation.canGoBack : navigation.canGoForward;
  },
  go(travel) {
    if (travel === "reload") {
      location.reload();
    } else {
      attempt(() => sessionStorage.setItem(ASKED, travel));
      // It was a move within this page.
      addEventListener("popstate", wasAsked, { once: true });
      history[travel]();
    }
  },
};

/** Whether this page was come back to because the agent asked for it. One such move tells it once. */
export function wasAsked(): boolean {
  const asked = attempt(() => sessionStorage.getItem(ASKED)) ?? null;
  attempt(() => sessionStorage.removeItem(ASKED));
  return asked !== null;
}

/** Without storage every way back is taken for the visitor's own. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

export class Travelling {
  readonly card = new Value<Move | null>(null);
  readonly #session: PageSession;
  readonly #history: History;
  readonly #cards: Cards;

  constructor(session: PageSession, history: History, cards: Cards) {
    this.#session = session;
    this.#history = history;
    this.#cards = cards;
    session.onTravel((id, travel) => this.#arrived(id, travel));
    session.view.subscribe(() => {
      if (session.view.get().consent === "stop") {
        this.#answer({ state: "blocked", why: "stopped" });
      }
    });
    // The page that was asked is gone, and this one was not.
    for (const line of session.view.get().lines) {
      if (line.kind === "travel" && (!line.landing || line.landing.state === "shown")) {
        session.land(line.id, { state: "failed", why: "interrupted" });
      }
    }
  }

  go(allow: boolean): void {
    const card = this.card.get();
    if (card) {
      this.card.set(null);
      if (allow) {
        this.#session.consent("allow");
      }
      this.#move(card);
    }
  }

  stay(): void {
    this.#answer({ state: "declined" });
  }

  /** The session is over, or held elsewhere by now. */
  dismiss(): void {
    this.card.set(null);
  }

  #arrived(id: EntryId, travel: Travel): void {
    const { consent } = this.#session.view.get();
    if (consent === "stop") {
      this.#session.land(id, { state: "blocked", why: "stopped" });
      return;
    }
    if (travel === "unknown" || !this.#history.can(travel)) {
      this.#session.land(id, { state: "failed", why: "no_page" });
      return;
    }
    this.#cards.take(() => this.#answer({ state: "failed", why: "replaced" }));
    if (consent === "allow") {
      this.#move({ id, travel });
    } else {
      this.#session.land(id, { state: "shown" });
      this.card.set({ id, travel });
    }
  }

  /** Said first: the page is gone after it. */
  #move({ id, travel }: Move): void {
    this.#session.land(id, { state: "landed", how: "page" });
    this.#history.go(travel);
  }

  #answer(landing: Landing): void {
    const card = this.card.get();
    if (card) {
      this.card.set(null);
      this.#session.land(card.id, landing);
    }
  }
}

const TITLES: Record<Asked, string> = {
  back: "Go back to the page before?",
  forward: "Go forward to the next page?",
  reload: "Load this page again?",
};

/** A click that was meant for what was there before must not answer. */
const SETTLE = 400;

/** Keeps one dialog in step with the move that waits. */
export function travelView(travelling: Travelling, host: ParentNode): void {
  let dialog: HTMLDialogElement | null = null;
  travelling.card.subscribe(() => {
    dialog?.close();
    dialog?.remove();
    dialog = null;
    const card = travelling.card.get();
    if (!card) {
      return;
    }
    const allow = h("input", { type: "checkbox" });
    const go = button("Go", () => travelling.go(allow.checked), { disabled: true });
    setTimeout(() => go.removeAttribute("disabled"), SETTLE);
    dialog = h(
      "dialog",
      {
        "aria-labelledby": "travel-title",
        oncancel: (event) => {
          event.preventDefault();
          travelling.stay();
        },
        // Escape answers this, and does not stop leading as well.
        onkeydown: (event) => {
          if ((event as KeyboardEvent).key === "Escape") {
            event.preventDefault();
            travelling.stay();
          }
        },
      },
      h("h2", { id: "travel-title", tabindex: "-1" }, TITLES[card.travel]),
      h("label", { class: "allow" }, allow, h("span", {}, "Allow for this session")),
      h(
        "div",
        { class: "choices" },
        button("Stay here", () => travelling.stay(), { class: "quiet" }),
        go,
      ),
    );
    host.append(dialog);
    dialog.showModal();
    dialog.querySelector("h2")?.focus();
  });
}
