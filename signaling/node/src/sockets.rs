//! Who is connected here, and which two connections make a link.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isession_protocol::ErrorCode;
use isession_protocol::ids::{AgentId, LinkId, SessionId, VisitorId};
use isession_protocol::signaling::{Path, Signal, ToAgent, ToVisitor};
use isession_switchboard::SessionClaim;

use crate::accounts::Preconnect;
use crate::metrics::Role;
use crate::outbox::Outbox;

/// Rings that one visitor may have connections for. Each costs a relay and a negotiation, also on a
/// small phone; further agents ring without, and connect when they accept.
const RINGS: usize = 3;

/// One side of the switchboard's people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    Visitor(VisitorId),
    Agent(AgentId),
}

impl From<Person> for Role {
    fn from(person: Person) -> Self {
        let role = match person {
            Person::Visitor(_) => "visitor",
            Person::Agent(_) => "agent",
        };
        Self { role }
    }
}

/// A link and the two people who may use it.
#[derive(Clone, Debug)]
struct Link {
    visitor: VisitorId,
    agent: AgentId,
    stage: Stage,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The two may connect while it rings.
    Ring,
    /// An offer waits for the accept while it rings, and nothing connects.
    Offer,
    Session {
        path: Option<Path>,
    },
}

impl Link {
    const fn rings(&self) -> bool {
        !matches!(self.stage, Stage::Session { .. })
    }

    fn has(&self, person: Person) -> bool {
        match person {
            Person::Visitor(visitor) => self.visitor == visitor,
            Person::Agent(agent) => self.agent == agent,
        }
    }
}

/// The connections of this node. One short lock, never held over an await.
#[derive(Debug, Default)]
pub(crate) struct Sockets(Mutex<State>);

#[derive(Debug)]
struct Visitor {
    outbox: Arc<Outbox>,
    /// What the site of this visit allows while it rings.
    preconnect: Preconnect,
}

#[derive(Debug, Default)]
struct State {
    visitors: BTreeMap<VisitorId, Visitor>,
    agents: BTreeMap<AgentId, Arc<Outbox>>,
    links: BTreeMap<LinkId, Link>,
    /// The links that are of a ring, by visitor.
    rings: BTreeMap<VisitorId, BTreeSet<LinkId>>,
    sessions: BTreeMap<SessionId, LinkId>,
}

impl Sockets {
    /// Makes this the person's connection; gives back the one it replaces.
    pub(crate) fn connect(&self, person: Person, outbox: Arc<Outbox>) -> Option<Arc<Outbox>> {
        let mut state = self.lock();
        match person {
            Person::Visitor(visitor) => {
                let preconnect = Preconnect::Off;
                let visitor = state
                    .visitors
                    .insert(visitor, Visitor { outbox, preconnect });
                visitor.map(|before| before.outbox)
            }
            Person::Agent(agent) => state.agents.insert(agent, outbox),
        }
    }

    /// Forgets this connection. False if another has taken its place.
    pub(crate) fn disconnect(&self, person: Person, outbox: &Outbox) -> bool {
        let mut state = self.lock();
        let current = state
            .outbox(person)
            .is_some_and(|current| current.id() == outbox.id());
        if current {
            match person {
                Person::Visitor(visitor) => drop(state.visitors.remove(&visitor)),
                Person::Agent(agent) => drop(state.agents.remove(&agent)),
            }
        }
        current
    }

    /// Notes what the site of a visit allows while it rings.
    pub(crate) fn allow_preconnect(&self, visitor: VisitorId, preconnect: Preconnect) {
        if let Some(visitor) = self.lock().visitors.get_mut(&visitor) {
            visitor.preconnect = preconnect;
        }
    }

    /// What the site of a visit allows while it rings; nothing if the visitor is elsewhere.
    pub(crate) fn preconnect(&self, visitor: VisitorId) -> Preconnect {
        let state = self.lock();
        let visitor = state.visitors.get(&visitor);
        visitor.map_or(Preconnect::Off, |visitor| visitor.preconnect)
    }

    /// The person's connection.
    pub(crate) fn outbox(&self, person: Person) -> Option<Arc<Outbox>> {
        self.lock().outbox(person).cloned()
    }

    /// Sends to a visitor who is connected here.
    pub(crate) fn to_visitor(&self, visitor: VisitorId, frame: &ToVisitor) {
        if let Some(outbox) = self.outbox(Person::Visitor(visitor)) {
            outbox.send(frame);
        }
    }

    /// Sends to an agent who is connected here.
    pub(crate) fn to_agent(&self, agent: AgentId, frame: &ToAgent) {
        if let Some(outbox) = self.outbox(Person::Agent(agent)) {
            outbox.send(frame);
        }
    }

    /// Opens the link of a ring; false if the visitor has as many as one may have.
    pub(crate) fn open_ring(
        &self,
        link: LinkId,
        visitor: VisitorId,
        agent: AgentId,
        stage: Stage,
    ) -> bool {
        let mut state = self.lock();
        let rings = state.rings.entry(visitor).or_default();
        if rings.len() >= RINGS {
            return false;
        }
        rings.insert(link);
        let link_of = Link {
            visitor,
            agent,
            stage,
        };
        state.links.insert(link, link_of);
        true
    }

    /// Closes the link of a ring that came to nothing; false if there was none.
    pub(crate) fn close_ring(&self, link: LinkId) -> bool {
        let mut state = self.lock();
        let rings = state
            .links
            .get(&link)
            .filter(|link| link.rings())
            .map(|link| link.visitor);
        if let Some(visitor) = rings {
            state.links.remove(&link);
            state.rings_no_longer(visitor, link);
        }
        rings.is_some()
    }

    /// Opens the link of a session; the link of its ring becomes it.
    pub(crate) fn open_link(&self, claim: &SessionClaim) {
        let mut state = self.lock();
        state.sessions.insert(claim.session, claim.link);
        state.rings_no_longer(claim.visitor, claim.link);
        let link = state.links.entry(claim.link).or_insert_with(|| Link {
            visitor: claim.visitor,
            agent: claim.agent.id,
            stage: Stage::Ring,
        });
        if link.rings() {
            link.stage = Stage::Session { path: None };
        }
    }

    /// Closes the link of a session; gives back the path it had.
    pub(crate) fn close_link(&self, session: SessionId) -> Option<Path> {
        let mut state = self.lock();
        let link = state.sessions.remove(&session)?;
        match state.links.remove(&link)?.stage {
            Stage::Session { path } => path,
            Stage::Ring | Stage::Offer => None,
        }
    }

    /// Carries a signal to the other side, unread. A side that is away gets nothing: both start
    /// over when it comes back.
    pub(crate) fn relay(
        &self,
        from: Person,
        link: LinkId,
        signal: Signal,
    ) -> Result<(), ErrorCode> {
        let state = self.lock();
        let ends = state.own_link(from, link)?;
        match from {
            Person::Visitor(_) => {
                if let Some(outbox) = state.agents.get(&ends.agent) {
                    outbox.send(&ToAgent::Signal { link, signal });
                }
            }
            Person::Agent(_) => {
                if let Some(visitor) = state.visitors.get(&ends.visitor) {
                    visitor.outbox.send(&ToVisitor::Signal { link, signal });
                }
            }
        }
        Ok(())
    }

    /// What this link is for, if it is this person's.
    pub(crate) fn stage(&self, person: Person, link: LinkId) -> Result<Stage, ErrorCode> {
        self.lock().own_link(person, link).map(|link| link.stage)
    }

    /// Whether this session is this person's.
    pub(crate) fn check_session(
        &self,
        person: Person,
        session: SessionId,
    ) -> Result<(), ErrorCode> {
        let state = self.lock();
        let link = *state.sessions.get(&session).ok_or(ErrorCode::NotFound)?;
        state.own_link(person, link).map(|_| ())
    }

    /// Notes the path of a link; gives back the one before.
    pub(crate) fn set_path(
        &self,
        person: Person,
        link: LinkId,
        path: Path,
    ) -> Result<Option<Path>, ErrorCode> {
        let mut state = self.lock();
        state.own_link(person, link)?;
        match state.links.get_mut(&link).map(|link| &mut link.stage) {
            Some(Stage::Session { path: known }) => Ok(known.replace(path)),
            // Nothing goes by it yet.
            _ => Err(ErrorCode::NotFound),
        }
    }

    /// Everyone's connection.
    pub(crate) fn all(&self) -> Vec<(Person, Arc<Outbox>)> {
        let state = self.lock();
        let visitors = state
            .visitors
            .iter()
            .map(|(id, visitor)| (Person::Visitor(*id), &visitor.outbox));
        let agents = state
            .agents
            .iter()
            .map(|(id, outbox)| (Person::Agent(*id), outbox));
        visitors
            .chain(agents)
            .map(|(person, outbox)| (person, Arc::clone(outbox)))
            .collect()
    }

    /// Nothing panics while the lock is held, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn rings_no_longer(&mut self, visitor: VisitorId, link: LinkId) {
        if let Some(rings) = self.rings.get_mut(&visitor) {
            rings.remove(&link);
            if rings.is_empty() {
                self.rings.remove(&visitor);
            }
        }
    }

    fn outbox(&self, person: Person) -> Option<&Arc<Outbox>> {
        match person {
            Person::Visitor(visitor) => self.visitors.get(&visitor).map(|v| &v.outbox),
            Person::Agent(agent) => self.agents.get(&agent),
        }
    }

    fn own_link(&self, person: Person, link: LinkId) -> Result<&Link, ErrorCode> {
        let link = self.links.get(&link).ok_or(ErrorCode::NotFound)?;
        if link.has(person) {
            Ok(link)
        } else {
            Err(ErrorCode::NotYours)
        }
    }
}
