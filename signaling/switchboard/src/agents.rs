//! Who serves what, and how much.

use std::collections::BTreeSet;

use isession_protocol::Timestamp;
use isession_protocol::bounded::Department;
use isession_protocol::ids::{AgentId, SessionId, SiteId, VisitorId};
use isession_protocol::signaling::{AgentCard, RingEnd};
use serde::{Deserialize, Serialize};

use crate::Switchboard;
use crate::effect::Effect;
use crate::input::{Presence, SessionClaim, Sites};

/// Visitors shown in an agent's waiting list when the agent joins. The others are shown when they
/// ring.
const LISTED: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agent {
    pub(crate) card: AgentCard,
    sites: Sites,
    departments: BTreeSet<Department>,
    capacity: u32,
    pub(crate) presence: Presence,
    pub(crate) sessions: BTreeSet<SessionId>,
    pub(crate) rings: BTreeSet<VisitorId>,
    /// When this agent was last rung or accepted, counted in turns.
    pub(crate) last_turn: u64,
    /// The last place listed, when the list of those who wait was cut.
    cut: Option<(Timestamp, VisitorId)>,
}

impl Agent {
    pub(crate) fn new(
        card: AgentCard,
        sites: Sites,
        departments: BTreeSet<Department>,
        capacity: u32,
        available: bool,
    ) -> Self {
        Self {
            card,
            sites,
            departments,
            capacity,
            presence: if available {
                Presence::Available
            } else {
                Presence::Away
            },
            sessions: BTreeSet::new(),
            rings: BTreeSet::new(),
            last_turn: 0,
            cut: None,
        }
    }

    pub(crate) fn is_available(&self) -> bool {
        self.presence == Presence::Available
    }

    /// Whether visitors who ask for this are this agent's to serve.
    pub(crate) fn serves(&self, site: &SiteId, department: Option<&Department>) -> bool {
        let site = match &self.sites {
            Sites::All => true,
            Sites::Only(sites) => sites.contains(site),
        };
        let all = self.departments.is_empty();
        site && department.is_none_or(|wanted| all || self.departments.contains(wanted))
    }

    /// Whether one more ring fits.
    pub(crate) fn has_room(&self) -> bool {
        let load = self.sessions.len() + self.rings.len();
        self.is_available() && load < self.capacity as usize
    }

    /// Whether this place may be missing from the list that the agent has.
    pub(crate) fn may_not_see(&self, place: (Timestamp, VisitorId)) -> bool {
        self.cut.is_some_and(|cut| place > cut)
    }

    /// Fewest sessions first, then the longest idle.
    pub(crate) fn preference(&self) -> (usize, u64, AgentId) {
        (self.sessions.len(), self.last_turn, self.card.id)
    }
}

impl Switchboard {
    pub(crate) fn agent_joined(
        &mut self,
        mut agent: Agent,
        claims: Vec<SessionClaim>,
        effects: &mut Vec<Effect>,
    ) {
        let id = agent.card.id;
        if self.state.agents.contains_key(&id) {
            // A new page of the agent knows of no ring: those that still go on are rung anew.
            self.end_rings_of(id, effects);
        }
        if let Some(known) = self.state.agents.remove(&id) {
            agent.last_turn = known.last_turn;
        }
        // Not only those that this agent was known with: a visitor's ticket may have been first.
        let sessions = self.sessions_of(id);
        agent.sessions.clone_from(&sessions);
        self.state.agents.insert(id, agent);
        self.list_waiting(id, effects);
        for session in sessions {
            self.agent_back_in(session, effects);
        }
        for claim in claims {
            if claim.agent.id == id {
                self.agent_claims(claim, effects);
            }
        }
        self.everyone_hears();
    }

    pub(crate) fn agent_presence(
        &mut self,
        id: AgentId,
        presence: Presence,
        effects: &mut Vec<Effect>,
    ) {
        let Some(agent) = self.state.agents.get_mut(&id) else {
            return;
        };
        agent.presence = presence;
        if presence != Presence::Available {
            self.end_rings_of(id, effects);
        }
        if presence == Presence::Lost {
            self.agent_lost(id);
        }
        self.everyone_hears();
    }

    /// Ends all rings at an agent who cannot answer now. The agent may be tried again.
    fn end_rings_of(&mut self, id: AgentId, effects: &mut Vec<Effect>) {
        let Some(agent) = self.state.agents.get(&id) else {
            return;
        };
        for visitor in agent.rings.clone() {
            self.end_ring_at(visitor, id, RingEnd::Left, effects);
        }
    }

    fn list_waiting(&mut self, id: AgentId, effects: &mut Vec<Effect>) {
        let Some(agent) = self.state.agents.get_mut(&id) else {
            return;
        };
        let mut waiting: Vec<_> = self
            .state
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.is_served_by(agent))
            .collect();
        waiting.sort_by_key(|(visitor, waiting)| (waiting.since, **visitor));
        if waiting.len() > LISTED {
            waiting.truncate(LISTED);
            agent.cut = waiting
                .last()
                .map(|(visitor, waiting)| (waiting.since, **visitor));
        }
        effects.extend(waiting.into_iter().map(|(visitor, waiting)| {
            let visitor = *visitor;
            waiting.shown(visitor, id)
        }));
    }

    /// Agents who see this waiting visitor in their lists.
    pub(crate) fn onlookers(&self, visitor: VisitorId) -> Vec<AgentId> {
        let Some(waiting) = self.state.waiting.get(&visitor) else {
            return Vec::new();
        };
        let agents = self.state.agents.values();
        agents
            .filter(|agent| waiting.is_served_by(agent))
            .map(|agent| agent.card.id)
            .collect()
    }
}
