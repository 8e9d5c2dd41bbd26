//! Drives a switchboard with small numbers for names and a clock of its own.

use std::collections::BTreeSet;

use isession_protocol::Timestamp;
use isession_protocol::bounded::{Department, Name};
use isession_protocol::ids::{AgentId, LinkId, SessionId, SiteId, VisitorId};
use isession_protocol::signaling::{AgentCard, Details, QueuePlace, RingEnd};
use isession_switchboard::{
    Answer, Departure, Effect, Input, Policy, Presence, SessionClaim, Side, Sites, Switchboard,
};
use uuid::Uuid;

/// A switchboard and the time.
pub(crate) struct Driver {
    pub(crate) switchboard: Switchboard,
    pub(crate) now: Timestamp,
    next_session: u128,
}

impl Driver {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            switchboard: Switchboard::new(policy),
            now: Timestamp::from_millis(1_000_000),
            next_session: 1,
        }
    }

    pub(crate) fn input(&mut self, input: Input) -> Vec<Effect> {
        self.switchboard.handle(self.now, input)
    }

    /// Lets time pass, and fires each deadline when it comes.
    pub(crate) fn pass(&mut self, millis: u64) -> Vec<Effect> {
        let end = self.now.plus(millis);
        let mut effects = Vec::new();
        while let Some(deadline) = self.switchboard.next_deadline().filter(|time| *time <= end) {
            self.now = self.now.max(deadline);
            effects.extend(self.input(Input::Tick));
        }
        self.now = end;
        effects
    }

    pub(crate) fn join(&mut self, visitor_: u128) -> Vec<Effect> {
        self.input(Input::VisitorJoined {
            visitor: visitor(visitor_),
            site: site(),
            details: Details::default(),
            since: None,
            session: None,
        })
    }

    pub(crate) fn lose(&mut self, visitor_: u128) -> Vec<Effect> {
        self.input(Input::VisitorLeft {
            visitor: visitor(visitor_),
            how: Departure::Lost,
        })
    }

    pub(crate) fn agent(&mut self, agent: u128) -> Vec<Effect> {
        self.agent_with(agent, 3, Vec::new())
    }

    pub(crate) fn agent_with(
        &mut self,
        agent: u128,
        capacity: u32,
        sessions: Vec<SessionClaim>,
    ) -> Vec<Effect> {
        self.input(Input::AgentJoined {
            agent: card(agent),
            sites: Sites::All,
            departments: BTreeSet::new(),
            capacity,
            available: true,
            sessions,
        })
    }

    pub(crate) fn presence(&mut self, agent: u128, presence: Presence) -> Vec<Effect> {
        let agent = card(agent).id;
        self.input(Input::AgentPresence { agent, presence })
    }

    pub(crate) fn accept(&mut self, agent: u128, visitor_: u128) -> Vec<Effect> {
        self.next_session += 1;
        let answer = Answer::Accept {
            session: SessionId::new(Uuid::from_u128(self.next_session)),
        };
        self.answer(agent, visitor_, answer)
    }

    pub(crate) fn decline(&mut self, agent: u128, visitor: u128) -> Vec<Effect> {
        self.answer(agent, visitor, Answer::Decline)
    }

    fn answer(&mut self, agent: u128, visitor_: u128, answer: Answer) -> Vec<Effect> {
        self.input(Input::Answered {
            agent: card(agent).id,
            visitor: visitor(visitor_),
            answer,
        })
    }

    pub(crate) fn end(&mut self, session: SessionId, by: Side) -> Vec<Effect> {
        self.input(Input::SessionEnded { session, by })
    }
}

pub(crate) fn site() -> SiteId {
    "shop".parse().unwrap()
}

pub(crate) fn visitor(n: u128) -> VisitorId {
    VisitorId::new(Uuid::from_u128(n))
}

pub(crate) fn card(n: u128) -> AgentCard {
    AgentCard {
        id: AgentId::new(Uuid::from_u128(n)),
        name: Name::truncated(&format!("agent {n}")),
    }
}

pub(crate) fn department(n: u8) -> Department {
    Department::truncated(&format!("department {n}"))
}

/// Agents rung for a visitor, in order.
pub(crate) fn rung(effects: &[Effect], who: u128) -> Vec<AgentId> {
    let rung = effects.iter().filter_map(|effect| match effect {
        Effect::Ring {
            agent, visitor: v, ..
        } if *v == visitor(who) => Some(*agent),
        _ => None,
    });
    rung.collect()
}

/// Why a visitor stopped ringing at an agent.
pub(crate) fn ring_end(effects: &[Effect], agent: u128, who: u128) -> Option<&RingEnd> {
    let ids = (card(agent).id, visitor(who));
    effects.iter().find_map(|effect| match effect {
        Effect::RingEnded {
            agent,
            visitor,
            reason,
            ..
        } => ((*agent, *visitor) == ids).then_some(reason),
        _ => None,
    })
}

/// By which link a visitor rings at an agent.
pub(crate) fn ring_link(effects: &[Effect], agent: u128, who: u128) -> Option<LinkId> {
    let ids = (card(agent).id, visitor(who));
    effects.iter().find_map(|effect| match effect {
        Effect::Ring {
            agent,
            visitor,
            link,
            ..
        } => ((*agent, *visitor) == ids).then_some(*link),
        _ => None,
    })
}

/// The session that began or was taken up.
pub(crate) fn session(effects: &[Effect]) -> Option<&SessionClaim> {
    effects.iter().find_map(|effect| match effect {
        Effect::Session { claim, .. } => Some(claim),
        _ => None,
    })
}

/// The last place told to a visitor.
pub(crate) fn place(effects: &[Effect], who: u128) -> Option<QueuePlace> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Position { visitor: v, place } if *v == visitor(who) => Some(*place),
        _ => None,
    })
}
