// What the console knows of the queue: a pure function of the node's frames and of time.

import type {
  AgentCard,
  RingEnd,
  SiteCard,
  ToAgent,
  VisitorCard,
  VisitorId,
} from "@isession/protocol";

export interface Waiting {
  card: VisitorCard;
  /** When the wait began, by this machine's clock. */
  since: number;
}

export interface Ring {
  visitor: VisitorId;
  /** When the ring ends by itself, by this machine's clock. */
  until: number;
}

/** Something to be told once, politely. */
export interface Notice {
  id: number;
  text: string;
  at: number;
}

export interface Queue {
  agent: AgentCard | null;
  available: boolean;
  capacity: number;
  sites: readonly SiteCard[];
  waiting: ReadonlyMap<VisitorId, Waiting>;
  rings: readonly Ring[];
  notices: readonly Notice[];
}

export const EMPTY: Queue = {
  agent: null,
  available: false,
  capacity: 0,
  sites: [],
  waiting: new Map(),
  rings: [],
  notices: [],
};

/** Notices kept; older ones have been read or never will be. */
const NOTICES = 5;
/** How long something is news. */
const NEWS = 10 * 60_000;

export function reduce(queue: Queue, frame: ToAgent, now: number): Queue {
  switch (frame.type) {
    case "welcome":
      // The node tells everyone who waits and rings anew.
      return {
        ...queue,
        agent: frame.agent,
        available: frame.available,
        capacity: frame.capacity,
        sites: frame.sites,
        waiting: new Map(),
        rings: [],
      };
    case "available":
      return { ...queue, available: frame.available };
    case "waiting": {
      const { visitor: card, waited } = frame;
      return { ...queue, waiting: put(queue.waiting, card.id, { card, since: now - waited }) };
    }
    case "gone":
      return { ...queue, waiting: drop(queue.waiting, frame.visitor) };
    case "ring": {
      const { visitor } = frame;
      const others = queue.rings.filter((ring) => ring.visitor !== visitor);
      return { ...queue, rings: [...others, { visitor, until: now + frame.expires_in }] };
    }
    case "ring_ended": {
      const rest = withRings(queue, (ring) => ring.visitor !== frame.visitor);
      const text = ringEndInWords(
        frame.reason,
        nameOf(queue.waiting.get(frame.visitor)?.card),
        queue,
      );
      return text ? notice(rest, text, now) : rest;
    }
    default:
      return queue;
  }
}

/** With these rings only. Whoever watches learns of nothing if all stay. */
export function withRings(queue: Queue, stays: (ring: Ring) => boolean): Queue {
  const rings = queue.rings.filter(stays);
  return rings.length === queue.rings.length ? queue : { ...queue, rings };
}

/** Adds something to be told. */
export function notice(queue: Queue, text: string, at: number): Queue {
  const id = (queue.notices.at(-1)?.id ?? 0) + 1;
  return { ...queue, notices: [...queue.notices, { id, text, at }].slice(-NOTICES) };
}

/** What is news still. */
export const news = (queue: Queue, now: number): readonly Notice[] =>
  queue.notices.filter(({ at }) => now - at < NEWS);

/** Takes away what was read. */
export function dismiss(queue: Queue, id: number): Queue {
  return { ...queue, notices: queue.notices.filter((notice) => notice.id !== id) };
}

/** Who waits, longest first. */
export function inOrder(queue: Queue): Waiting[] {
  return [...queue.waiting.values()].sort((a, b) => a.since - b.since);
}

export const nameOf = (card: VisitorCard | undefined): string => card?.details.name || "Visitor";

function ringEndInWords(reason: RingEnd, name: string, queue: Queue): string | null {
  switch (reason.why) {
    case "accepted":
      return reason.by.id === queue.agent?.id ? null : `${reason.by.name} took ${label(name)}.`;
    case "timeout":
      return `You missed ${label(name)}. They ring at the next agent.`;
    case "left":
      return queue.available ? `${name === "Visitor" ? "The visitor" : name} left.` : null;
    default:
      return null;
  }
}

const label = (name: string): string => (name === "Visitor" ? "this visitor" : name);

function put<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

function drop<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
