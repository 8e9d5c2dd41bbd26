// What a visitor who follows is told of the agent's own tab: where it is, as far as the site lets
// that be told, and how far it is scrolled.

import { type Clock, type Report, shownAddress } from "@isession/peer";
import type { Glance } from "@isession/protocol";

/** Between two places that are told: pages may change their address with every key. */
export const PACE = 1000;
/** The latest scroll is told once more after so long: glances get lost. */
export const AGAIN = 1000;

export interface GuideOptions {
  clock: Clock;
  /** The query parameters that the site lets be told. */
  query: readonly string[];
  /** The visitor follows. */
  may(): boolean;
  /** Where the visitor is, and how many places were told so far. */
  visitor(): { url: string | undefined; told: number };
  guide(url: string): void;
  glance(glance: Glance): void;
}

/** Over all tabs of this console: the visitor's side drops what counts back. */
let counted = 0;

export class Guide {
  readonly #options: GuideOptions;
  #report: Report | null = null;
  /** Where the visitor was sent, and is since; null while they do not follow. */
  #sent: { url: string; told: number; at?: string } | null = null;
  /** When another place may be told. */
  #next = 0;
  #cancelLook = () => {};
  /** What was told last. Empty: of this page nothing; null: of none, and it may be scrolled anywhere. */
  #scrolled: string | null = "";
  #cancel = () => {};

  constructor(options: GuideOptions) {
    this.#options = options;
  }

  /** The tab is at a page to which its visitor cannot be taken: another origin of the site. */
  get away(): boolean {
    const { url } = this.#options.visitor();
    return this.#report !== null && url !== undefined && !sameOrigin(this.#report.url, url);
  }

  /** The tab tells where it is. */
  hear(report: Report): void {
    this.#report = report;
    this.look();
  }

  /** Something was said. */
  look(): void {
    const { may, visitor, query, guide } = this.#options;
    const { url: theirs, told } = visitor();
    if (!may() || theirs === undefined) {
      this.#sent = null;
      this.#scrolled = null;
      this.#cancel();
      return;
    }
    if (!this.#report || this.away) {
      return;
    }
    const url = shownAddress(this.#report.url, query);
    this.#sent ??= { url: theirs, told };
    if (url !== undefined && url !== this.#sent.url && !this.#waits()) {
      this.#sent = { url, told };
      this.#scrolled = "";
      this.#cancel();
      guide(url);
    }
    const sent = this.#sent;
    if (told > sent.told) {
      // The site may have sent them on from there.
      sent.at ??= theirs;
    }
    if (url === sent.url && (theirs === url || theirs === sent.at)) {
      this.#scroll(this.#report, told);
    }
  }

  close(): void {
    this.#cancelLook();
    this.#cancel();
  }

  /** Whether the next place has to wait; where the tab is when its time has come is told then. */
  #waits(): boolean {
    const { clock } = this.#options;
    const wait = this.#next - clock.now();
    this.#cancelLook();
    if (wait > 0) {
      this.#cancelLook = clock.after(wait, () => this.look());
    } else {
      this.#next = clock.now() + PACE;
    }
    return wait > 0;
  }

  /** Told anew wherever the visitor's page may be another one; a page that begins begins at its top. */
  #scroll({ at, of }: Report, told: number): void {
    const words = JSON.stringify([told, at, of]);
    const begins = this.#scrolled === "" && at.x === 0 && at.y === 0;
    if (words !== this.#scrolled && !begins) {
      this.#scrolled = words;
      const tell = () => {
        counted += 1;
        this.#options.glance({ type: "scroll", n: counted, at, of });
      };
      tell();
      this.#cancel();
      this.#cancel = this.#options.clock.after(AGAIN, tell);
    }
  }
}

const sameOrigin = ({ origin }: URL, other: string): boolean =>
  URL.canParse(other) && new URL(other).origin === origin;
