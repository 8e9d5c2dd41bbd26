//! Offering waiting visitors to agents.

use std::collections::BTreeMap;

use isession_protocol::Timestamp;
use isession_protocol::ids::{AgentId, LinkId, SiteId, VisitorId};
use isession_protocol::signaling::RingEnd;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::agents::Agent;
use crate::effect::Effect;
use crate::input::Answer;
use crate::queue::WaitState;
use crate::{Switchboard, Timer};

/// What became of earlier rings at one agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    /// Rings let pass or declined: who has fewest is rung next, so all get their turn.
    misses: u32,
    /// Whoever declined is left in peace until then.
    pub(crate) not_before: Timestamp,
}

/// Names this ring and no other: by the two, and the turn. No secret, for links are checked.
fn ring_link(visitor: VisitorId, agent: AgentId, turn: u64) -> LinkId {
    let two = visitor.uuid().as_u128() ^ agent.uuid().as_u128().rotate_left(64);
    LinkId::new(Uuid::from_u128(two ^ u128::from(turn).rotate_right(32)))
}

impl Switchboard {
    /// Rings for those who wait. First everyone who does not ring yet, in order; then more
    /// agents for those who ring.
    pub(crate) fn ring_waiting(&mut self, effects: &mut Vec<Effect>) {
        // This is asked after every input, and most find all agents busy.
        if !self.has_room() {
            return;
        }
        let order = self.to_be_rung();
        for (_, visitor) in &order {
            if self
                .state
                .waiting
                .get(visitor)
                .is_some_and(|w| w.state == WaitState::Waiting)
                && self.ring_one(*visitor, effects)
                && !self.has_room()
            {
                return;
            }
        }
        for (_, visitor) in &order {
            while self
                .rung_at(*visitor)
                .is_some_and(|agents| agents < self.policy.ring_agents)
            {
                if !self.ring_one(*visitor, effects) {
                    break;
                }
            }
        }
    }

    /// Whether one more ring fits at any agent.
    fn has_room(&self) -> bool {
        self.state.agents.values().any(Agent::has_room)
    }

    /// Visitors of the sites that an agent with room serves, first come first.
    fn to_be_rung(&self) -> Vec<(Timestamp, VisitorId)> {
        let serves = |site: &SiteId| {
            self.state
                .agents
                .values()
                .any(|agent| agent.has_room() && agent.serves(site, None))
        };
        let queues = self.state.queues.iter().filter(|(site, _)| serves(site));
        let mut order: Vec<_> = queues
            .flat_map(|(_, queue)| queue.iter().copied())
            .collect();
        order.sort_unstable();
        order
    }

    /// How many agents a visitor rings at; `None` if at none.
    fn rung_at(&self, visitor: VisitorId) -> Option<u32> {
        match &self.state.waiting.get(&visitor)?.state {
            WaitState::Ringing { agents, .. } => u32::try_from(agents.len()).ok(),
            _ => None,
        }
    }

    /// Rings at one more agent. False if there is none.
    fn ring_one(&mut self, visitor: VisitorId, effects: &mut Vec<Effect>) -> bool {
        let Some(id) = self.best_agent(visitor) else {
            return false;
        };
        let Some(agent) = self.state.agents.get_mut(&id) else {
            return false;
        };
        let Some(waiting) = self.state.waiting.get_mut(&visitor) else {
            return false;
        };
        self.state.turn += 1;
        agent.last_turn = self.state.turn;
        agent.rings.insert(visitor);
        let link = ring_link(visitor, id, self.state.turn);
        if agent.may_not_see((waiting.since, visitor)) {
            effects.push(waiting.shown(visitor, id));
        }
        let until = match &mut waiting.state {
            WaitState::Ringing { agents, until } => {
                agents.insert(id, link);
                *until
            }
            state => {
                let until = self.state.now.plus(self.policy.ring_timeout);
                *state = WaitState::Ringing {
                    agents: BTreeMap::from([(id, link)]),
                    until,
                };
                self.state.timers.insert((until, Timer::Ring(visitor)));
                self.state.ringing += 1;
                until
            }
        };
        effects.push(Effect::Ring {
            agent: id,
            visitor,
            link,
            until,
        });
        true
    }

    fn best_agent(&self, visitor: VisitorId) -> Option<AgentId> {
        let waiting = self.state.waiting.get(&visitor)?;
        let tried = |id: &AgentId| waiting.tried.get(id).copied().unwrap_or_default();
        let agents = self.state.agents.iter().filter(|(id, agent)| {
            agent.has_room()
                && waiting.is_served_by(agent)
                && !agent.rings.contains(&visitor)
                && tried(id).not_before <= self.state.now
        });
        agents
            .min_by_key(|(id, agent)| (tried(id).misses, agent.preference()))
            .map(|(id, _)| *id)
    }

    pub(crate) fn answered(
        &mut self,
        agent: AgentId,
        visitor: VisitorId,
        answer: Answer,
        effects: &mut Vec<Effect>,
    ) {
        let rings = self
            .state
            .agents
            .get(&agent)
            .is_some_and(|a| a.rings.contains(&visitor));
        match answer {
            _ if !rings => effects.push(Effect::RingEnded {
                agent,
                visitor,
                link: None,
                reason: self.why_not(visitor),
            }),
            Answer::Accept { session } => self.accept(agent, visitor, session, effects),
            Answer::Decline => {
                let pause = self.policy.decline_pause;
                self.note_miss(visitor, agent, pause);
                self.end_ring_at(visitor, agent, RingEnd::Declined, effects);
                let time = self.state.now.plus(pause);
                self.state.timers.insert((time, Timer::Retry(visitor)));
            }
        }
    }

    /// Why a visitor does not ring at whoever answered too late.
    fn why_not(&self, visitor: VisitorId) -> RingEnd {
        let session = self.state.in_session.get(&visitor);
        if let Some(session) = session.and_then(|id| self.state.sessions.get(id)) {
            let by = session.claim.agent.clone();
            return RingEnd::Accepted { by };
        }
        let waits = self.state.waiting.contains_key(&visitor);
        if waits {
            RingEnd::Timeout
        } else {
            RingEnd::Left
        }
    }

    pub(crate) fn ring_timed_out(&mut self, visitor: VisitorId, effects: &mut Vec<Effect>) {
        for agent in self.agents_rung(visitor).into_keys() {
            self.note_miss(visitor, agent, 0);
            self.end_ring_at(visitor, agent, RingEnd::Timeout, effects);
        }
    }

    /// The agents at whom a visitor rings, and by which links.
    pub(crate) fn agents_rung(&self, visitor: VisitorId) -> BTreeMap<AgentId, LinkId> {
        match self
            .state
            .waiting
            .get(&visitor)
            .map(|waiting| &waiting.state)
        {
            Some(WaitState::Ringing { agents, .. }) => agents.clone(),
            _ => BTreeMap::new(),
        }
    }

    fn note_miss(&mut self, visitor: VisitorId, agent: AgentId, pause: u64) {
        if let Some(waiting) = self.state.waiting.get_mut(&visitor) {
            let tried = waiting.tried.entry(agent).or_default();
            tried.misses += 1;
            tried.not_before = self.state.now.plus(pause);
        }
    }

    /// Ends a ring at one agent; the ring as a whole ends with the last of them.
    pub(crate) fn end_ring_at(
        &mut self,
        visitor: VisitorId,
        agent: AgentId,
        reason: RingEnd,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(rung) = self.state.agents.get_mut(&agent) {
            rung.rings.remove(&visitor);
        }
        let mut link = None;
        if let Some(waiting) = self.state.waiting.get_mut(&visitor)
            && let WaitState::Ringing { agents, until } = &mut waiting.state
        {
            link = agents.remove(&agent);
            if agents.is_empty() {
                self.state.timers.remove(&(*until, Timer::Ring(visitor)));
                waiting.state = WaitState::Waiting;
                self.state.ringing -= 1;
            }
        }
        effects.push(Effect::RingEnded {
            agent,
            visitor,
            link,
            reason,
        });
    }
}
