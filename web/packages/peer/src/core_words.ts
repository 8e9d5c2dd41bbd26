// What goes into the session layer's core and comes out of it.

import type {
  Body,
  DescriptionRole,
  Entry,
  EntryId,
  NextOffer,
  Seen,
  Signal,
  Talk,
} from "@isession/protocol";

export type Connection = "connecting" | "open" | "reconnecting" | "ended";

/** What a peer connection says of its path; `lost` may yet come back by itself. */
export type PathState = "connecting" | "connected" | "lost" | "failed";

/** Signals that belong to one life of a peer connection. */
export type Addressed = Signal & { kind: "description" | "candidate" };

export type Input =
  /**
   * Begins. `resumed`: this side was in the session before. `next`: a visitor's side has an offer
   * that was sent ahead.
   */
  | { type: "start"; resumed: boolean; next?: NextOffer | undefined }
  /**
   * Begins while it rings: an agent asks for an offer, and both wait for the accept. `relay_only`:
   * better paths are not allowed before it. `offer_only`: nothing is, but an offer without
   * addresses.
   */
  | { type: "ring"; relay_only: boolean; offer_only: boolean }
  /** This agent accepts: may speak, and is not heard before the node's word. */
  | { type: "answer" }
  /** The node's word that it was this agent. */
  | { type: "accepted" }
  /** The node is there again: whatever was under way may have been lost. */
  | { type: "node_returned" }
  /** Fresh relay credentials have come. */
  | { type: "ice" }
  | { type: "signal"; signal: Signal }
  /** The connection has described itself. */
  | { type: "described"; epoch: string; role: DescriptionRole; sdp: string }
  | { type: "candidate"; epoch: string; candidate: string; mid: string }
  /** A connection for the visitor's next life has described itself, with all candidates. */
  | { type: "offered_ahead"; offer: NextOffer }
  /** The connection took a description of the other side, who had seen this much. */
  | { type: "taken"; epoch: string; seen: Seen }
  | { type: "path"; epoch: string; state: PathState }
  | { type: "channel"; epoch: string; open: boolean }
  | { type: "hear"; epoch: string; talk: Talk }
  | { type: "write"; body: Body }
  /** Says goodbye. */
  | { type: "end" }
  | { type: "tick" };

export type Effect =
  /** Makes a new connection and drops the one before; a visitor's offers, unless it `answers`. */
  | { type: "connect"; epoch: string; answers?: true }
  /** The same, but for the search for addresses: the offer names none. */
  | { type: "prepare"; epoch: string }
  /** Searches for them, with the credentials and the paths that are allowed by now. */
  | { type: "gather" }
  /** Makes a connection beside the current one, and has it offer. */
  | { type: "offer_ahead"; epoch: string }
  /** That connection takes the place of the current one. */
  | { type: "take_up"; epoch: string }
  /** Keeps an offer for the next life; none: what was kept holds no longer. */
  | { type: "next"; offer: NextOffer | null }
  /** Looks for a new path, with the credentials and the paths that are allowed by now. */
  | { type: "restart" }
  /** Hands the other side's signal to the connection. */
  | { type: "take"; signal: Addressed }
  /** Sends a signal through the node; over the channel it is told. */
  | { type: "signal"; signal: Signal }
  /** Sends these entries; they take the place of whatever has not left yet. */
  | { type: "flow"; entries: Entry[] }
  | { type: "entry"; entry: Entry }
  | { type: "tell"; talk: Talk }
  | { type: "want_ice" }
  | { type: "heard"; entry: Entry }
  | { type: "delivered"; id: EntryId }
  | { type: "show"; connection: Connection }
  /** The transcript is full: the session ends. */
  | { type: "full" };
