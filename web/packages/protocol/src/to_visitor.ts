// What a companion reads from the node.

import type { ToVisitor } from "./generated";
import * as LIMITS from "./limits";
import {
  agentCard,
  count,
  endReason,
  error,
  ice,
  id,
  preconnect,
  signal,
  siteCard,
  ticket,
} from "./parts";
import { bool, decode, optional, union } from "./read";

const frame = union<ToVisitor, "type">("type", {
  welcome: { visitor: id, site: siteCard, ticket },
  queue: { position: count, waiting: count, estimate: optional(count), available: bool },
  ring: preconnect,
  ring_ended: { link: id },
  accepted: { session: id, link: id, agent: agentCard, ice, ticket },
  signal: { link: id, signal },
  ice: { link: id, ice },
  ended: { reason: endReason },
  error,
  alive: { next: count },
  going_away: { retry_after: count },
});

export const decodeToVisitor = (text: string): ToVisitor | null =>
  decode(frame, text, LIMITS.signalingFrame);
