// Tells the agent where this tab is: when the session is taken up, when the page's address or title
// changes without a load, and when the tab comes to the front or leaves it. At most once a second.

import { type Clock, type PageSession, randomEpoch } from "@isession/peer";
import type { PageVisit } from "./page_visit";
import { locationOf } from "./where";

const PAUSE = 1000;
const TAB = "isession:tab";

export class Whereabouts {
  readonly #visit: PageVisit;
  readonly #clock: Clock;
  readonly #tab = tab();
  #told = "";
  #cancel: (() => void) | null = null;
  readonly #titles = new MutationObserver(() => this.changed());
  readonly #moved = () => this.changed();

  constructor(visit: PageVisit, clock: Clock) {
    this.#visit = visit;
    this.#clock = clock;
    // Where there is no Navigation API, `pushState` tells nobody: the next look finds it.
    globalThis.navigation?.addEventListener("currententrychange", this.#moved);
    addEventListener("popstate", this.#moved);
    document.addEventListener("visibilitychange", this.#moved);
    this.#titles.observe(document.head, { subtree: true, childList: true, characterData: true });
    visit.changed.subscribe(this.#moved);
    this.changed();
  }

  /** Something may be new. */
  changed(): void {
    this.#cancel ??= this.#clock.after(this.#told ? PAUSE : 0, () => {
      this.#cancel = null;
      this.#tell();
    });
  }

  close(): void {
    this.#cancel?.();
    this.#titles.disconnect();
    globalThis.navigation?.removeEventListener("currententrychange", this.#moved);
    removeEventListener("popstate", this.#moved);
    document.removeEventListener("visibilitychange", this.#moved);
  }

  #tell(): void {
    const { session, site } = this.#visit;
    // The site's policy is known once there is a session.
    if (!session || this.#visit.isClosed) {
      return;
    }
    const page = {
      address: new URL(location.href),
      title: document.title,
      front: !document.hidden,
    };
    const place = locationOf(this.#tab, page, site.page?.query ?? []);
    const text = JSON.stringify(place);
    if (text !== this.#told && attempt(session, () => session.locate(place))) {
      this.#told = text;
    }
  }
}

/** A conversation that is full takes no more places; what is said goes on. */
function attempt(session: PageSession, tell: () => void): boolean {
  try {
    tell();
    return session.view.get().connection !== "ended";
  } catch {
    return false;
  }
}

/** This tab, over its pages. */
export function tab(): string {
  try {
    const known = sessionStorage.getItem(TAB) ?? randomEpoch();
    sessionStorage.setItem(TAB, known);
    return known;
  } catch {
    return randomEpoch();
  }
}
