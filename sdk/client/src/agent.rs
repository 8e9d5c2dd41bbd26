//! The agent's side.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use isession_protocol::ids::{AgentId, LinkId, SessionId, VisitorId};
use isession_protocol::signaling::{
    AgentCard, EndReason, ErrorFrame, FromAgent, IceServer, LeadPolicy, PagePolicy, Preconnect,
    RingEnd, SiteCard, ToAgent, VisitorCard,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use url::Url;

use crate::SdkError;
use crate::links::{Links, Said};
use crate::net::{self, RootCertificates};
use crate::session::{Begin, LinkInput, Session, SessionConfig};
use crate::socket::{self, Endpoint, Meaning, Side};
use crate::task::Task;
use crate::transcript::Role;
use crate::visitor::bind_addresses;

/// Events that the program has not taken; the node is not read beyond it.
const EVENTS: usize = 1024;
/// Commands that wait for the connection; whoever gives more waits.
const COMMANDS: usize = 64;

/// How to sign in.
#[derive(Clone)]
pub struct AgentOptions {
    /// The node's address, http or https.
    pub node: Url,
    /// The account's login.
    pub login: String,
    /// The account's password.
    pub password: String,
    /// Available from the start.
    pub available: bool,
    /// Only relayed paths.
    pub relay_only: bool,
    /// Who vouches for the node and its relay.
    pub root_certificates: RootCertificates,
}

impl AgentOptions {
    /// An account at a node, not available at first.
    pub fn new(node: Url, login: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            node,
            login: login.into(),
            password: password.into(),
            available: false,
            relay_only: false,
            root_certificates: RootCertificates::default(),
        }
    }
}

impl std::fmt::Debug for AgentOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentOptions")
            .field("node", &self.node.as_str())
            .finish_non_exhaustive()
    }
}

/// What happens to an agent.
#[derive(Debug)]
#[non_exhaustive]
pub enum AgentEvent {
    /// The node knows this agent; the waiting list and rings are told anew after it.
    Welcome {
        /// The account.
        agent: AgentCard,
        /// The sites it serves.
        sites: Vec<SiteCard>,
    },
    /// Somebody waits, or said more.
    Waiting {
        /// Who.
        visitor: VisitorCard,
        /// Milliseconds waited so far.
        waited: u64,
    },
    /// Somebody waits no longer.
    Gone(VisitorId),
    /// A visitor rings here.
    Ring {
        /// Who.
        visitor: VisitorId,
        /// Milliseconds until the ring ends by itself.
        expires_in: u32,
    },
    /// The ring is over.
    RingEnded {
        /// Who rang.
        visitor: VisitorId,
        /// Why it ended.
        reason: RingEnd,
    },
    /// The node holds this of the agent's availability.
    Available(bool),
    /// A session began. It is the program's from here on.
    Accepted {
        /// Who.
        visitor: VisitorCard,
        /// The session.
        session: Session,
    },
    /// A session is over.
    Ended {
        /// Which one.
        session: SessionId,
        /// Why.
        reason: EndReason,
    },
    /// The node refused something; work goes on.
    Refused(ErrorFrame),
    /// The node ended the connection for good. Nothing follows.
    Closed(ErrorFrame),
}

/// An agent: rung by visitors, talks with several. Dropping it breaks the connection to the
/// node; sessions that the program holds go on without it.
#[derive(Debug)]
pub struct Agent {
    card: AgentCard,
    commands: mpsc::Sender<FromAgent>,
    events: mpsc::Receiver<AgentEvent>,
    _task: Task,
}

impl Agent {
    /// Signs in and takes up work.
    pub async fn sign_in(options: AgentOptions) -> Result<Self, SdkError> {
        #[derive(Serialize)]
        struct Login<'a> {
            login: &'a str,
            password: &'a str,
            bearer: bool,
        }
        #[derive(Deserialize)]
        struct SignedIn {
            agent: AgentCard,
            token: String,
        }
        let login = isession_protocol::encode(&Login {
            login: &options.login,
            password: &options.password,
            bearer: true,
        });
        let answer = net::post(
            &options.node,
            &options.root_certificates,
            "/v1/login",
            login,
        )
        .await?;
        let signed_in: SignedIn = serde_json::from_slice(&answer).map_err(|_| SdkError::Answer)?;
        let endpoint = Endpoint {
            node: options.node.clone(),
            path: "/v1/agent",
            bearer: Some(signed_in.token),
            origin: None,
            roots: options.root_certificates.clone(),
        };
        let first = socket::open(&endpoint).await?;
        let (commands, taken) = mpsc::channel(COMMANDS);
        let (events_tx, events) = mpsc::channel(EVENTS);
        let mut side = AgentSide {
            me: signed_in.agent.id,
            available: options.available,
            relay_only: options.relay_only,
            bind: bind_addresses(&options.node),
            roots: options.root_certificates,
            commands: taken,
            events: events_tx,
            links: Links::new(),
            ringing: BTreeMap::new(),
            accepting: BTreeSet::new(),
        };
        let task = Task::spawn(async move {
            if let Some(error) = socket::run(endpoint, first, &mut side).await {
                let _ = side.events.send(AgentEvent::Closed(error)).await;
            }
        });
        Ok(Self {
            card: signed_in.agent,
            commands,
            events,
            _task: task,
        })
    }

    /// Who signed in.
    pub const fn card(&self) -> &AgentCard {
        &self.card
    }

    /// What happens next; `None` when the connection is over for good.
    pub async fn next_event(&mut self) -> Option<AgentEvent> {
        self.events.recv().await
    }

    /// Becomes available, or goes away.
    pub async fn available(&self, available: bool) -> Result<(), SdkError> {
        self.command(FromAgent::Available { available }).await
    }

    /// Takes a visitor who rings here.
    pub async fn accept(&self, visitor: VisitorId) -> Result<(), SdkError> {
        self.command(FromAgent::Accept { visitor }).await
    }

    /// Leaves a visitor who rings here to others.
    pub async fn decline(&self, visitor: VisitorId) -> Result<(), SdkError> {
        self.command(FromAgent::Decline { visitor }).await
    }

    async fn command(&self, frame: FromAgent) -> Result<(), SdkError> {
        self.commands.send(frame).await.map_err(|_| SdkError::Over)
    }
}

struct AgentSide {
    me: AgentId,
    available: bool,
    relay_only: bool,
    bind: Vec<SocketAddr>,
    roots: RootCertificates,
    commands: mpsc::Receiver<FromAgent>,
    events: mpsc::Sender<AgentEvent>,
    links: Links,
    /// Whoever connects while ringing here, and by which link.
    ringing: BTreeMap<VisitorId, LinkId>,
    /// Visitors accepted here whose session the node has not confirmed yet.
    accepting: BTreeSet<VisitorId>,
}

impl AgentSide {
    async fn tell(&self, event: AgentEvent) {
        let _ = self.events.send(event).await;
    }

    fn config(&self, ice: Vec<IceServer>, begin: Begin) -> SessionConfig {
        SessionConfig {
            role: Role::Agent,
            ice,
            relay_only: self.relay_only,
            bind: self.bind.clone(),
            root_certificates: self.roots.clone(),
            lead_policy: LeadPolicy::default(),
            page: PagePolicy::default(),
            begin,
        }
    }

    fn ring_ended(&mut self, visitor: VisitorId, reason: &RingEnd) {
        // The node's word on a session of this agent follows, or came before.
        if !matches!(reason, RingEnd::Accepted { by } if by.id == self.me) {
            self.accepting.remove(&visitor);
            if let Some(link) = self.ringing.remove(&visitor) {
                self.links.ring_ended(link);
            }
        }
    }
}

impl Side for AgentSide {
    type In = ToAgent;
    type Out = FromAgent;

    fn hello(&self) -> FromAgent {
        let tickets = self.links.tickets().cloned();
        FromAgent::Hello {
            available: self.available,
            tickets: tickets.take(isession_protocol::limits::TICKETS).collect(),
        }
    }

    fn meaning(frame: &ToAgent) -> Meaning {
        match frame {
            ToAgent::Welcome { .. } => Meaning::Welcome,
            ToAgent::GoingAway { retry_after } => Meaning::GoingAway(*retry_after),
            ToAgent::Alive { next } => Meaning::Alive(*next),
            ToAgent::Error(error) if error.fatal => Meaning::Fatal(error.clone()),
            _ => Meaning::Other,
        }
    }

    fn asks(frame: &FromAgent) -> bool {
        matches!(
            frame,
            FromAgent::Accept { .. }
                | FromAgent::Decline { .. }
                | FromAgent::Ice { .. }
                | FromAgent::End { .. }
        )
    }

    async fn frame(&mut self, frame: ToAgent) -> bool {
        let event = match frame {
            ToAgent::Welcome { agent, sites, .. } => {
                // The node rings anew whoever still rings.
                self.links.returned();
                self.ringing.clear();
                self.accepting.clear();
                AgentEvent::Welcome { agent, sites }
            }
            ToAgent::Available { available } => AgentEvent::Available(available),
            ToAgent::Waiting { visitor, waited } => AgentEvent::Waiting { visitor, waited },
            ToAgent::Gone { visitor } => AgentEvent::Gone(visitor),
            ToAgent::Ring {
                visitor,
                expires_in,
                preconnect,
            } => {
                if let Some(Preconnect {
                    link,
                    ice,
                    relay_only,
                    offer_only,
                }) = preconnect
                {
                    if let Some(before) = self.ringing.insert(visitor, link) {
                        self.links.ring_ended(before);
                    }
                    let begin = Begin::Ring {
                        relay_only,
                        offer_only,
                    };
                    self.links.ring(link, self.config(ice, begin)).await;
                }
                AgentEvent::Ring {
                    visitor,
                    expires_in,
                }
            }
            ToAgent::RingEnded { visitor, reason } => {
                self.ring_ended(visitor, &reason);
                AgentEvent::RingEnded { visitor, reason }
            }
            ToAgent::Accepted {
                session,
                link,
                visitor,
                ice,
                ticket,
            } => {
                if let Some(rang) = self.ringing.remove(&visitor.id)
                    && rang != link
                {
                    self.links.ring_ended(rang);
                }
                // Who did not accept just now takes the session up again.
                let resumed = !self.accepting.remove(&visitor.id);
                let config = self.config(ice, Begin::Accepted { resumed });
                match self.links.accepted(session, link, ticket, config) {
                    Some(session) => AgentEvent::Accepted { visitor, session },
                    None => return true,
                }
            }
            ToAgent::Signal { link, signal } => {
                self.links.put(link, LinkInput::Signal(signal));
                return true;
            }
            ToAgent::Ice { link, ice } => {
                self.links.put(link, LinkInput::Ice(ice));
                return true;
            }
            ToAgent::Ended { session, reason } => {
                self.links.ended(session, reason);
                AgentEvent::Ended { session, reason }
            }
            ToAgent::Error(error) => AgentEvent::Refused(error),
            ToAgent::Alive { .. } | ToAgent::GoingAway { .. } | ToAgent::Unknown => return true,
        };
        self.tell(event).await;
        true
    }

    async fn next(&mut self) -> Option<FromAgent> {
        tokio::select! {
            biased;
            command = self.commands.recv() => {
                let command = command?;
                match &command {
                    FromAgent::Available { available } => self.available = *available,
                    FromAgent::Accept { visitor } => {
                        self.accepting.insert(*visitor);
                        if let Some(link) = self.ringing.get(visitor) {
                            self.links.put(*link, LinkInput::Answer);
                        }
                    }
                    _ => {}
                }
                Some(command)
            }
            said = self.links.next() => Some(match said {
                Said::Signal { link, signal } => FromAgent::Signal { link, signal },
                Said::Ice { link } => FromAgent::Ice { link },
                Said::Path { link, path } => FromAgent::Path { link, path },
                Said::End { session } => FromAgent::End { session },
            }),
        }
    }
}
