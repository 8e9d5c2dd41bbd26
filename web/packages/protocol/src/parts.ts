// Readers of what frames are made of.

import type {
  AgentCard,
  DescriptionRole,
  Details,
  EndReason,
  EntryId,
  ErrorCode,
  IceServer,
  LeadPolicy,
  PagePolicy,
  Path,
  Signal,
  SiteCard,
  VisitorCard,
} from "./generated";
import * as LIMITS from "./limits";
import {
  bool,
  list,
  map,
  optional,
  otherwise,
  type Read,
  record,
  text,
  union,
  whole,
  word,
} from "./read";

const EPOCH = /^[a-z0-9]{1,32}$/;

export const count = whole(0xffffffff);
export const id = text(36, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
export const site = text(64, /^[a-z0-9-]+$/);
export const epoch = text(LIMITS.epoch, EPOCH);
export const seen = map(EPOCH, count, LIMITS.seenEpochs);
export const sdp = text(LIMITS.sdp);

export const entryId: Read<EntryId> = record({ epoch, seq: count });
export const name = text(LIMITS.name);
export const url = text(LIMITS.url);
export const ticket = text(LIMITS.ticket);

export const path: Read<Path> = word("direct", "relayed_udp", "relayed_tcp", "relayed_tls");

export const endReason: Read<EndReason> = word(
  "by_visitor",
  "by_agent",
  "abandoned",
  "expired",
  "unanswered",
);

export const signal: Read<Signal> = union<Signal, "kind">("kind", {
  description: {
    role: (value) => text(6, /^(offer|answer)$/)(value) as DescriptionRole,
    sdp,
    epoch,
    to: optional(epoch),
    seen,
  },
  candidate: { candidate: text(LIMITS.candidate), mid: text(16), epoch, to: optional(epoch) },
  ready: { epoch },
});

export const details: Read<Details> = record<Details>({
  name: optional(name),
  topic: optional(text(LIMITS.topic)),
  page: optional(url),
  department: optional(text(LIMITS.department)),
});

export const visitorCard: Read<VisitorCard> = record({ id, site, details });
export const agentCard: Read<AgentCard> = record({ id, name });

/** A list of a site's policy; a node of before these had none. */
const entries = (max: number) => otherwise(list(text(max), LIMITS.policyEntries), []);

const leadPolicy: Read<LeadPolicy> = record<LeadPolicy>({
  development: otherwise(bool, false),
  allow: entries(LIMITS.hostPattern),
  deny: entries(LIMITS.hostPattern),
  confirm: entries(LIMITS.hostPattern),
});

const pagePolicy: Read<PagePolicy> = record<PagePolicy>({
  origins: entries(LIMITS.origin),
  query: entries(LIMITS.name),
  unmask: entries(LIMITS.selector),
});

export const siteCard: Read<SiteCard> = record<SiteCard>({
  id: site,
  name,
  lead_policy: otherwise(leadPolicy, leadPolicy({})),
  page: otherwise(pagePolicy, pagePolicy({})),
  destinations: list(record({ label: name, url }), 100),
  retention: count,
});

export const ice: Read<IceServer[]> = list(
  record<IceServer>({
    urls: list(text(LIMITS.url), 16),
    username: optional(text(512)),
    credential: optional(text(512)),
  }),
  16,
);

export const preconnect = { link: id, ice, relay_only: bool, offer_only: optional(bool) };

export const error = {
  code: word<ErrorCode>(
    "bad_frame",
    "bad_ticket",
    "not_found",
    "not_yours",
    "not_signed_in",
    "origin_not_allowed",
    "overloaded",
    "superseded",
    "too_fast",
    "too_large",
    "too_many_connections",
    "unknown_site",
  ),
  message: text(300),
  fatal: bool,
};
