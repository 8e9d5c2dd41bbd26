// The session layer: what was said on both sides, so that nothing is lost, doubled or reordered,
// whatever pages, networks and nodes do. Pure: time and epochs come in, frames go out.

import {
  type Blocked,
  type Body,
  bytes,
  type Consent,
  type Entry,
  type EntryId,
  type Grant,
  type Landing,
  LIMITS,
  type Permission,
  type Seen,
  type Travel,
  wellFormed,
} from "@isession/protocol";

export type Role = "visitor" | "agent";
export type Delivery = "waiting" | "sent" | "delivered";

/** What all lines have. */
export interface Written {
  id: EntryId;
  at: number;
  mine: boolean;
}

/** One line of the conversation, in the order it is shown. */
export type Line = Written &
  (
    | { kind: "message"; text: string; state: Delivery }
    | { kind: "lead"; url: string; state: Delivery; landing: Landing | null }
    | { kind: "travel"; travel: Travel; state: Delivery; landing: Landing | null }
    | { kind: "consent"; consent: Consent }
    | { kind: "guide"; url: string; state: Delivery; landing: Landing | null }
    | { kind: "ask"; permission: Permission }
    | { kind: "release"; permission: Permission }
    | { kind: "grant"; permission: Permission; grant: Grant }
    /** `found` is null while the visitor's side has not answered. */
    | {
        kind: "highlight";
        view: string;
        node: number;
        found: boolean | null;
        label: string;
        /** Why it was not looked for. */
        why: Blocked | null;
      }
  );

/** What came of an entry of the other side. `passed_over`: seen, and not shown. */
export type Receipt = "new" | "passed_over" | "double" | "gap" | "full";

/** What a reload must not forget. Only JSON. */
export interface Saved {
  log: Kept[];
  seen: Seen;
  delivered: Seen;
}

interface Kept {
  mine: boolean;
  entry: Entry;
}

/**
 * How much one session holds, both sides together; sized to fit a browser's session storage.
 * Beyond `WORDS` what one says and asks is refused with `TranscriptFull`. Answers, such as
 * landings and goodbye, and what the other side had under way, may go up to `ALL`; beyond
 * that the session must end, because dropping an entry would be silence.
 */
const WORDS = { entries: 5000, weight: 3 * 1024 * 1024 };
const ALL = { entries: 6000, weight: 4 * 1024 * 1024 };

const isAddress = (body: Body) => body.type === "lead" || body.type === "guide";

const textOf = (body: Body): string =>
  body.type === "message" ? body.text : isAddress(body) ? body.url : "";

/** What an entry counts for: its text in UTF-8, and a flat share for the rest. */
const weigh = ({ body }: Entry): number => {
  const { text = "", url = "", title = "", label = "" } = body as Record<string, string>;
  return 100 + bytes(text + url + title + label);
};

/** Answers: they must find room when nothing else does. */
const ANSWERS: readonly Body["type"][] = [
  "landing",
  "consent",
  "grant",
  "release",
  "highlighted",
  "bye",
];

/** What the other side could not read would never be seen, and all that follows it neither. */
function readable(body: Body): Body {
  const text = wellFormed(textOf(body));
  if (bytes(text) > (isAddress(body) ? LIMITS.url : LIMITS.messageText)) {
    throw new TooLong();
  }
  return body.type === "message"
    ? { ...body, text }
    : isAddress(body)
      ? { ...body, url: text }
      : body;
}

export class TranscriptFull extends Error {
  constructor() {
    super("this conversation is full");
  }
}

export class TooLong extends Error {
  constructor() {
    super("this is too long");
  }
}

/** Who may say what: the agent asks and shows; the visitor decides, and says where things are. */
const mayWrite = (role: Role, body: Body): boolean => {
  switch (body.type) {
    case "lead":
    case "ask":
    case "release":
    case "travel":
    case "guide":
    case "highlight":
      return role === "agent";
    case "landing":
    case "consent":
    case "grant":
    case "location":
    case "highlighted":
      return role === "visitor";
    default:
      return body.type !== "unknown";
  }
};

const isFinal = (landing: Landing | null): boolean =>
  landing !== null && landing.state !== "shown" && landing.state !== "unknown";

/** Names an entry in maps. */
export const keyOf = ({ epoch, seq }: EntryId): string => `${epoch} ${seq}`;

export const sameId = (a: EntryId, b: EntryId): boolean => a.epoch === b.epoch && a.seq === b.seq;

export class Transcript {
  readonly role: Role;
  readonly #epoch: string;
  #seq = 0;
  #weight = 0;
  #version = 0;
  protected readonly log: Kept[] = [];
  /** The last of mine, by epoch. */
  readonly #written = new Map<string, number>();
  /** The last seen of the other side, by epoch; the epoch heard last comes last. */
  readonly #seen = new Map<string, number>();
  /** The last of mine that the other side has seen, by epoch. */
  readonly #delivered = new Map<string, number>();

  constructor(options: { role: Role; epoch: string; saved?: Saved | undefined }) {
    this.role = options.role;
    this.#epoch = options.epoch;
    if (options.saved) {
      for (const kept of options.saved.log) {
        this.#keep(kept);
      }
      for (const [epoch, seq] of Object.entries(options.saved.seen)) {
        this.#seen.set(epoch, seq);
      }
      for (const [epoch, seq] of Object.entries(options.saved.delivered)) {
        this.#delivered.set(epoch, seq);
      }
    }
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** Writes an entry of mine. */
  write(said: Body, at: number): Entry {
    const body = readable(said);
    const entry = { id: { epoch: this.#epoch, seq: this.#seq + 1 }, at, body };
    if (!this.#fits(entry, ANSWERS.includes(body.type) ? ALL : WORDS)) {
      throw new TranscriptFull();
    }
    this.#seq += 1;
    this.#keep({ mine: true, entry });
    return entry;
  }

  /** The id of the entry of mine that was written last. */
  lastWritten(): EntryId {
    return { epoch: this.#epoch, seq: this.#seq };
  }

  /** Takes an entry of the other side. */
  receive(entry: Entry): Receipt {
    const last = this.#lastSeen(entry.id.epoch);
    if (entry.id.seq <= last) {
      return "double";
    }
    if (entry.id.seq > last + 1) {
      return "gap";
    }
    // What the other side may not say, or a newer one could.
    if (!mayWrite(this.role === "visitor" ? "agent" : "visitor", entry.body)) {
      this.#see(entry.id);
      return "passed_over";
    }
    if (!this.#fits(entry, ALL)) {
      return "full";
    }
    this.#keep({ mine: false, entry });
    this.#see(entry.id);
    return "new";
  }

  /** The other side has seen mine up to this one. */
  acknowledge(id: EntryId): void {
    const seq = Math.min(id.seq, this.#written.get(id.epoch) ?? 0);
    if (seq > (this.#delivered.get(id.epoch) ?? 0)) {
      this.#delivered.set(id.epoch, seq);
      this.#version += 1;
    }
  }

  /** What to send on a new channel, once it is known what the other side has seen. */
  missing(seen: Seen): Entry[] {
    for (const [epoch, seq] of Object.entries(seen)) {
      this.acknowledge({ epoch, seq });
    }
    // A full list leaves older epochs out: what was acknowledged stands for them. Otherwise an
    // epoch that is not in the list was never seen, or forgotten, and is sent again.
    const full = Object.keys(seen).length >= LIMITS.seenEpochs;
    const known = (epoch: string) => seen[epoch] ?? (full ? (this.#delivered.get(epoch) ?? 0) : 0);
    return this.log
      .filter(({ mine, entry }) => mine && entry.id.seq > known(entry.id.epoch))
      .map(({ entry }) => entry);
  }

  /** What I have seen of the other side. */
  seen(): Seen {
    return Object.fromEntries(this.#seen);
  }

  /** The conversation. `live`: what was written went out. */
  lines(live: boolean): Line[] {
    const shown = new Map<string, Line>();
    for (const { mine, entry } of this.log) {
      const { id, at, body } = entry;
      const line = this.line({ id, at, mine }, body, this.#state(id, live), shown);
      if (line) {
        shown.set(keyOf(id), line);
      }
    }
    return [...shown.values()];
  }

  /** How an entry is shown; null: by what it changes of those that are `shown`, or not at all. */
  protected line(
    written: Written,
    body: Body,
    state: Delivery,
    shown: ReadonlyMap<string, Line>,
  ): Line | null {
    switch (body.type) {
      case "message":
        return { ...written, kind: "message", text: body.text, state };
      case "lead":
        return { ...written, kind: "lead", url: body.url, state, landing: null };
      case "consent":
        return { ...written, kind: "consent", consent: body.consent };
      case "landing": {
        const lead = shown.get(keyOf(body.lead));
        if (lead && "landing" in lead && !isFinal(lead.landing)) {
          lead.landing = body.landing;
        }
      }
    }
    return null;
  }

  /** The visitor's standing word. A word of a newer version is taken as the safest one. */
  consent(): Consent {
    for (let index = this.log.length - 1; index >= 0; index--) {
      const body = this.log[index]?.entry.body;
      if (body?.type === "consent") {
        return body.consent === "unknown" ? "stop" : body.consent;
      }
    }
    return "ask";
  }

  /** Messages of mine that the other side is not known to have. */
  unheard(): { text: string; at: number }[] {
    return this.log.flatMap(({ mine, entry: { id, at, body } }) =>
      mine && body.type === "message" && this.#state(id, false) === "waiting"
        ? [{ text: body.text, at }]
        : [],
    );
  }

  /** Whether either side said goodbye. */
  ended(): boolean {
    return this.log.some(({ entry }) => entry.body.type === "bye");
  }

  save(): Saved {
    return {
      log: [...this.log],
      seen: Object.fromEntries(this.#seen),
      delivered: Object.fromEntries(this.#delivered),
    };
  }

  #state(id: EntryId, live: boolean): Delivery {
    if (id.seq <= (this.#delivered.get(id.epoch) ?? 0)) {
      return "delivered";
    }
    return live ? "sent" : "waiting";
  }

  #fits(entry: Entry, most: typeof ALL): boolean {
    return this.log.length < most.entries && this.#weight + weigh(entry) <= most.weight;
  }

  #keep(kept: Kept): void {
    const { id } = kept.entry;
    this.log.push(kept);
    this.#version += 1;
    this.#weight += weigh(kept.entry);
    if (kept.mine) {
      this.#written.set(id.epoch, id.seq);
    }
  }

  /** An epoch that is no longer in the list is still known by what was kept of it. */
  #lastSeen(epoch: string): number {
    const kept = () =>
      this.log.findLast(({ mine, entry }) => !mine && entry.id.epoch === epoch)?.entry.id.seq;
    return this.#seen.get(epoch) ?? kept() ?? 0;
  }

  #see(id: EntryId): void {
    this.#seen.delete(id.epoch);
    this.#seen.set(id.epoch, id.seq);
    this.#version += 1;
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > LIMITS.seenEpochs && oldest !== undefined) {
      this.#seen.delete(oldest);
    }
  }
}
