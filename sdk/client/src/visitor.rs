//! The visitor's side.

use std::net::{Ipv4Addr, SocketAddr};

use isession_protocol::ErrorCode;
use isession_protocol::bounded::Ticket;
use isession_protocol::ids::SiteId;
use isession_protocol::signaling::{
    AgentCard, Details, EndReason, ErrorFrame, FromVisitor, IceServer, LeadPolicy, PagePolicy,
    Preconnect, QueuePlace, SiteCard, ToVisitor,
};
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::SdkError;
use crate::links::{Links, Said};
use crate::net::RootCertificates;
use crate::session::{Begin, LinkInput, Session, SessionConfig};
use crate::socket::{self, Endpoint, Meaning, Side};
use crate::task::Task;
use crate::transcript::Role;

/// Events that the program has not taken. Places in the queue are dropped beyond it, for a newer
/// one follows; all else waits.
const EVENTS: usize = 64;
/// Commands that wait for the connection; whoever gives more waits.
const COMMANDS: usize = 16;

/// Agents rung at once, at the most; a node that rings more has them connect after the accept.
const RINGS: usize = 3;

/// How to visit.
#[derive(Clone, Debug)]
pub struct VisitorOptions {
    /// The node's address, http or https.
    pub node: Url,
    /// The site to ask for help with.
    pub site: SiteId,
    /// What to say of the visit.
    pub details: Details,
    /// Proof of an earlier place or session.
    pub ticket: Option<Ticket>,
    /// The page that a browser would tell; programs have none.
    pub origin: Option<String>,
    /// Only relayed paths.
    pub relay_only: bool,
    /// Who vouches for the node and its relay.
    pub root_certificates: RootCertificates,
}

impl VisitorOptions {
    /// A first visit to a site, with nothing said of it.
    pub fn new(node: Url, site: SiteId) -> Self {
        Self {
            node,
            site,
            details: Details::default(),
            ticket: None,
            origin: None,
            relay_only: false,
            root_certificates: RootCertificates::default(),
        }
    }
}

/// What happens to a visitor.
#[derive(Debug)]
#[non_exhaustive]
pub enum VisitorEvent {
    /// The node knows this visitor; the site as it says of itself.
    Welcome(SiteCard),
    /// The place in the queue, at every change.
    Queue(QueuePlace),
    /// An agent accepted. The session is the program's from here on.
    Accepted {
        /// Who accepted.
        agent: AgentCard,
        /// The session.
        session: Session,
    },
    /// The node refused something; the visit goes on.
    Refused(ErrorFrame),
    /// The visit is over. Nothing follows.
    Ended(EndReason),
    /// The node ended the connection for good, or knows nothing of the session, which goes on
    /// without it. Nothing follows.
    Closed(ErrorFrame),
}

/// A visitor: waits in the queue, then talks. Dropping it breaks the connection to the node, and
/// the place is kept for a while; a session that the program holds goes on without it.
#[derive(Debug)]
pub struct Visitor {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<VisitorEvent>,
    ticket: watch::Receiver<Option<Ticket>>,
    _task: Task,
}

#[derive(Debug)]
enum Command {
    Details(Details),
    Leave,
}

impl Visitor {
    /// Connects and joins the queue.
    pub async fn join(options: VisitorOptions) -> Result<Self, SdkError> {
        let endpoint = Endpoint {
            node: options.node.clone(),
            path: "/v1/visitor",
            bearer: None,
            origin: options.origin.clone(),
            roots: options.root_certificates.clone(),
        };
        let first = socket::open(&endpoint).await?;
        let (commands, taken) = mpsc::channel(COMMANDS);
        let (events_tx, events) = mpsc::channel(EVENTS);
        let (ticket_tx, ticket) = watch::channel(options.ticket.clone());
        let mut side = VisitorSide {
            policy: LeadPolicy::default(),
            page: PagePolicy::default(),
            bind: bind_addresses(&options.node),
            options,
            commands: taken,
            events: events_tx,
            ticket: ticket_tx,
            links: Links::new(),
            in_session: false,
            leaves: Leaves::No,
            alone: None,
        };
        let task = Task::spawn(async move {
            if let Some(error) = socket::run(endpoint, first, &mut side).await {
                let _ = side.events.send(VisitorEvent::Closed(error)).await;
            }
        });
        Ok(Self {
            commands,
            events,
            ticket,
            _task: task,
        })
    }

    /// What happens next; `None` after the visit is over.
    pub async fn next_event(&mut self) -> Option<VisitorEvent> {
        self.events.recv().await
    }

    /// Says more of the visit while waiting.
    pub async fn details(&self, details: Details) -> Result<(), SdkError> {
        let sent = self.commands.send(Command::Details(details)).await;
        sent.map_err(|_| SdkError::Over)
    }

    /// Leaves the queue.
    pub async fn leave(&self) -> Result<(), SdkError> {
        self.commands
            .send(Command::Leave)
            .await
            .map_err(|_| SdkError::Over)
    }

    /// Proof of the place or of the session, to come back with.
    pub fn ticket(&self) -> Option<Ticket> {
        self.ticket.borrow().clone()
    }
}

/// Every interface; and loopback, which those leave out, when the node is on this machine.
pub(crate) fn bind_addresses(node: &Url) -> Vec<SocketAddr> {
    let mut addresses = vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))];
    let local = match node.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if local {
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    }
    addresses
}

/// Whether the visitor leaves the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    No,
    /// It was told, on a connection that may have been dead.
    Told,
    /// It is to be told on this connection.
    Tells,
}

struct VisitorSide {
    options: VisitorOptions,
    policy: LeadPolicy,
    page: PagePolicy,
    bind: Vec<SocketAddr>,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<VisitorEvent>,
    ticket: watch::Sender<Option<Ticket>>,
    links: Links,
    /// The ticket is a session's, which is worth more than a place in the queue.
    in_session: bool,
    leaves: Leaves,
    /// Why the session goes on without the node.
    alone: Option<ErrorFrame>,
}

impl VisitorSide {
    async fn tell(&self, event: VisitorEvent) {
        let _ = self.events.send(event).await;
    }

    fn config(&self, ice: Vec<IceServer>, begin: Begin) -> SessionConfig {
        SessionConfig {
            role: Role::Visitor,
            ice,
            relay_only: self.options.relay_only,
            bind: self.bind.clone(),
            root_certificates: self.options.root_certificates.clone(),
            lead_policy: self.policy.clone(),
            page: self.page.clone(),
            begin,
        }
    }

    /// The node takes this visitor for a newcomer, who does not wait if a session runs.
    async fn lost_ticket(&mut self, error: ErrorFrame) {
        if self.links.talks() {
            self.alone = Some(error);
            self.leaves = Leaves::Tells;
            self.ticket.send_replace(None);
        } else {
            self.links.forget();
            self.in_session = false;
            self.tell(VisitorEvent::Refused(error)).await;
        }
    }
}

impl Side for VisitorSide {
    type In = ToVisitor;
    type Out = FromVisitor;

    fn hello(&self) -> FromVisitor {
        FromVisitor::Hello {
            site: self.options.site.clone(),
            ticket: self.ticket.borrow().clone(),
            details: self.options.details.clone(),
        }
    }

    fn meaning(frame: &ToVisitor) -> Meaning {
        match frame {
            ToVisitor::Welcome { .. } => Meaning::Welcome,
            ToVisitor::GoingAway { retry_after } => Meaning::GoingAway(*retry_after),
            ToVisitor::Alive { next } => Meaning::Alive(*next),
            ToVisitor::Error(error) if error.fatal => Meaning::Fatal(error.clone()),
            _ => Meaning::Other,
        }
    }

    fn asks(frame: &FromVisitor) -> bool {
        matches!(frame, FromVisitor::Ice { .. } | FromVisitor::End { .. })
    }

    async fn frame(&mut self, frame: ToVisitor) -> bool {
        if let Some(error) = self.alone.clone() {
            match frame {
                ToVisitor::Welcome { .. } => self.leaves = Leaves::Tells,
                ToVisitor::Ended { .. } => {
                    self.tell(VisitorEvent::Closed(error)).await;
                    return false;
                }
                _ => {}
            }
            return true;
        }
        match frame {
            ToVisitor::Welcome { site, ticket, .. } => {
                // The node rings anew at whoever is still to be rung.
                self.links.returned();
                self.policy.clone_from(&site.lead_policy);
                self.page.clone_from(&site.page);
                if !self.in_session {
                    self.ticket.send_replace(Some(ticket));
                }
                if self.leaves == Leaves::Told {
                    self.leaves = Leaves::Tells;
                }
                self.tell(VisitorEvent::Welcome(site)).await;
            }
            ToVisitor::Queue(place) => {
                let _ = self.events.try_send(VisitorEvent::Queue(place));
            }
            ToVisitor::Ring(Preconnect {
                link,
                ice,
                relay_only,
                offer_only,
            }) => {
                if !self.in_session && self.links.ringing() < RINGS {
                    let begin = Begin::Ring {
                        relay_only,
                        offer_only,
                    };
                    self.links.ring(link, self.config(ice, begin)).await;
                }
            }
            ToVisitor::RingEnded { link } => self.links.ring_ended(link),
            // Whoever left is not to be accepted any more.
            ToVisitor::Accepted { session, .. } if self.leaves != Leaves::No => {
                self.links.refuse(session);
            }
            ToVisitor::Accepted {
                session,
                link,
                agent,
                ice,
                ticket,
            } => {
                self.ticket.send_replace(Some(ticket.clone()));
                self.in_session = true;
                let config = self.config(ice, Begin::Accepted { resumed: false });
                let begun = self.links.accepted(session, link, ticket, config);
                self.links.hang_up();
                if let Some(session) = begun {
                    self.tell(VisitorEvent::Accepted { agent, session }).await;
                }
            }
            ToVisitor::Signal { link, signal } => {
                self.links.put(link, LinkInput::Signal(signal));
            }
            ToVisitor::Ice { link, ice } => self.links.put(link, LinkInput::Ice(ice)),
            ToVisitor::Ended { reason } => {
                self.links.all_ended(reason);
                self.tell(VisitorEvent::Ended(reason)).await;
                return false;
            }
            ToVisitor::Error(error) if error.code == ErrorCode::BadTicket => {
                self.lost_ticket(error).await;
            }
            ToVisitor::Error(error) => self.tell(VisitorEvent::Refused(error)).await,
            ToVisitor::Alive { .. } | ToVisitor::GoingAway { .. } | ToVisitor::Unknown => {}
        }
        true
    }

    async fn next(&mut self) -> Option<FromVisitor> {
        if self.leaves == Leaves::Tells {
            self.leaves = Leaves::Told;
            return Some(FromVisitor::Leave);
        }
        tokio::select! {
            biased;
            command = self.commands.recv() => Some(match command? {
                Command::Details(details) => {
                    self.options.details = details.clone();
                    FromVisitor::Details { details }
                }
                Command::Leave => {
                    self.leaves = Leaves::Told;
                    FromVisitor::Leave
                }
            }),
            said = self.links.next() => Some(match said {
                Said::Signal { link, signal } => FromVisitor::Signal { link, signal },
                Said::Ice { link } => FromVisitor::Ice { link },
                Said::Path { link, path } => FromVisitor::Path { link, path },
                Said::End { session } => FromVisitor::End { session },
            }),
        }
    }
}
