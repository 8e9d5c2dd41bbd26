// How the page script moves the visitor: on its own site by itself; elsewhere by itself too, once the
// companion has the session.

import type { EntryId, How } from "@isession/protocol";
import { type Mover, STAGE } from "@isession/visitor";
import { companionWindow } from "./companion_window";

/** Has the session go into this window; true once the page may go. */
export type Depart = (lead: EntryId, companion: Window) => Promise<boolean>;

export class PageMover implements Mover {
  readonly #depart: Depart;

  constructor(depart: Depart) {
    this.#depart = depart;
  }

  move(url: URL, lead: EntryId): How | null {
    if (url.origin === location.origin) {
      location.assign(url.href);
      return "page";
    }
    // Nothing is sealed where the page itself came unsealed.
    if (!isSecureContext) {
      return window.open(url.href, STAGE) ? "window" : null;
    }
    const companion = companionWindow();
    if (!companion) {
      return null;
    }
    void this.#depart(lead, companion).then((left) =>
      left ? location.assign(url.href) : companion.close(),
    );
    return "companion";
  }
}
