//! What happens to a switchboard.

use std::collections::BTreeSet;

use isession_protocol::Timestamp;
use isession_protocol::bounded::Department;
use isession_protocol::ids::{AgentId, LinkId, SessionId, SiteId, VisitorId};
use isession_protocol::signaling::{AgentCard, Details, VisitorCard};
use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// A visitor is connected: for the first time, or again.
    VisitorJoined {
        visitor: VisitorId,
        site: SiteId,
        details: Details,
        /// The place that a ticket proved; none means now.
        since: Option<Timestamp>,
        /// The session that a ticket proved.
        session: Option<Box<SessionClaim>>,
    },
    /// A waiting visitor said more.
    VisitorUpdated {
        visitor: VisitorId,
        details: Details,
    },
    /// A visitor is not connected any more.
    VisitorLeft { visitor: VisitorId, how: Departure },
    /// An agent is connected: for the first time, or again.
    AgentJoined {
        agent: AgentCard,
        sites: Sites,
        /// Empty: all.
        departments: BTreeSet<Department>,
        /// Sessions side by side at the most.
        capacity: u32,
        available: bool,
        /// The sessions that tickets proved.
        sessions: Vec<SessionClaim>,
    },
    /// An agent became available, went away, or is not connected any more.
    AgentPresence { agent: AgentId, presence: Presence },
    /// An agent answered a ring.
    Answered {
        agent: AgentId,
        visitor: VisitorId,
        answer: Answer,
    },
    /// One of the two ended a session.
    SessionEnded { session: SessionId, by: Side },
    /// Time passed.
    Tick,
}

/// How a visitor came to be unconnected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Departure {
    /// Said so.
    Left,
    /// The connection broke.
    Lost,
}

/// Whether an agent can be rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    Available,
    Away,
    /// The connection broke. Sessions go on: they do not need it.
    Lost,
}

/// What an agent says to a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Yes; the id is that of the session that may come of it.
    Accept {
        session: SessionId,
    },
    Decline,
}

/// One of the two people of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    Visitor,
    Agent,
}

/// The sites that an agent serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sites {
    All,
    Only(BTreeSet<SiteId>),
}

/// A session, as a ticket proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClaim {
    pub session: SessionId,
    pub link: LinkId,
    pub visitor: VisitorId,
    pub site: SiteId,
    pub agent: AgentCard,
    /// The visitor's.
    pub details: Details,
    /// When the agent accepted.
    pub started: Timestamp,
}

impl SessionClaim {
    /// The visitor as agents see one.
    pub fn visitor_card(&self) -> VisitorCard {
        VisitorCard {
            id: self.visitor,
            site: self.site.clone(),
            details: self.details.clone(),
        }
    }
}
