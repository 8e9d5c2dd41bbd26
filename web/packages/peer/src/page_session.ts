// The visitor's side of a session that goes from page to page.

import type {
  Blocked,
  Body,
  EntryId,
  Grant,
  Location,
  NextOffer,
  Permission,
  Travel,
} from "@isession/protocol";
import type { CoreOptions } from "./core";
import type { Effect } from "./core_words";
import { PageCore } from "./page_core";
import { Event } from "./ports";
import { SightSession } from "./sight_session";

export class PageSession extends SightSession {
  readonly #nexts = new Event<[NextOffer | null]>();
  readonly #travels = new Event<[EntryId, Travel]>();
  /** It goes on with what its page remembers, and needs no start from the node. */
  #wentOn = false;

  /** An offer for this side's next life came, or the one that was kept holds no longer. */
  onNext(run: (offer: NextOffer | null) => void): () => void {
    return this.#nexts.on(run);
  }

  /** The agent asks to move in this page's history, and waits for an answer. */
  onTravel(run: (id: EntryId, travel: Travel) => void): () => void {
    return this.#travels.on(run);
  }

  /** Goes on from the page before, which may have left an offer that was sent ahead. */
  goOn(next: NextOffer | null): void {
    this.#wentOn = true;
    this.do({ type: "start", resumed: true, ...(next && { next }) });
  }

  /** The node did not know the session yet: what was sent early is lost. */
  unheard(): void {
    this.#wentOn = false;
  }

  /** Says where the visitor is. */
  locate(location: Location): void {
    this.write({ type: "location", ...location });
  }

  /** Says what the visitor decided. */
  grant(permission: Permission, grant: Grant): void {
    this.write({ type: "grant", permission, grant });
  }

  /** Says what came of a highlight. */
  highlighted(highlight: EntryId, found: boolean, label: string, why?: Blocked): void {
    this.write({ type: "highlighted", highlight, found, label, ...(why && { why }) });
  }

  override nodeReturned(): void {
    if (this.#wentOn) {
      this.#wentOn = false;
    } else {
      super.nodeReturned();
    }
  }

  /** The rest is read from the conversation. */
  protected override askedOfPage(id: EntryId, body: Body): void {
    if (body.type === "travel") {
      this.#travels.fire(id, body.travel);
    }
  }

  protected override newCore(options: CoreOptions): PageCore {
    return new PageCore(options);
  }

  protected override carryOut(effect: Effect): void {
    if (effect.type === "next") {
      this.#nexts.fire(effect.offer);
    } else {
      super.carryOut(effect);
    }
  }
}
