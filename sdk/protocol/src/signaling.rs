//! Frames between a visitor or an agent and the node: one JSON object per WebSocket text message.
//!
//! A connection opens with `hello` and is answered by `welcome` or `error`. The node carries
//! signals from one side of a link to the other unread; no frame here holds a word of chat.

use serde::{Deserialize, Serialize};

use crate::ErrorCode;
use crate::bounded::{
    CandidateLine, Department, HostPattern, Name, Origin, Reason, Sdp, Selector, Ticket, Topic, Url,
};
use crate::channel::Seen;
use crate::ids::{AgentId, Epoch, LinkId, SessionId, SiteId, VisitorId};
use crate::limits;

/// From a visitor to the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromVisitor {
    /// First frame: joins the queue of a site, or resumes with a ticket.
    Hello {
        site: SiteId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "string"))]
        ticket: Option<Ticket>,
        #[serde(default)]
        details: Details,
    },
    /// Says more about the visit while waiting; replaces what was said before.
    Details { details: Details },
    /// Leaves the queue.
    Leave,
    /// To the other side of the link, unread.
    Signal { link: LinkId, signal: Signal },
    /// Asks for fresh relay credentials.
    Ice { link: LinkId },
    /// Reports which way the channel goes, for the operator's figures.
    Path { link: LinkId, path: Path },
    /// Ends the session.
    End { session: SessionId },
    /// A frame of a newer version.
    #[serde(other)]
    Unknown,
}

/// From the node to a visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToVisitor {
    /// Answers `hello`. The ticket resumes this place.
    Welcome {
        visitor: VisitorId,
        site: SiteCard,
        #[cfg_attr(test, ts(type = "string"))]
        ticket: Ticket,
    },
    /// The place in the queue, at every change.
    Queue(QueuePlace),
    /// This visit rings at an agent: the two may connect, so that the accept finds them connected.
    Ring(Preconnect),
    /// That agent did not accept: what was connected by this link is closed.
    RingEnded { link: LinkId },
    /// An agent accepted, or the session goes on after a `hello` with its ticket.
    Accepted {
        session: SessionId,
        link: LinkId,
        agent: AgentCard,
        ice: Vec<IceServer>,
        #[cfg_attr(test, ts(type = "string"))]
        ticket: Ticket,
    },
    /// From the other side of the link.
    Signal { link: LinkId, signal: Signal },
    /// Fresh relay credentials.
    Ice { link: LinkId, ice: Vec<IceServer> },
    /// The visit is over.
    Ended { reason: EndReason },
    /// A frame was refused; `fatal` closes the connection.
    Error(ErrorFrame),
    /// A sign of life, for those who see no pings (RFC 6455 section 5.5.2): the next one comes
    /// within this many milliseconds.
    Alive { next: u32 },
    /// The node stops or restarts: come back with the ticket after this many milliseconds.
    GoingAway { retry_after: u32 },
    /// A frame of a newer version.
    #[serde(other)]
    Unknown,
}

/// From an agent to the node. Who the agent is was settled before the connection opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromAgent {
    /// First frame: takes up work, and sessions that go on.
    Hello {
        available: bool,
        #[serde(default, deserialize_with = "at_most_tickets")]
        #[cfg_attr(test, ts(as = "Vec<String>"))]
        tickets: Vec<Ticket>,
    },
    /// Available or away.
    Available { available: bool },
    /// Takes a ringing visitor.
    Accept { visitor: VisitorId },
    /// Leaves a ringing visitor to others.
    Decline { visitor: VisitorId },
    /// To the other side of the link, unread.
    Signal { link: LinkId, signal: Signal },
    /// Asks for fresh relay credentials.
    Ice { link: LinkId },
    /// Reports which way the channel goes, for the operator's figures.
    Path { link: LinkId, path: Path },
    /// Ends a session.
    End { session: SessionId },
    /// A frame of a newer version.
    #[serde(other)]
    Unknown,
}

/// From the node to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToAgent {
    /// Answers `hello`. `waiting` frames for everyone in the agent's queues follow.
    Welcome {
        agent: AgentCard,
        available: bool,
        /// Sessions side by side at the most.
        capacity: u32,
        sites: Vec<SiteCard>,
    },
    /// What the node holds of the agent's availability.
    Available { available: bool },
    /// Somebody waits, or said more.
    Waiting {
        visitor: VisitorCard,
        /// Milliseconds waited so far: a duration, for the two clocks may differ.
        #[cfg_attr(test, ts(type = "number"))]
        waited: u64,
    },
    /// Somebody waits no longer.
    Gone { visitor: VisitorId },
    /// This visitor rings here, for so many milliseconds.
    Ring {
        visitor: VisitorId,
        expires_in: u32,
        /// How to connect meanwhile; absent where the site forbids it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        preconnect: Option<Preconnect>,
    },
    /// The ring is over.
    RingEnded { visitor: VisitorId, reason: RingEnd },
    /// This agent has the session, by accept or by ticket.
    Accepted {
        session: SessionId,
        link: LinkId,
        visitor: VisitorCard,
        ice: Vec<IceServer>,
        #[cfg_attr(test, ts(type = "string"))]
        ticket: Ticket,
    },
    /// From the other side of the link.
    Signal { link: LinkId, signal: Signal },
    /// Fresh relay credentials.
    Ice { link: LinkId, ice: Vec<IceServer> },
    /// A session is over.
    Ended {
        session: SessionId,
        reason: EndReason,
    },
    /// A frame was refused; `fatal` closes the connection.
    Error(ErrorFrame),
    /// A sign of life, as for visitors.
    Alive { next: u32 },
    /// The node stops or restarts: come back after this many milliseconds.
    GoingAway { retry_after: u32 },
    /// A frame of a newer version.
    #[serde(other)]
    Unknown,
}

/// How the two may connect while it rings, or prepare to. The agent asks for an offer with `ready`;
/// nothing but signals of this link may pass before the accept, and neither side hears the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Preconnect {
    /// The link that the session will have, if this agent accepts.
    pub link: LinkId,
    /// Credentials for the time of the ring.
    pub ice: Vec<IceServer>,
    /// Only relayed paths before the accept: neither side learns the other's addresses.
    pub relay_only: bool,
    /// Nothing connects before the accept: the visitor's offer waits at the agent's side for it,
    /// and names no address. Nobody has looked for one yet, and there are no credentials to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub offer_only: bool,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ErrorFrame {
    pub code: ErrorCode,
    /// For people; may change.
    #[cfg_attr(test, ts(type = "string"))]
    pub message: Reason,
    /// The connection closes after this frame.
    pub fatal: bool,
}

impl ErrorFrame {
    /// Whether the node closes for good, and not only this connection.
    pub const fn is_final(&self) -> bool {
        self.fatal && self.code.is_final()
    }
}

/// What a visitor says of the visit. With signals, all that passes the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(default)]
pub struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub name: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub topic: Option<Topic>,
    /// Address of the page the visitor came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub page: Option<Url>,
    /// Department asked for; absent means any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub department: Option<Department>,
}

/// A visitor as agents see one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct VisitorCard {
    pub id: VisitorId,
    pub site: SiteId,
    pub details: Details,
}

/// An agent as others see one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct AgentCard {
    pub id: AgentId,
    #[cfg_attr(test, ts(type = "string"))]
    pub name: Name,
}

/// A site as both people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SiteCard {
    pub id: SiteId,
    #[cfg_attr(test, ts(type = "string"))]
    pub name: Name,
    #[serde(default)]
    pub lead_policy: LeadPolicy,
    #[serde(default)]
    pub page: PagePolicy,
    /// Addresses that agents pick from.
    pub destinations: Vec<Destination>,
    /// Milliseconds for which an agent's console keeps and shows a session that ended. 0 keeps
    /// nothing: it can be read in its window until the agent closes it.
    pub retention: u32,
}

/// Where a site lets its visitors be led. Enforced in the visitor's own code. Each list has at most
/// [`limits::POLICY_ENTRIES`] entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(default)]
pub struct LeadPolicy {
    /// Plain http and loopback hosts are allowed: for development only.
    pub development: bool,
    /// Only these hosts; all when empty.
    #[serde(deserialize_with = "at_most_entries")]
    #[cfg_attr(test, ts(type = "Array<string>"))]
    pub allow: Vec<HostPattern>,
    /// None of these hosts, even if allowed.
    #[serde(deserialize_with = "at_most_entries")]
    #[cfg_attr(test, ts(type = "Array<string>"))]
    pub deny: Vec<HostPattern>,
    /// Leads to these are always asked for, whatever the visitor allowed for the session.
    #[serde(deserialize_with = "at_most_entries")]
    #[cfg_attr(test, ts(type = "Array<string>"))]
    pub confirm: Vec<HostPattern>,
}

/// What of a site's pages leaves the visitor's browser. Enforced there. Each list has at most
/// [`limits::POLICY_ENTRIES`] entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(default)]
pub struct PagePolicy {
    /// Origins whose pages belong to the site.
    #[serde(deserialize_with = "at_most_entries")]
    #[cfg_attr(test, ts(type = "Array<string>"))]
    pub origins: Vec<Origin>,
    /// Names of query parameters that may be told; the others are cut from addresses.
    #[serde(deserialize_with = "at_most_entries")]
    #[cfg_attr(test, ts(type = "Array<string>"))]
    pub query: Vec<Name>,
    /// Fields that the mirror shows as they are. Passwords and hidden fields never.
    #[serde(deserialize_with = "at_most_entries")]
    #[cfg_attr(test, ts(type = "Array<string>"))]
    pub unmask: Vec<Selector>,
}

/// A saved address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Destination {
    #[cfg_attr(test, ts(type = "string"))]
    pub label: Name,
    #[cfg_attr(test, ts(type = "string"))]
    pub url: Url,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct QueuePlace {
    /// 1 is next.
    pub position: u32,
    /// How many wait, this visitor included.
    pub waiting: u32,
    /// Seconds until an accept, judged by the recent ones; absent when nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub estimate: Option<u32>,
    /// Whether any agent of this queue is available now.
    pub available: bool,
}

/// Why a ring ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum RingEnd {
    /// Another agent took the visitor.
    Accepted { by: AgentCard },
    /// This agent declined.
    Declined,
    /// Nobody answered in time.
    Timeout,
    /// The visitor left, or this agent went away.
    Left,
    /// A reason of a newer version.
    #[serde(other)]
    Unknown,
}

/// Why a visit or a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The visitor ended the session.
    ByVisitor,
    /// The agent ended the session.
    ByAgent,
    /// The visitor left the queue.
    Abandoned,
    /// The visitor's connection was lost and did not come back in time.
    Expired,
    /// Nobody accepted in the longest time a visitor may wait.
    Unanswered,
    /// A reason of a newer version.
    #[serde(other)]
    Unknown,
}

/// What the two sides of a link tell each other through the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Signal {
    /// A session description (RFC 8829). `seen` lets the other side resume without another trip.
    Description {
        role: DescriptionRole,
        #[cfg_attr(test, ts(type = "string"))]
        sdp: Sdp,
        /// The life of the peer connection this comes from; a new one means start over.
        epoch: Epoch,
        /// The life it is meant for, once known; a peer drops what was meant for an older one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        to: Option<Epoch>,
        seen: Seen,
    },
    /// One ICE candidate (RFC 8838); an empty line ends the candidates.
    Candidate {
        #[cfg_attr(test, ts(type = "string"))]
        candidate: CandidateLine,
        /// The media description it belongs to (RFC 8839).
        mid: MediaId,
        epoch: Epoch,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        to: Option<Epoch>,
    },
    /// A new life of the agent's side asks the visitor for an offer: visitors offer, agents
    /// answer.
    Ready { epoch: Epoch },
    /// A signal of a newer version.
    #[serde(other)]
    Unknown,
}

/// Which half of an offer/answer exchange (RFC 3264).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DescriptionRole {
    /// What one side proposes.
    Offer,
    /// What the other side makes of it.
    Answer,
}

/// The `mid` of a media description; ours has one, named by the offerer's browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(type = "string"))]
#[serde(transparent)]
pub struct MediaId(pub crate::bounded::Bounded<16>);

/// A STUN or TURN server, shaped as `RTCIceServer` (W3C WebRTC section 4.2.4).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct IceServer {
    pub urls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub credential: Option<String>,
}

/// Shows no credential: `{:?}` ends up in logs.
impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls.len())
            .finish_non_exhaustive()
    }
}

/// Which way a channel goes, read from the selected candidate pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// No relay is in between.
    Direct,
    /// By a relay, reached over UDP.
    RelayedUdp,
    /// By a relay, reached over TCP.
    RelayedTcp,
    /// By a relay, reached within TLS.
    RelayedTls,
    /// A way of a newer version.
    #[serde(other)]
    Unknown,
}

/// Bounds a list of a site's policies.
fn at_most_entries<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    let entries = Vec::<T>::deserialize(from)?;
    if entries.len() > limits::POLICY_ENTRIES {
        return Err(serde::de::Error::custom("too many entries"));
    }
    Ok(entries)
}

/// Bounds the list while it is read, before any ticket is looked at.
fn at_most_tickets<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Ticket>, D::Error> {
    let tickets = Vec::<Ticket>::deserialize(from)?;
    if tickets.len() > limits::TICKETS {
        return Err(serde::de::Error::custom("too many tickets"));
    }
    Ok(tickets)
}
