// Written by `cargo test -p isession-protocol` from sdk/protocol; do not edit.

export type VisitorId = string;
export type AgentId = string;
export type SessionId = string;
export type LinkId = string;
export type SiteId = string;
export type Epoch = string;
export type Timestamp = number;
export type ErrorCode = "bad_frame" | "bad_ticket" | "not_found" | "not_yours" | "not_signed_in" | "origin_not_allowed" | "overloaded" | "superseded" | "too_fast" | "too_large" | "too_many_connections" | "unknown_site" | "unknown";
export type FromVisitor = { "type": "hello", site: SiteId, ticket?: string, details: Details, } | { "type": "details", details: Details, } | { "type": "leave" } | { "type": "signal", link: LinkId, signal: Signal, } | { "type": "ice", link: LinkId, } | { "type": "path", link: LinkId, path: Path, } | { "type": "end", session: SessionId, } | { "type": "unknown" };
export type ToVisitor = { "type": "welcome", visitor: VisitorId, site: SiteCard, ticket: string, } | { "type": "queue" } & QueuePlace | { "type": "ring" } & Preconnect | { "type": "ring_ended", link: LinkId, } | { "type": "accepted", session: SessionId, link: LinkId, agent: AgentCard, ice: Array<IceServer>, ticket: string, } | { "type": "signal", link: LinkId, signal: Signal, } | { "type": "ice", link: LinkId, ice: Array<IceServer>, } | { "type": "ended", reason: EndReason, } | { "type": "error" } & ErrorFrame | { "type": "alive", next: number, } | { "type": "going_away", retry_after: number, } | { "type": "unknown" };
export type FromAgent = { "type": "hello", available: boolean, tickets: Array<string>, } | { "type": "available", available: boolean, } | { "type": "accept", visitor: VisitorId, } | { "type": "decline", visitor: VisitorId, } | { "type": "signal", link: LinkId, signal: Signal, } | { "type": "ice", link: LinkId, } | { "type": "path", link: LinkId, path: Path, } | { "type": "end", session: SessionId, } | { "type": "unknown" };
export type ToAgent = { "type": "welcome", agent: AgentCard, available: boolean, 
/**
 * Sessions side by side at the most.
 */
capacity: number, sites: Array<SiteCard>, } | { "type": "available", available: boolean, } | { "type": "waiting", visitor: VisitorCard, 
/**
 * Milliseconds waited so far: a duration, for the two clocks may differ.
 */
waited: number, } | { "type": "gone", visitor: VisitorId, } | { "type": "ring", visitor: VisitorId, expires_in: number, 
/**
 * How to connect meanwhile; absent where the site forbids it.
 */
preconnect?: Preconnect, } | { "type": "ring_ended", visitor: VisitorId, reason: RingEnd, } | { "type": "accepted", session: SessionId, link: LinkId, visitor: VisitorCard, ice: Array<IceServer>, ticket: string, } | { "type": "signal", link: LinkId, signal: Signal, } | { "type": "ice", link: LinkId, ice: Array<IceServer>, } | { "type": "ended", session: SessionId, reason: EndReason, } | { "type": "error" } & ErrorFrame | { "type": "alive", next: number, } | { "type": "going_away", retry_after: number, } | { "type": "unknown" };
export type Preconnect = { 
/**
 * The link that the session will have, if this agent accepts.
 */
link: LinkId, 
/**
 * Credentials for the time of the ring.
 */
ice: Array<IceServer>, 
/**
 * Only relayed paths before the accept: neither side learns the other's addresses.
 */
relay_only: boolean, };
export type ErrorFrame = { code: ErrorCode, 
/**
 * For people; may change.
 */
message: string, 
/**
 * The connection closes after this frame.
 */
fatal: boolean, };
export type Details = { name?: string, topic?: string, 
/**
 * Address of the page the visitor came from.
 */
page?: string, 
/**
 * Department asked for; absent means any.
 */
department?: string, };
export type VisitorCard = { id: VisitorId, site: SiteId, details: Details, };
export type AgentCard = { id: AgentId, name: string, };
export type SiteCard = { id: SiteId, name: string, lead_policy: LeadPolicy, 
/**
 * Addresses that agents pick from.
 */
destinations: Array<Destination>, 
/**
 * Milliseconds for which an agent's console shows a session that ended; 0 erases it at once.
 */
retention: number, };
export type LeadPolicy = { 
/**
 * Plain http and loopback hosts are allowed: for development only.
 */
development: boolean, };
export type Destination = { label: string, url: string, };
export type QueuePlace = { 
/**
 * 1 is next.
 */
position: number, 
/**
 * How many wait, this visitor included.
 */
waiting: number, 
/**
 * Seconds until an accept, judged by the recent ones; absent when nothing is known.
 */
estimate?: number, 
/**
 * Whether any agent of this queue is available now.
 */
available: boolean, };
export type RingEnd = { "why": "accepted", by: AgentCard, } | { "why": "declined" } | { "why": "timeout" } | { "why": "left" } | { "why": "unknown" };
export type EndReason = "by_visitor" | "by_agent" | "abandoned" | "expired" | "unanswered" | "unknown";
export type Signal = { "kind": "description", role: DescriptionRole, sdp: string, 
/**
 * The life of the peer connection this comes from; a new one means start over.
 */
epoch: Epoch, 
/**
 * The life it is meant for, once known; a peer drops what was meant for an older one.
 */
to?: Epoch, seen: Seen, } | { "kind": "candidate", candidate: string, 
/**
 * The media description it belongs to (RFC 8839).
 */
mid: MediaId, epoch: Epoch, to?: Epoch, } | { "kind": "ready", epoch: Epoch, } | { "kind": "unknown" };
export type DescriptionRole = "offer" | "answer";
export type MediaId = string;
export type IceServer = { urls: Array<string>, username?: string, credential?: string, };
export type Path = "direct" | "relayed_udp" | "relayed_tcp" | "relayed_tls" | "unknown";
export type EntryId = { epoch: Epoch, 
/**
 * Counts from 1 within the epoch, without gaps.
 */
seq: number, };
export type Seen = Record<Epoch, number>;
export type Talk = { "type": "resume", seen: Seen, } | { "type": "ack", id: EntryId, } | { "type": "entry" } & Entry | { "type": "signal", signal: Signal, } | { "type": "unknown" };
export type Entry = { id: EntryId, 
/**
 * When it was written, by the writer's clock.
 */
at: Timestamp, body: Body, };
export type Body = { "type": "message", text: string, } | { "type": "lead", url: string, } | { "type": "landing", lead: EntryId, landing: Landing, } | { "type": "consent", consent: Consent, } | { "type": "bye" } | { "type": "unknown" };
export type Landing = { "state": "shown" } | { "state": "landed", how: How, } | { "state": "declined" } | { "state": "blocked", why: Blocked, } | { "state": "failed", why: Failed, } | { "state": "unknown" };
export type How = "opener" | "stage" | "window" | "link" | "program" | "unknown";
export type Blocked = "malformed" | "too_long" | "scheme" | "credentials" | "local_name" | "private_address" | "stopped" | "unknown";
export type Failed = "no_window" | "replaced" | "interrupted" | "unknown";
export type Consent = "ask" | "allow" | "stop" | "unknown";
export type Glance = { "type": "typing", typing: boolean, } | { "type": "unknown" };

export const SUBPROTOCOL = "isession.v1";
export const LIMITS = {
  signalingFrame: 65536,
  channelFrame: 262144,
  messageText: 16384,
  url: 2048,
  sdp: 32768,
  candidate: 1024,
  name: 80,
  topic: 300,
  department: 40,
  ticket: 1024,
  tickets: 32,
  epoch: 32,
  seenEpochs: 16,
  time: 8640000000000000,
} as const;

export const STREAMS = { talk: 0, glance: 1, bulk: 2 } as const;
