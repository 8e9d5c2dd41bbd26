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
relay_only: boolean, 
/**
 * Nothing connects before the accept: the visitor's offer waits at the agent's side for it,
 * and names no address. Nobody has looked for one yet, and there are no credentials to.
 */
offer_only?: boolean, };
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
export type SiteCard = { id: SiteId, name: string, lead_policy: LeadPolicy, page: PagePolicy, 
/**
 * Addresses that agents pick from.
 */
destinations: Array<Destination>, 
/**
 * Milliseconds for which an agent's console keeps and shows a session that ended. 0 keeps
 * nothing: it can be read in its window until the agent closes it.
 */
retention: number, };
export type LeadPolicy = { 
/**
 * Plain http and loopback hosts are allowed: for development only.
 */
development: boolean, 
/**
 * Only these hosts; all when empty.
 */
allow: Array<string>, 
/**
 * None of these hosts, even if allowed.
 */
deny: Array<string>, 
/**
 * Leads to these are always asked for, whatever the visitor allowed for the session.
 */
confirm: Array<string>, };
export type PagePolicy = { 
/**
 * Origins whose pages belong to the site.
 */
origins: Array<string>, 
/**
 * Names of query parameters that may be told; the others are cut from addresses.
 */
query: Array<string>, 
/**
 * Fields that the mirror shows as they are. Passwords and hidden fields never.
 */
unmask: Array<string>, };
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
export type Talk = { "type": "resume", seen: Seen, } | { "type": "ack", id: EntryId, } | { "type": "entry" } & Entry | { "type": "signal", signal: Signal, } | { "type": "next", offer?: NextOffer, } | { "type": "unknown" };
export type NextOffer = { 
/**
 * The life of the peer connection that it comes from.
 */
epoch: Epoch, sdp: string, };
export type Entry = { id: EntryId, 
/**
 * When it was written, by the writer's clock.
 */
at: Timestamp, body: Body, };
export type Body = { "type": "message", text: string, } | { "type": "lead", url: string, } | { "type": "landing", lead: EntryId, landing: Landing, } | { "type": "consent", consent: Consent, } | { "type": "ask", permission: Permission, } | { "type": "release", permission: Permission, } | { "type": "grant", permission: Permission, grant: Grant, } | { "type": "travel", travel: Travel, } | { "type": "guide", url: string, } | { "type": "location" } & Location | { "type": "highlight", 
/**
 * The life of the page whose mirror gave the node its number.
 */
view: Epoch, node: number, } | { "type": "highlighted", highlight: EntryId, 
/**
 * False when the element is there no more, or was not looked for.
 */
found: boolean, 
/**
 * How it is read out; empty if it has no name.
 */
label: string, 
/**
 * Why it was not looked for.
 */
why?: Blocked, } | { "type": "bye" } | { "type": "unknown" };
export type Landing = { "state": "shown" } | { "state": "landed", how: How, } | { "state": "declined" } | { "state": "blocked", why: Blocked, } | { "state": "failed", why: Failed, } | { "state": "unknown" };
export type How = "opener" | "stage" | "window" | "link" | "page" | "companion" | "program" | "unknown";
export type Blocked = "malformed" | "too_long" | "scheme" | "credentials" | "local_name" | "private_address" | "not_allowed" | "stopped" | "not_permitted" | "unknown";
export type Failed = "no_window" | "replaced" | "interrupted" | "no_page" | "unknown";
export type Consent = "ask" | "allow" | "stop" | "unknown";
export type Permission = "view" | "point" | "follow" | "unknown";
export type Grant = "granted" | "declined" | "withdrawn" | "expired" | "paused" | "no_page" | "unknown";
export type Travel = "back" | "forward" | "reload" | "unknown";
export type Location = { 
/**
 * Names the tab for as long as it is open.
 */
tab: Epoch, 
/**
 * Absent when the tab shows no page of the site any more.
 */
url?: string, title: string, 
/**
 * Whether it is the tab that the visitor looks at.
 */
front: boolean, };
export type Point = { x: number, y: number, };
export type InkPoints = Array<Point>;
export type Glance = { "type": "typing", typing: boolean, } | { "type": "pointer", n: number, at?: Point, } | { "type": "scroll", n: number, at: Point, of?: Point, } | { "type": "click", at: Point, } | { "type": "ink", stroke: number, from: number, points: InkPoints, } | { "type": "unknown" };
export type Batch<E> = { 
/**
 * The life of the page whose nodes the events number.
 */
view: Epoch, 
/**
 * Whether it begins with a full snapshot, so that nothing of before is needed.
 */
first: boolean, 
/**
 * As rrweb records them.
 */
events: Array<E>, };

export const SUBPROTOCOL = "isession.v1";

export const STREAMS = { talk: 0, glance: 1, bulk: 2 } as const;

/// The first byte of a message on `bulk`.
export const BULK = { data: 0, mirror: 1 } as const;
export const MIRROR = { last: 1, header: 2 } as const;
