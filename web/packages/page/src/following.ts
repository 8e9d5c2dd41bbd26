// The visitor's page goes where the agent goes on the site, while the visitor permits it: to the
// newest place, and no more often than people can follow. Asked by the agent, judged here.

import { alwaysAsks, type Clock, judgeLead, type Line, shownAddress } from "@isession/peer";
import type {
  Blocked,
  EntryId,
  Glance,
  Landing,
  LeadPolicy,
  PagePolicy,
  Point,
} from "@isession/protocol";

/** Between two goings, and after a page began; of what comes meanwhile the newest counts. */
export const PACE = 1000;
/** Who wants little motion is taken to where the agent's page comes to rest for so long. */
export const REST = 300;
/** A page takes shape for so long after the agent scrolled; one that grows at its end does for ever. */
export const SHAPES = 2000;

/** The page that follows. */
export interface FollowingPage {
  address(): URL;
  /** Milliseconds since it began. */
  age(): number;
  go(url: string): void;
  /** Where it may begin at its end. */
  end(): Point;
  scrollTo(at: Point): void;
  /** Whether little motion is wanted. */
  still(): boolean;
}

export interface FollowingOptions {
  page: FollowingPage;
  clock: Clock;
  leads: LeadPolicy;
  pages: PagePolicy;
  /** Looked up each time: nothing moves after a no. */
  holds(): boolean;
  lines(): readonly Line[];
  /** Says what became of it; where the conversation is full nothing is held afterwards. */
  land(guide: EntryId, landing: Landing): void;
}

export class Following {
  readonly #options: FollowingOptions;
  /** When the page may go again. */
  #next: number;
  #cancelGoing = () => {};
  #waits = false;
  #landing = false;
  #place: { at: Point; of?: Point } | null = null;
  /** Until when a change of the page's size moves it. */
  #until = 0;
  /** The latest scroll that was heeded: an overtaken one is older. */
  #seen = 0;
  #cancelRest = () => {};

  constructor(options: FollowingOptions) {
    this.#options = options;
    this.#next = options.clock.now() + Math.max(0, PACE - options.page.age());
  }

  /** Something was said. Each guide is answered, once. */
  look(): void {
    if (this.#landing) {
      return;
    }
    this.#landing = true;
    try {
      const open = this.#options.lines().filter(isOpen);
      const newest = open.pop();
      for (const { id, url } of open) {
        const why = this.#judge(url);
        this.#options.land(id, typeof why === "string" ? blocked(why) : REPLACED);
      }
      if (newest) {
        this.#arrived(newest);
      }
    } finally {
      this.#landing = false;
    }
    if (!this.#options.holds()) {
      this.#place = null;
      this.#cancelRest();
    }
  }

  /** The agent's page scrolls. */
  take(glance: Glance): void {
    const { clock, page, holds } = this.#options;
    if (glance.type !== "scroll" || glance.n <= this.#seen || !holds()) {
      return;
    }
    this.#seen = glance.n;
    this.#place = glance;
    this.#until = clock.now() + SHAPES;
    this.#cancelRest();
    if (page.still()) {
      this.#cancelRest = clock.after(REST, () => this.#scroll());
    } else {
      this.#scroll();
    }
  }

  /** The page has another size. */
  resized(): void {
    if (this.#options.clock.now() < this.#until) {
      this.#scroll();
    }
  }

  /** The agent's side begins anew, and counts so. */
  reset(): void {
    this.#seen = 0;
  }

  /**
   * Puts the page where the agent's is. By the share of what there is to scroll: of the same page in
   * two windows the smaller one then shows a part of what the larger one does, and pages that break
   * their lines elsewhere are at about the same words.
   */
  #scroll(): void {
    const { page, holds } = this.#options;
    if (!this.#place || !holds()) {
      return;
    }
    const { at, of } = this.#place;
    const end = page.end();
    const along = (from: number, whole: number | undefined, mine: number) => {
      const wanted = whole !== undefined && whole > 0 ? (from / whole) * mine : from;
      return Math.round(Math.min(Math.max(0, wanted), Math.max(0, mine)));
    };
    page.scrollTo({ x: along(at.x, of?.x, end.x), y: along(at.y, of?.y, end.y) });
  }

  close(): void {
    this.#cancelGoing();
    this.#cancelRest();
    this.#place = null;
  }

  #arrived({ id, url }: Guide): void {
    const { clock, page, land, pages, holds } = this.#options;
    const verdict = this.#judge(url);
    if (typeof verdict === "string") {
      land(id, blocked(verdict));
      return;
    }
    const here = shownAddress(page.address(), pages.query);
    if (verdict.href === here) {
      land(id, LANDED);
      return;
    }
    const wait = this.#next - clock.now();
    if (wait > 0) {
      this.#later(wait);
      return;
    }
    this.#next = clock.now() + PACE;
    // Said first: the page is gone after it. Where there is no room for that the session ends.
    land(id, LANDED);
    if (holds()) {
      page.go(verdict.href);
    }
  }

  #later(wait: number): void {
    if (!this.#waits) {
      this.#waits = true;
      this.#cancelGoing = this.#options.clock.after(wait, () => {
        this.#waits = false;
        this.look();
      });
    }
  }

  /** Where to, as far as the site lets it be told; or why not. */
  #judge(text: string): { href: string } | Blocked {
    const { page, leads, pages, holds } = this.#options;
    const verdict = judgeLead(text, leads);
    if (!verdict.ok) {
      return verdict.why;
    }
    if (!holds() || alwaysAsks(verdict.url, leads)) {
      return "not_permitted";
    }
    const { origin } = verdict.url;
    // The session lives in this origin: the site's others are for leads, which bring the companion.
    if (origin !== page.address().origin || !pages.origins.includes(origin)) {
      return "not_allowed";
    }
    const href = shownAddress(verdict.url, pages.query);
    return href === undefined ? "too_long" : { href };
  }
}

type Guide = Line & { kind: "guide" };

const isOpen = (line: Line): line is Guide => line.kind === "guide" && line.landing === null;

const LANDED: Landing = { state: "landed", how: "page" };
const REPLACED: Landing = { state: "failed", why: "replaced" };
const blocked = (why: Blocked): Landing => ({ state: "blocked", why });
