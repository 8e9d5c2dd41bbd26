//! The desk: the one task that owns the switchboard. It applies what the log delivers and
//! carries out the effects for the people who are connected here.

use std::sync::Arc;
use std::time::Duration;

use isession_protocol::Timestamp;
use isession_protocol::bounded::Department;
use isession_protocol::ids::{AgentId, LinkId, SiteId, VisitorId};
use isession_protocol::signaling::{EndReason, Preconnect, RingEnd, ToAgent, ToVisitor};
use isession_switchboard::{
    Departed, Departure, Effect, Input, Presence, SessionClaim, Side, Spent, Switchboard,
};
use tokio::sync::{mpsc, oneshot};

use crate::accounts::{self, chain};
use crate::node::Shared;
use crate::outbox::Outbox;
use crate::sockets::{Person, Stage};
use crate::ticket::Claims;

/// Asks the desk whether an agent of a site is available, or of one of its departments.
#[derive(Debug)]
pub(crate) struct Question {
    pub site: SiteId,
    pub department: Option<Department>,
    pub answer: oneshot::Sender<bool>,
}

/// Visits that wait to be written down. When the disk is slower than that, their records are
/// lost and counted: people must not wait for the disk.
const RECORDS: usize = 1024;

/// How long the relays of a session outlive it: both sides listen for last words for 1.5 s.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Runs until the node is over, then writes down what is not yet written. `visits` ended before it
/// began.
pub(crate) async fn run(
    shared: Arc<Shared>,
    mut questions: mpsc::Receiver<Question>,
    visits: Vec<(VisitorId, Spent)>,
) {
    let (records, unwritten) = mpsc::channel(RECORDS);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(record(Arc::clone(&shared), unwritten));
    let mut alive = shared.alive();
    let mut desk = Desk {
        switchboard: Switchboard::after(shared.policy.clone(), visits),
        records,
        shared: Arc::clone(&shared),
    };
    loop {
        let deadline = desk.switchboard.next_deadline();
        let due = async {
            match deadline {
                Some(time) => shared.clock.until(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            entry = shared.log.next() => {
                let Some((now, input)) = entry else { break };
                desk.apply(now, input);
            }
            () = due => desk.apply(shared.clock.now(), Input::Tick),
            Some(question) = questions.recv() => {
                let Question { site, department, answer } = question;
                let available = desk.switchboard.is_available(&site, department.as_ref());
                // Whoever asked may be gone.
                let _ = answer.send(available);
            }
            // Last: what was appended before is applied before.
            () = alive.over() => break,
        }
    }
    drop(desk);
    while tasks.join_next().await.is_some() {}
}

struct Desk {
    switchboard: Switchboard,
    shared: Arc<Shared>,
    records: mpsc::Sender<(Departed, Timestamp)>,
}

impl Desk {
    fn apply(&mut self, now: Timestamp, input: Input) {
        if self.came_back(&input) {
            return;
        }
        for effect in self.switchboard.handle(now, input) {
            self.carry_out(now, effect);
        }
        let metrics = &self.shared.metrics;
        let counts = self.switchboard.counts();
        metrics.waiting.set(counts.waiting.cast_signed());
        metrics.ringing.set(counts.ringing.cast_signed());
        metrics.sessions.set(counts.sessions.cast_signed());
    }

    /// A lost connection is no news if its person has come back before the log told of it.
    fn came_back(&self, input: &Input) -> bool {
        let lost = match input {
            Input::VisitorLeft {
                visitor,
                how: Departure::Lost,
            } => Person::Visitor(*visitor),
            Input::AgentPresence {
                agent,
                presence: Presence::Lost,
            } => Person::Agent(*agent),
            _ => return false,
        };
        self.shared.sockets.outbox(lost).is_some()
    }

    fn carry_out(&self, now: Timestamp, effect: Effect) {
        let sockets = &self.shared.sockets;
        match effect {
            Effect::Position { visitor, place } => {
                sockets.to_visitor(visitor, &ToVisitor::Queue(place));
            }
            Effect::Waiting {
                agent,
                visitor,
                since,
            } => {
                let waited = now.since(since);
                sockets.to_agent(agent, &ToAgent::Waiting { visitor, waited });
            }
            Effect::Gone { agent, visitor } => sockets.to_agent(agent, &ToAgent::Gone { visitor }),
            Effect::Ring {
                agent,
                visitor,
                link,
                until,
            } => {
                let expires_in = u32::try_from(until.since(now)).unwrap_or(u32::MAX);
                let preconnect = self.let_connect(visitor, agent, link);
                sockets.to_agent(
                    agent,
                    &ToAgent::Ring {
                        visitor,
                        expires_in,
                        preconnect,
                    },
                );
            }
            Effect::RingEnded {
                agent,
                visitor,
                link,
                reason,
            } => {
                // Without a link it is the answer to somebody who was late: counted already.
                if reason == RingEnd::Timeout && link.is_some() {
                    self.shared.metrics.ring_timeouts.inc();
                }
                // The winner's link becomes the session's.
                let won = matches!(&reason, RingEnd::Accepted { by } if by.id == agent);
                if let Some(link) = link.filter(|link| !won && sockets.close_ring(*link)) {
                    self.end_relays(link, Duration::ZERO);
                    sockets.to_visitor(visitor, &ToVisitor::RingEnded { link });
                }
                sockets.to_agent(agent, &ToAgent::RingEnded { visitor, reason });
            }
            Effect::Session {
                claim,
                side,
                waited,
            } => self.session(now, &claim, side, waited),
            Effect::Over {
                claim,
                side,
                reason,
            } => self.over(&claim, side, reason),
            Effect::Departed(departed) => self.departed(now, departed),
        }
    }

    /// Lets the two connect while it rings, as far as the site and the relay allow it, if the
    /// visitor's other rings do. Gives back what the agent is told.
    fn let_connect(&self, visitor: VisitorId, agent: AgentId, link: LinkId) -> Option<Preconnect> {
        let sockets = &self.shared.sockets;
        let (stage, relay_only) = match sockets.preconnect(visitor) {
            accounts::Preconnect::Relay if self.shared.relay.relays() => (Stage::Ring, true),
            accounts::Preconnect::Direct => (Stage::Ring, false),
            accounts::Preconnect::Relay | accounts::Preconnect::Off => (Stage::Offer, false),
        };
        let theirs = sockets.outbox(Person::Visitor(visitor))?;
        let ours = sockets.outbox(Person::Agent(agent))?;
        if !sockets.open_ring(link, visitor, agent, stage) {
            return None;
        }
        let told = |outbox: &Outbox| Preconnect {
            link,
            ice: self.shared.ice(link, stage, outbox),
            relay_only,
            offer_only: stage == Stage::Offer,
        };
        theirs.send(&ToVisitor::Ring(told(&theirs)));
        Some(told(&ours))
    }

    fn session(&self, now: Timestamp, claim: &SessionClaim, back: Option<Side>, waited: u64) {
        self.shared.sockets.open_link(claim);
        match back {
            Some(side) => self.introduce(now, claim, side),
            None => {
                self.shared.metrics.accepts.inc();
                self.shared.metrics.wait.observe(waited as f64 / 1000.0);
                self.introduce(now, claim, Side::Visitor);
                self.introduce(now, claim, Side::Agent);
            }
        }
    }

    fn over(&self, claim: &SessionClaim, side: Side, reason: EndReason) {
        let (sockets, session) = (&self.shared.sockets, claim.session);
        match side {
            Side::Visitor => sockets.to_visitor(claim.visitor, &ToVisitor::Ended { reason }),
            Side::Agent => sockets.to_agent(claim.agent.id, &ToAgent::Ended { session, reason }),
        }
    }

    /// Tells one side of its session: the link, relays to use and a ticket to come back with.
    fn introduce(&self, now: Timestamp, claim: &SessionClaim, side: Side) {
        let person = match side {
            Side::Visitor => Person::Visitor(claim.visitor),
            Side::Agent => Person::Agent(claim.agent.id),
        };
        let Some(outbox) = self.shared.sockets.outbox(person) else {
            return;
        };
        let (session, link) = (claim.session, claim.link);
        let ice = self
            .shared
            .ice(link, Stage::Session { path: None }, &outbox);
        let until = now.plus(self.shared.ticket_ttl());
        let ticket = self
            .shared
            .tickets
            .issue(&Claims::session(claim, side, until));
        match side {
            Side::Visitor => outbox.send(&ToVisitor::Accepted {
                session,
                link,
                agent: claim.agent.clone(),
                ice,
                ticket,
            }),
            Side::Agent => outbox.send(&ToAgent::Accepted {
                session,
                link,
                visitor: claim.visitor_card(),
                ice,
                ticket,
            }),
        }
    }

    /// The embedded relay carries nothing more for this link.
    fn end_relays(&self, link: LinkId, linger: Duration) {
        if let Some(links) = &self.shared.relay_links {
            links.end(&link.to_string(), linger);
        }
    }

    fn departed(&self, now: Timestamp, departed: Departed) {
        let metrics = &self.shared.metrics;
        metrics.visit(departed.outcome);
        let reason = departed.reason;
        self.shared
            .sockets
            .to_visitor(departed.visitor, &ToVisitor::Ended { reason });
        if let Some(claim) = &departed.session {
            let path = self.shared.sockets.close_link(claim.session);
            metrics.repath(path, None);
            // Two who were both lost to the node may well talk on without it.
            if reason != EndReason::Expired {
                self.end_relays(claim.link, LAST_WORDS);
            }
            let session = claim.session;
            self.shared
                .sockets
                .to_agent(claim.agent.id, &ToAgent::Ended { session, reason });
        }
        if self.records.try_send((departed, now)).is_err() {
            metrics.unrecorded.inc();
        }
    }
}

/// Writes down how visits went, one after the other.
async fn record(shared: Arc<Shared>, mut visits: mpsc::Receiver<(Departed, Timestamp)>) {
    while let Some((visit, now)) = visits.recv().await {
        if let Err(error) = shared.accounts.record_visit(&visit, now).await {
            tracing::error!(error = chain(&error), visitor = %visit.visitor, "a visit was not recorded");
            shared.metrics.unrecorded.inc();
        }
    }
}
