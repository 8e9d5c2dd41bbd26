//! What a switchboard wants done.

use isession_protocol::Timestamp;
use isession_protocol::ids::{AgentId, LinkId, SiteId, VisitorId};
use isession_protocol::signaling::{EndReason, QueuePlace, RingEnd, VisitorCard};
use serde::{Deserialize, Serialize};

use crate::input::{SessionClaim, Side};

/// One thing to do. Each names who it is for; a node carries out those for the people who are
/// connected to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Tell a visitor the place in the queue.
    Position {
        visitor: VisitorId,
        place: QueuePlace,
    },
    /// Show an agent that somebody waits, or said more.
    Waiting {
        agent: AgentId,
        visitor: VisitorCard,
        since: Timestamp,
    },
    /// Show an agent that somebody waits no longer.
    Gone { agent: AgentId, visitor: VisitorId },
    /// Ring at an agent, and let the two connect by this link if their site wants it.
    Ring {
        agent: AgentId,
        visitor: VisitorId,
        link: LinkId,
        until: Timestamp,
    },
    /// Stop ringing at an agent. The link of the agent who accepts becomes the session's.
    RingEnded {
        agent: AgentId,
        visitor: VisitorId,
        /// None where it did not ring.
        link: Option<LinkId>,
        reason: RingEnd,
    },
    /// Introduce the two of a session: both when it begins, one side when that side came back.
    Session {
        claim: SessionClaim,
        /// The side that came back; none when it begins.
        side: Option<Side>,
        /// Milliseconds that the visitor waited; 0 where a restart has lost it.
        waited: u64,
    },
    /// Tell one side that came back with a ticket that its session ended meanwhile.
    Over {
        claim: SessionClaim,
        side: Side,
        reason: EndReason,
    },
    /// A visit is over. There is exactly one for each visitor.
    Departed(Departed),
}

/// How a visit went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departed {
    pub visitor: VisitorId,
    pub site: SiteId,
    pub outcome: Outcome,
    pub reason: EndReason,
    /// Milliseconds in the queue; 0 where a restart has lost it.
    pub waited: u64,
    /// The session, if there was one.
    pub session: Option<SessionClaim>,
}

/// How a visit went, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    /// An agent accepted, and the session ended.
    Served,
    /// The visitor left the queue.
    Abandoned,
    /// The visitor was lost and did not come back.
    Expired,
    /// Nobody accepted in the longest time a visitor may wait.
    Unanswered,
}

impl Outcome {
    /// The word in metrics and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Abandoned => "abandoned",
            Self::Expired => "expired",
            Self::Unanswered => "unanswered",
        }
    }
}
