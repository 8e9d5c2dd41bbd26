// What a console reads from the node.

import type { Preconnect, RingEnd, ToAgent } from "./generated";
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
  visitorCard,
} from "./parts";
import { bool, decode, list, optional, record, union, whole } from "./read";

const frame = union<ToAgent, "type">("type", {
  welcome: { agent: agentCard, available: bool, capacity: count, sites: list(siteCard, 10_000) },
  available: { available: bool },
  waiting: { visitor: visitorCard, waited: whole(Number.MAX_SAFE_INTEGER) },
  gone: { visitor: id },
  ring: {
    visitor: id,
    expires_in: count,
    preconnect: optional(record<Preconnect>(preconnect)),
  },
  ring_ended: {
    visitor: id,
    reason: union<RingEnd, "why">("why", {
      accepted: { by: agentCard },
      declined: {},
      timeout: {},
      left: {},
    }),
  },
  accepted: { session: id, link: id, visitor: visitorCard, ice, ticket },
  signal: { link: id, signal },
  ice: { link: id, ice },
  ended: { session: id, reason: endReason },
  error,
  alive: { next: count },
  going_away: { retry_after: count },
});

export const decodeToAgent = (text: string): ToAgent | null =>
  decode(frame, text, LIMITS.signalingFrame);
