//! From accept to end, and after a node's restart.

use std::collections::BTreeSet;

use isession_protocol::Timestamp;
use isession_protocol::ids::{AgentId, SessionId, VisitorId};
use isession_protocol::signaling::{EndReason, RingEnd};
use serde::{Deserialize, Serialize};

use crate::effect::{Departed, Effect, Outcome};
use crate::input::{Presence, SessionClaim, Side};
use crate::queue::WaitState;
use crate::{Switchboard, Timer};

/// A session that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) claim: SessionClaim,
    /// Milliseconds in the queue before it; 0 where a restart has lost it.
    waited: u64,
    /// Whether each of the two is connected to a node.
    visitor_here: bool,
    agent_here: bool,
    /// When it is forgotten, if nobody comes back.
    until: Option<Timestamp>,
}

impl Switchboard {
    pub(crate) fn accept(
        &mut self,
        winner: AgentId,
        visitor: VisitorId,
        session: SessionId,
        effects: &mut Vec<Effect>,
    ) {
        let rung = self.agents_rung(visitor);
        let Some(link) = rung.get(&winner).copied() else {
            return;
        };
        let Some(by) = self
            .state
            .agents
            .get(&winner)
            .map(|agent| agent.card.clone())
        else {
            return;
        };
        for agent in rung.into_keys() {
            let reason = RingEnd::Accepted { by: by.clone() };
            self.end_ring_at(visitor, agent, reason, effects);
        }
        let Some(waiting) = self.stop_waiting(visitor, effects) else {
            return;
        };
        let claim = SessionClaim {
            session,
            link,
            visitor,
            site: waiting.site,
            agent: by,
            details: waiting.details,
            started: self.state.now,
        };
        let waited = self.state.now.since(waiting.since);
        self.state
            .pace
            .entry(claim.site.clone())
            .or_default()
            .accepted(claim.details.department.as_ref(), self.state.now);
        self.begin(claim.clone(), waited, true, true);
        if let Some(agent) = self.state.agents.get_mut(&winner) {
            self.state.turn += 1;
            agent.last_turn = self.state.turn;
        }
        effects.push(Effect::Session {
            claim,
            side: None,
            waited,
        });
    }

    fn begin(&mut self, claim: SessionClaim, waited: u64, visitor_here: bool, agent_here: bool) {
        self.state.in_session.insert(claim.visitor, claim.session);
        if let Some(agent) = self.state.agents.get_mut(&claim.agent.id) {
            agent.sessions.insert(claim.session);
        }
        let id = claim.session;
        let session = Session {
            claim,
            waited,
            visitor_here,
            agent_here,
            until: None,
        };
        self.state.sessions.insert(id, session);
        self.watch(id);
    }

    /// A session that nobody is connected for is forgotten after a while.
    fn watch(&mut self, id: SessionId) {
        let Some(session) = self.state.sessions.get_mut(&id) else {
            return;
        };
        let alone = !session.visitor_here && !session.agent_here;
        let time = alone.then(|| self.state.now.plus(self.policy.session_grace));
        let before = std::mem::replace(&mut session.until, time);
        if let Some(before) = before {
            self.state.timers.remove(&(before, Timer::SessionGrace(id)));
        }
        if let Some(time) = time {
            self.state.timers.insert((time, Timer::SessionGrace(id)));
        }
    }

    pub(crate) fn sessions_of(&self, agent: AgentId) -> BTreeSet<SessionId> {
        let sessions = self.state.sessions.iter();
        sessions
            .filter(|(_, session)| session.claim.agent.id == agent)
            .map(|(id, _)| *id)
            .collect()
    }

    /// The visitor of a session is connected again, or not any more.
    pub(crate) fn visitor_in_session(
        &mut self,
        id: SessionId,
        here: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Some(session) = self.state.sessions.get_mut(&id) else {
            return;
        };
        session.visitor_here = here;
        if here {
            effects.push(resumed(session, Side::Visitor));
        }
        self.watch(id);
    }

    /// The agent of a session is connected again.
    pub(crate) fn agent_back_in(&mut self, id: SessionId, effects: &mut Vec<Effect>) {
        let Some(session) = self.state.sessions.get_mut(&id) else {
            return;
        };
        session.agent_here = true;
        effects.push(resumed(session, Side::Agent));
        self.watch(id);
    }

    /// An agent is not connected any more. Without sessions there is nothing to remember.
    pub(crate) fn agent_lost(&mut self, id: AgentId) {
        let Some(agent) = self.state.agents.get(&id) else {
            return;
        };
        if agent.sessions.is_empty() {
            self.state.agents.remove(&id);
            return;
        }
        for session in agent.sessions.clone() {
            if let Some(session) = self.state.sessions.get_mut(&session) {
                session.agent_here = false;
            }
            self.watch(session);
        }
    }

    /// A visitor's ticket proves a session that this switchboard does not know. An agent who is
    /// here learns of it again: the console may be a new one that holds no proof.
    pub(crate) fn visitor_claims(&mut self, claim: SessionClaim, effects: &mut Vec<Effect>) {
        let agent = self.state.agents.get(&claim.agent.id);
        let agent_here = agent.is_some_and(|agent| agent.presence != Presence::Lost);
        let id = claim.session;
        self.stop_waiting(claim.visitor, effects);
        self.begin(claim, 0, true, agent_here);
        if let Some(session) = self.state.sessions.get(&id) {
            effects.push(resumed(session, Side::Visitor));
            if agent_here {
                effects.push(resumed(session, Side::Agent));
            }
        }
    }

    /// An agent's ticket proves a session.
    pub(crate) fn agent_claims(&mut self, claim: SessionClaim, effects: &mut Vec<Effect>) {
        if self.state.sessions.contains_key(&claim.session) {
            return;
        }
        let spent = self.state.spent.get(&claim.visitor);
        let over = match spent.filter(|spent| claim.started <= spent.ended) {
            Some(spent) => Some(spent.served.unwrap_or(EndReason::Expired)),
            // The visitor went on to another agent while this one was away.
            None => self
                .state
                .in_session
                .get(&claim.visitor)
                .map(|_| EndReason::ByVisitor),
        };
        if let Some(reason) = over {
            let side = Side::Agent;
            effects.push(Effect::Over {
                claim,
                side,
                reason,
            });
            return;
        }
        // The visitor may have come back first, without proof of the session.
        let visitor_here = self
            .stop_waiting(claim.visitor, effects)
            .is_some_and(|waiting| !matches!(waiting.state, WaitState::Lost { .. }));
        let id = claim.session;
        self.begin(claim, 0, visitor_here, true);
        if let Some(session) = self.state.sessions.get(&id) {
            effects.push(resumed(session, Side::Agent));
            if visitor_here {
                effects.push(resumed(session, Side::Visitor));
            }
        }
    }

    pub(crate) fn session_ended(&mut self, id: SessionId, by: Side, effects: &mut Vec<Effect>) {
        let reason = match by {
            Side::Visitor => EndReason::ByVisitor,
            Side::Agent => EndReason::ByAgent,
        };
        self.end(id, reason, effects);
    }

    pub(crate) fn session_forgotten(&mut self, id: SessionId, effects: &mut Vec<Effect>) {
        self.end(id, EndReason::Expired, effects);
    }

    fn end(&mut self, id: SessionId, reason: EndReason, effects: &mut Vec<Effect>) {
        let Some(session) = self.state.sessions.remove(&id) else {
            return;
        };
        if let Some(until) = session.until {
            self.state.timers.remove(&(until, Timer::SessionGrace(id)));
        }
        let claim = session.claim;
        self.state.in_session.remove(&claim.visitor);
        if let Some(agent) = self.state.agents.get_mut(&claim.agent.id) {
            agent.sessions.remove(&id);
            if agent.presence == Presence::Lost && agent.sessions.is_empty() {
                self.state.agents.remove(&claim.agent.id);
            }
        }
        self.spend(claim.visitor, Some(reason), self.state.now);
        effects.push(Effect::Departed(Departed {
            visitor: claim.visitor,
            site: claim.site.clone(),
            outcome: Outcome::Served,
            reason,
            waited: session.waited,
            session: Some(claim),
        }));
    }
}

fn resumed(session: &Session, side: Side) -> Effect {
    Effect::Session {
        claim: session.claim.clone(),
        side: Some(side),
        waited: session.waited,
    }
}
