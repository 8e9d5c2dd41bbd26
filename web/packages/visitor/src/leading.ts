// Leads: judged, asked for, carried out inside the visitor's click, and reported. The agent's
// side can only ask; what moves a window is a `Mover`, and is called from here alone.

import { alwaysAsks, judgeLead, type Session, Value } from "@isession/peer";
import type { EntryId, How, Landing, LeadPolicy } from "@isession/protocol";
import type { Cards } from "./cards";

/** A lead that waits for the visitor. */
export interface Card {
  lead: EntryId;
  url: URL;
  host: string;
  /** The browser would not open a window: only a link that the visitor clicks is left. */
  linkOnly: boolean;
}

/** What can move the visitor. Called inside the visitor's click, or without one. */
export interface Mover {
  /**
   * Null: the browser did not let it. By way of the companion: nobody knows yet, and the companion
   * says so once it has the session.
   */
  move(url: URL, lead: EntryId): How | null;
}

export const STAGE = "isession-stage";

export class Leading {
  readonly card = new Value<Card | null>(null);
  readonly #session: Session;
  readonly #policy: LeadPolicy;
  readonly #mover: Mover;
  readonly #cards: Cards;

  constructor(session: Session, policy: LeadPolicy, mover: Mover, cards: Cards) {
    this.#session = session;
    this.#policy = policy;
    this.#mover = mover;
    this.#cards = cards;
    session.onLead((lead, url) => this.#arrived(lead, url));
    this.#takeUp();
  }

  /** The visitor clicked "Go". */
  go(allow: boolean): void {
    const card = this.card.get();
    if (!card) {
      return;
    }
    if (allow) {
      this.#session.consent("allow");
    }
    const how = this.#mover.move(card.url, card.lead);
    if (how) {
      this.card.set(null);
      this.#landed(card.lead, how);
    } else {
      this.card.set({ ...card, linkOnly: true });
    }
  }

  /** The visitor clicked the link that was left. */
  linkClicked(): void {
    this.#answer({ state: "landed", how: "link" });
  }

  /** The visitor wants to stay, or gave the link up. */
  stay(): void {
    const linkOnly = this.card.get()?.linkOnly;
    this.#answer(linkOnly ? { state: "failed", why: "no_window" } : { state: "declined" });
  }

  stop(): void {
    this.#answer({ state: "blocked", why: "stopped" });
    this.#session.consent("stop");
  }

  /** The session is over: what waits cannot be answered any more. */
  dismiss(): void {
    this.card.set(null);
  }

  askAgain(): void {
    this.#session.consent("ask");
  }

  #arrived(lead: EntryId, text: string): void {
    const { consent } = this.#session.view.get();
    const verdict = judgeLead(text, this.#policy);
    if (consent === "stop" || !verdict.ok) {
      const why = verdict.ok ? "stopped" : verdict.why;
      this.#session.land(lead, { state: "blocked", why });
      return;
    }
    this.#takePlace();
    if (consent === "allow" && !alwaysAsks(verdict.url, this.#policy)) {
      const how = this.#mover.move(verdict.url, lead);
      if (how) {
        this.#landed(lead, how);
        return;
      }
      // Without a click the browser lets nothing move: the card brings the click.
    }
    this.#session.land(lead, { state: "shown" });
    this.card.set({ lead, url: verdict.url, host: verdict.host, linkOnly: false });
  }

  /** After a reload, a lead without an answer is asked for again. */
  #takeUp(): void {
    const { lines, consent } = this.#session.view.get();
    const open = lines.filter(
      (line) => line.kind === "lead" && (!line.landing || line.landing.state === "shown"),
    );
    for (const [index, line] of open.entries()) {
      if (line.kind !== "lead") {
        continue;
      }
      const verdict = judgeLead(line.url, this.#policy);
      if (index === open.length - 1 && verdict.ok && consent !== "stop") {
        this.#takePlace();
        this.card.set({ lead: line.id, url: verdict.url, host: verdict.host, linkOnly: false });
      } else {
        this.#session.land(line.id, { state: "failed", why: "interrupted" });
      }
    }
  }

  #takePlace(): void {
    this.#cards.take(() => this.#answer({ state: "failed", why: "replaced" }));
  }

  #landed(lead: EntryId, how: How): void {
    if (how !== "companion") {
      this.#session.land(lead, { state: "landed", how });
    }
  }

  #answer(landing: Landing): void {
    const card = this.card.get();
    if (card) {
      this.card.set(null);
      this.#session.land(card.lead, landing);
    }
  }
}
