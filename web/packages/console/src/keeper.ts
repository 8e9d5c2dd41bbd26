// When sessions are kept and when they are erased. Time and the shelf come in from outside.

import { type Clock, systemClock } from "@isession/peer";
import type { AgentId, SessionId } from "@isession/protocol";
import { type RememberedTalk, type Shelf, TakenOver } from "./shelf";

/** Between two writes of one session: what arrives in a burst is kept at once. */
const GAP = 250;
/**
 * What an agent says waits this long at the most to be kept before it goes out: far longer than a
 * busy machine's disk takes, for what goes out earlier a crash would take from the agent alone.
 */
const HOLD = 2000;
/** A session that has not been written for so long has no ticket that holds. */
const LONGEST = 12 * 60 * 60_000;

/** What can be kept of one session. */
export interface Keepable {
  /** Another one with each change worth keeping. */
  version(): string;
  /** As it is now; `until` is the keeper's. */
  snapshot(): Omit<RememberedTalk, "until">;
  /** Milliseconds for which it may be kept once it ended. */
  retention(): number;
}

interface Place {
  talk: Keepable;
  /** The version written last. */
  kept: string | null;
  writing: Promise<void> | null;
  writtenAt: number;
  cancelLater: (() => void) | null;
}

export interface KeeperOptions {
  open(agent: AgentId): Promise<[Shelf, RememberedTalk[]]>;
  /** A session's time is over. */
  onExpired(session: SessionId): void;
  /** Another window of this browser holds the sessions now. */
  onTakenOver(): void;
  clock?: Clock;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #clock: Clock;
  readonly #places = new Map<SessionId, Place>();
  /** What cancels the timers of sessions that ended. */
  readonly #expiries = new Map<SessionId, () => void>();
  #shelf: Shelf | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Begins to keep for this agent, and gives what was kept before. What expired is erased. */
  async open(agent: AgentId): Promise<RememberedTalk[]> {
    this.close();
    const [shelf, talks] = await this.#options.open(agent);
    this.#shelf = shelf;
    const now = this.#clock.now();
    const expired = talks.filter(({ until }) => until <= now);
    await Promise.allSettled(expired.map(({ session }) => shelf.delete(session)));
    const rest = talks.filter(({ until }) => until > now);
    for (const { session, ended, until } of rest) {
      if (ended) {
        this.#expireLater(session, until - now);
      }
    }
    return rest;
  }

  /** Keeps nothing any more; what is kept stays. */
  close(): void {
    this.#shelf = null;
    for (const place of this.#places.values()) {
      place.cancelLater?.();
    }
    for (const cancel of this.#expiries.values()) {
      cancel();
    }
    this.#places.clear();
    this.#expiries.clear();
  }

  /** Keeps a session soon. */
  later(session: SessionId, talk: Keepable): void {
    const place = this.#place(session, talk);
    if (place.cancelLater === null && talk.version() !== place.kept) {
      const wait = Math.max(0, place.writtenAt + GAP - this.#clock.now());
      place.cancelLater = this.#clock.after(wait, () => void this.#write(session, place));
    }
  }

  /** Keeps a session now; done when it is kept, or when waiting any longer helps nobody. */
  now(session: SessionId, talk: Keepable): Promise<void> {
    const kept = this.#write(session, this.#place(session, talk));
    return new Promise((resolve) => {
      const cancel = this.#clock.after(HOLD, resolve);
      void kept.then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Writes at once what was to be written later: the page may be going. */
  flush(): void {
    for (const [session, place] of this.#places) {
      if (place.cancelLater) {
        void this.#write(session, place);
      }
    }
  }

  /** Erases one session. */
  async forget(session: SessionId): Promise<void> {
    const place = this.#places.get(session);
    place?.cancelLater?.();
    this.#expiries.get(session)?.();
    this.#expiries.delete(session);
    this.#places.delete(session);
    await place?.writing;
    await this.#shelf?.delete(session).catch(() => {});
  }

  /** Asks whether another window took over; there may be one that wrote nothing yet. */
  async check(): Promise<void> {
    const mine = await this.#shelf?.isMine().catch(() => true);
    if (mine === false) {
      this.#takenOver();
    }
  }

  #place(session: SessionId, talk: Keepable): Place {
    const place = this.#places.get(session) ?? {
      talk,
      kept: null,
      writing: null,
      writtenAt: Number.NEGATIVE_INFINITY,
      cancelLater: null,
    };
    this.#places.set(session, place);
    return place;
  }

  /** One write of a session at a time, so that an older state never comes last. */
  async #write(session: SessionId, place: Place): Promise<void> {
    place.cancelLater?.();
    place.cancelLater = null;
    while (place.writing) {
      await place.writing;
    }
    const version = place.talk.version();
    if (version === place.kept || this.#places.get(session) !== place) {
      return;
    }
    place.kept = version;
    place.writtenAt = this.#clock.now();
    place.writing = this.#put(session, place);
    await place.writing;
    place.writing = null;
  }

  async #put(session: SessionId, place: Place): Promise<void> {
    const { talk } = place;
    const shelf = this.#shelf;
    const snapshot = talk.snapshot();
    if (!shelf) {
      return;
    }
    const now = this.#clock.now();
    const until = snapshot.ended ? snapshot.ended.at + talk.retention() : now + LONGEST;
    try {
      if (until > now) {
        await shelf.put({ ...snapshot, until });
      } else {
        await shelf.delete(session);
      }
    } catch (error) {
      // A full disk must not end the talk; only a crash would forget.
      if (error instanceof TakenOver && shelf === this.#shelf) {
        this.#takenOver();
      }
    }
    if (snapshot.ended && until > now) {
      this.#expireLater(session, until - now);
    }
  }

  #expireLater(session: SessionId, wait: number): void {
    this.#expiries.get(session)?.();
    const expire = () => {
      void this.forget(session);
      this.#options.onExpired(session);
    };
    this.#expiries.set(session, this.#clock.after(wait, expire));
  }

  #takenOver(): void {
    this.close();
    this.#options.onTakenOver();
  }
}
