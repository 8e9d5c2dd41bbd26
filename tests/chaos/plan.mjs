// Which fault when: the same seed gives the same plan. Pure.

/**
 * What can happen. `breaks`: what it takes away; two faults at once never take the same thing.
 * `needs`: the kind of network that it is about. `last`: nothing can follow it in its session.
 */
export const KINDS = {
  companion_reload: { breaks: ["companion"] },
  companion_crash: { breaks: ["companion"] },
  companion_reopen: { breaks: ["companion"] },
  companion_takeover: { breaks: ["companion"] },
  console_reload: { breaks: ["console"] },
  console_crash: { breaks: ["console"] },
  agent_browser_killed: { breaks: ["console"] },
  node_restart: { breaks: ["node"] },
  // A session that runs does not need the node; a page that is to be loaded does, and so does
  // whoever looks for a path from a new address.
  node_dead: { breaks: ["node", "companion", "console", "address"], needs: "direct", last: true },
  blackhole_from_visitor: { breaks: ["visitor's leg"] },
  blackhole_to_visitor: { breaks: ["visitor's leg"] },
  visitor_moves: { breaks: ["address"] },
  agent_moves: { breaks: ["address", "agent's leg"] },
  // The relay is the node's: it goes when the node does.
  relay_lost: { breaks: ["node"], needs: "relayed" },
};

/** How two people reach each other: behind which NAT, and by which path. */
export const NETWORKS = {
  direct: { nat: "restricted", path: "direct" },
  relayed: { nat: "symmetric", path: "relayed (UDP)" },
};

/** Both ends of an address may change at once; nothing else may break twice. */
export const goTogether = (one, other) =>
  one !== other &&
  ((one === "visitor_moves" && other === "agent_moves") ||
    (one === "agent_moves" && other === "visitor_moves") ||
    !KINDS[one].breaks.some((what) => KINDS[other].breaks.includes(what)));

/** The kinds that a pair can live through: programs have no pages. */
export const kindsFor = ({ visitor, agent }) =>
  Object.keys(KINDS).filter(
    (kind) =>
      !(visitor === "program" && kind.startsWith("companion")) &&
      !(agent === "program" && (kind.startsWith("console") || kind === "agent_browser_killed")),
  );

/** Numbers from 0 up to, not including, 1 (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Sessions, each with its network and its faults. Kinds are dealt like cards, so that all come up
 * as often. A share of the faults are two at once; `blackhole` is how long one lasts, in
 * milliseconds.
 */
export function plan({ seed, faults, kinds, perSession = 10, blackhole = 15_000, doubles = 0.3 }) {
  const chance = random(seed);
  const pick = (from, to) => Math.round(from + chance() * (to - from));
  const deck = [];
  const draw = (fits) => {
    let index = deck.findIndex(fits);
    if (index === -1) {
      deck.push(...shuffled(kinds, chance));
      index = deck.findIndex(fits);
    }
    return index === -1 ? null : deck.splice(index, 1)[0];
  };
  const sessions = [];
  for (let left = faults; left > 0; ) {
    const network = sessions.length % 2 === 0 ? "direct" : "relayed";
    const size = Math.min(left, perSession);
    const inNetwork = (kind) => (KINDS[kind].needs ?? network) === network;
    const session = { network, endedBy: chance() < 0.5 ? "visitor" : "agent", faults: [] };
    while (session.faults.length < size) {
      const isLast = session.faults.length === size - 1;
      const first = draw((kind) => inNetwork(kind) && (isLast || !KINDS[kind].last));
      const isDouble = chance() < doubles;
      const goes = (kind) => inNetwork(kind) && !KINDS[kind].last && goTogether(first, kind);
      const second = isDouble ? draw(goes) : null;
      session.faults.push({
        kinds: second ? [first, second] : [first],
        /** Quiet before it, and between the two of it. */
        after: pick(500, 2500),
        apart: pick(0, 1500),
        /** How long what takes time lasts. */
        blackhole,
        down: pick(0, 4000),
      });
    }
    sessions.push(session);
    left -= size;
  }
  return sessions;
}

function shuffled(all, chance) {
  const cards = [...all];
  for (let last = cards.length - 1; last > 0; last -= 1) {
    const other = Math.floor(chance() * (last + 1));
    [cards[last], cards[other]] = [cards[other], cards[last]];
  }
  return cards;
}
