//! The switchboard: who waits, who rings, who talks. A deterministic state machine without
//! clock, randomness or I/O.
//!
//! # Contract
//! [`Switchboard::handle`] takes the time and one [`Input`], and gives back every [`Effect`] it
//! had. Time is a number and an argument, ids come in with inputs, and nothing is iterated in
//! hash order: the same inputs have the same effects on every machine, also after
//! [`Switchboard::snapshot`] and [`Switchboard::restore`]. Between inputs, the caller sends
//! [`Input::Tick`] when [`Switchboard::next_deadline`] has come.
//!
//! # Layout
//! - [`input`], [`effect`]: the words in and out.
//! - `queue`: places, positions, estimates.
//! - `agents`: who serves what, and how much.
//! - `rings`: offering waiting visitors to agents.
//! - `sessions`: from accept to end, and after a node's restart.
//! - `visits`: how visits begin and end.
//!
//! # Laws (see `tests/scenarios/laws.rs`)
//! 1. A visitor is in at most one session.
//! 2. Exactly one agent wins an accept.
//! 3. Order is first come first served within a department, and a resumed ticket keeps its place.
//! 4. Sessions and rings of an agent never exceed the capacity. (Sessions that tickets prove
//!    after a restart are facts: they count, and the agent is rung again once they are few enough.)
//! 5. Every visitor leaves with exactly one outcome.
//! 6. Every ring ends.
//! 7. Same inputs, same effects.

pub mod effect;
pub mod input;

mod agents;
mod queue;
mod rings;
mod sessions;
mod visits;

use std::collections::{BTreeMap, BTreeSet};

use isession_protocol::Timestamp;
use isession_protocol::bounded::Department;
use isession_protocol::ids::{AgentId, SessionId, SiteId, VisitorId};
use serde::{Deserialize, Serialize};

pub use effect::{Departed, Effect, Outcome};
pub use input::{Answer, Departure, Input, Presence, SessionClaim, Side, Sites};
pub use visits::{SPENT, Spent};

use agents::Agent;
use queue::{News, Paces, Waiting};
use sessions::Session;

/// Times in milliseconds, and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long one ring lasts.
    pub ring_timeout: u64,
    /// Agents rung at once for one visitor.
    pub ring_agents: u32,
    /// How long an agent who declined a visitor is not rung for the same again.
    pub decline_pause: u64,
    /// How long a lost visitor keeps the place in the queue.
    pub grace: u64,
    /// How long a session is remembered when both of its people are lost: they may well talk on
    /// without us, so this is long.
    pub session_grace: u64,
    /// How long a visitor may wait in all.
    pub max_wait: u64,
    /// Positions of those who stayed are told at most once in this time; in a queue that is
    /// longer than this many, at most once in as many milliseconds as it has visitors. What visitors
    /// say of themselves while they wait is shown to agents at most as often.
    pub notice_interval: u64,
    /// How long tickets hold; visits that ended are remembered for as long.
    pub ticket_ttl: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            ring_timeout: 20_000,
            ring_agents: 3,
            decline_pause: 60_000,
            grace: 120_000,
            session_grace: 15 * 60_000,
            max_wait: 2 * 60 * 60_000,
            notice_interval: 250,
            ticket_ttl: 12 * 60 * 60_000,
        }
    }
}

/// Who waits, who rings, who talks.
#[derive(Clone, Debug)]
pub struct Switchboard {
    policy: Policy,
    state: State,
}

/// All that a switchboard knows; what [`Switchboard::snapshot`] gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot(State);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    now: Timestamp,
    /// Counts rings and accepts, so that idle agents are told apart without a clock.
    turn: u64,
    waiting: BTreeMap<VisitorId, Waiting>,
    /// How many of them ring.
    ringing: u64,
    /// First come first served: the order of each site's queue.
    queues: BTreeMap<SiteId, BTreeSet<(Timestamp, VisitorId)>>,
    agents: BTreeMap<AgentId, Agent>,
    sessions: BTreeMap<SessionId, Session>,
    in_session: BTreeMap<VisitorId, SessionId>,
    pace: BTreeMap<SiteId, Paces>,
    /// Sites whose waiting visitors have not been told their positions yet, and when to.
    notices: BTreeMap<SiteId, Timestamp>,
    /// What agents have not been shown yet of those who wait.
    news: BTreeMap<SiteId, News>,
    timers: BTreeSet<(Timestamp, Timer)>,
    spent: BTreeMap<VisitorId, Spent>,
}

/// Something that happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Timer {
    /// A ring ends unanswered.
    Ring(VisitorId),
    /// An agent who declined may be rung again.
    Retry(VisitorId),
    /// A lost visitor gives up the place.
    Grace(VisitorId),
    /// A visitor has waited for too long.
    MaxWait(VisitorId),
    /// A session that nobody came back to is forgotten.
    SessionGrace(SessionId),
    /// A visit that ended need not be remembered any longer.
    Spent(VisitorId),
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Visitors who wait, those who ring included.
    pub waiting: u64,
    /// Visitors who ring.
    pub ringing: u64,
    /// Sessions.
    pub sessions: u64,
}

impl Switchboard {
    /// Nobody waits.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            state: State::default(),
        }
    }

    /// Nobody waits, and these visits ended before, the oldest first: their tickets are spent.
    pub fn after(policy: Policy, visits: impl IntoIterator<Item = (VisitorId, Spent)>) -> Self {
        let mut switchboard = Self::new(policy);
        for (visitor, Spent { served, ended }) in visits {
            switchboard.spend(visitor, served, ended);
        }
        switchboard
    }

    /// All that is known.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.state.clone())
    }

    /// Goes on from a snapshot.
    pub fn restore(policy: Policy, snapshot: Snapshot) -> Self {
        Self {
            policy,
            state: snapshot.0,
        }
    }

    /// When the next [`Input::Tick`] is due.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let timer = self.state.timers.first().map(|(time, _)| *time);
        let notice = self.state.notices.values().min().copied();
        let news = self.state.news.values().map(|news| news.time).min();
        [timer, notice, news].into_iter().flatten().min()
    }

    /// How many there are.
    pub fn counts(&self) -> Counts {
        Counts {
            waiting: self.state.waiting.len() as u64,
            ringing: self.state.ringing,
            sessions: self.state.sessions.len() as u64,
        }
    }

    /// Whether an agent of this site, and of this department if one is named, is signed in and not
    /// away. A busy one counts: busy agents are what queues are for.
    pub fn is_available(&self, site: &SiteId, department: Option<&Department>) -> bool {
        self.state
            .agents
            .values()
            .any(|agent| agent.is_available() && agent.serves(site, department))
    }

    /// Fires what is due at `now`, then takes the input. A `now` before the last one counts as
    /// the last one: clocks of machines do go back.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.state.now = self.state.now.max(now);
        self.fire_due(&mut effects);
        match input {
            Input::VisitorJoined {
                visitor,
                site,
                details,
                since,
                session,
            } => self.visitor_joined(visitor, site, details, since, session, &mut effects),
            Input::VisitorUpdated { visitor, details } => self.visitor_updated(visitor, details),
            Input::VisitorLeft { visitor, how } => self.visitor_left(visitor, how, &mut effects),
            Input::AgentJoined {
                agent,
                sites,
                departments,
                capacity,
                available,
                sessions,
            } => {
                let profile = Agent::new(agent, sites, departments, capacity, available);
                self.agent_joined(profile, sessions, &mut effects);
            }
            Input::AgentPresence { agent, presence } => {
                self.agent_presence(agent, presence, &mut effects);
            }
            Input::Answered {
                agent,
                visitor,
                answer,
            } => self.answered(agent, visitor, answer, &mut effects),
            Input::SessionEnded { session, by } => self.session_ended(session, by, &mut effects),
            Input::Tick => {}
        }
        self.ring_waiting(&mut effects);
        self.show_news(&mut effects);
        self.give_notice(&mut effects);
        effects
    }

    fn fire_due(&mut self, effects: &mut Vec<Effect>) {
        while let Some((time, timer)) = self.state.timers.first().copied() {
            if time > self.state.now {
                break;
            }
            self.state.timers.pop_first();
            match timer {
                Timer::Ring(visitor) => self.ring_timed_out(visitor, effects),
                Timer::Grace(visitor) => self.depart(visitor, Outcome::Expired, effects),
                Timer::MaxWait(visitor) => self.depart(visitor, Outcome::Unanswered, effects),
                Timer::SessionGrace(session) => self.session_forgotten(session, effects),
                // What it allows is looked at after every input.
                Timer::Retry(_) => {}
                Timer::Spent(visitor) => {
                    self.state.spent.remove(&visitor);
                }
            }
        }
    }
}
