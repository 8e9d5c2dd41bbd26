// What a reload, a closed window or a crash must not forget: one visit a site, in the storage that
// all windows of this browser share. Erased when the visit ends, and when it is too old to go on.

import type { Saved } from "@isession/peer";
import type {
  Details,
  IceServer,
  LinkId,
  NextOffer,
  SessionId,
  SiteCard,
} from "@isession/protocol";

/** What the companion's address has in front of a visit that comes from a page of the site. */
export const ARRIVED = "#arrived";

export interface Remembered {
  ticket?: string | undefined;
  details: Details;
  transcript?: Saved | undefined;
  talk?: RememberedTalk | undefined;
  /** The session went into the companion: pages of the site leave it there until they are told. */
  moved?: boolean | undefined;
}

/** What a visitor's side uses of a site. */
export type KnownSite = Pick<SiteCard, "name" | "lead_policy"> & Partial<Pick<SiteCard, "page">>;

/** What a page needs to go on with a session before the node has answered it. */
export interface RememberedTalk {
  session: SessionId;
  link: LinkId;
  agent: string;
  ice: IceServer[];
  site: KnownSite;
  next: NextOffer | null;
}

interface Kept extends Remembered {
  /** The last sign of life. */
  at: number;
  /** A window holds the visit, or died holding it. */
  open: boolean;
}

const PREFIX = "isession:visit:";
/** A node forgets a session that nobody is connected for after as long. */
const LONGEST = 15 * 60_000;

export class Memory {
  readonly #key: string;
  readonly #storage: Storage | null;

  constructor(site: string, storage: Storage | null) {
    this.#key = PREFIX + site;
    this.#storage = storage;
    this.#sweep();
  }

  /** Whether a window seems to hold the visit. */
  get isOpen(): boolean {
    return this.#read(this.#key)?.open ?? false;
  }

  load(): Remembered | null {
    return this.#read(this.#key);
  }

  save(what: Remembered, open = true): void {
    try {
      const kept: Kept = { at: Date.now(), open, ...what };
      this.#storage?.setItem(this.#key, JSON.stringify(kept));
    } catch {
      // Storage is full or forbidden: the visit goes on, only a reload would forget it.
    }
  }

  clear(): void {
    this.#storage?.removeItem(this.#key);
  }

  #read(key: string): Kept | null {
    try {
      return JSON.parse(this.#storage?.getItem(key) ?? "null") as Kept | null;
    } catch {
      return null;
    }
  }

  /** Erases what is too old, of other sites as well: nobody may ever open those again. */
  #sweep(): void {
    for (const key of Object.keys(this.#storage ?? {})) {
      if (key.startsWith(PREFIX)) {
        const at = this.#read(key)?.at ?? 0;
        if (Math.abs(Date.now() - at) > LONGEST) {
          this.#storage?.removeItem(key);
        }
      }
    }
  }
}

/** Windows share a storage only if they can also tell each other that they are there. */
export function sharedStorage(): Storage | null {
  return "BroadcastChannel" in window ? usable(() => localStorage) : null;
}

/** Of this window only. */
export const ownStorage = (): Storage | null => usable(() => sessionStorage);

function usable(storage: () => Storage): Storage | null {
  try {
    const found = storage();
    found.setItem("isession:probe", "");
    found.removeItem("isession:probe");
    return found;
  } catch {
    return null;
  }
}
