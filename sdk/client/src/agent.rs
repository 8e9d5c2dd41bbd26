//! The agent's side.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use isession_protocol::bounded::Ticket;
use isession_protocol::ids::{LinkId, SessionId, VisitorId};
use isession_protocol::signaling::{
    AgentCard, EndReason, ErrorFrame, FromAgent, IceServer, LeadPolicy, RingEnd, SiteCard, ToAgent,
    VisitorCard,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use crate::SdkError;
use crate::net::{self, RootCertificates};
use crate::session::{Link, LinkInput, LinkOutput, Session, SessionConfig};
use crate::socket::{self, Either, Endpoint, Meaning, Side, either};
use crate::task::Task;
use crate::transcript::Role;
use crate::visitor::bind_addresses;

/// Events that the program has not taken; the node is not read beyond it.
const EVENTS: usize = 1024;
/// Commands that wait for the connection; whoever gives more waits.
const COMMANDS: usize = 64;
/// Outputs of sessions that wait for the connection; the sessions wait beyond it.
const OUTPUTS: usize = 256;

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
        let (output, outputs) = mpsc::channel(OUTPUTS);
        let mut side = AgentSide {
            available: options.available,
            relay_only: options.relay_only,
            bind: bind_addresses(&options.node),
            roots: options.root_certificates,
            commands: taken,
            events: events_tx,
            sessions: BTreeMap::new(),
            accepting: BTreeSet::new(),
            output,
            outputs,
            forwarders: JoinSet::new(),
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

struct Held {
    session: SessionId,
    ticket: Ticket,
    inputs: mpsc::Sender<LinkInput>,
    /// The program ended it, and the node has not confirmed it yet.
    parts: bool,
}

struct AgentSide {
    available: bool,
    relay_only: bool,
    bind: Vec<SocketAddr>,
    roots: RootCertificates,
    commands: mpsc::Receiver<FromAgent>,
    events: mpsc::Sender<AgentEvent>,
    sessions: BTreeMap<LinkId, Held>,
    /// Visitors accepted here whose session the node has not confirmed yet.
    accepting: BTreeSet<VisitorId>,
    output: mpsc::Sender<(LinkId, LinkOutput)>,
    outputs: mpsc::Receiver<(LinkId, LinkOutput)>,
    forwarders: JoinSet<()>,
}

impl AgentSide {
    /// To a session. One that takes nothing is not waited for: it starts over later.
    fn to_session(&self, link: LinkId, input: LinkInput) {
        if let Some(held) = self.sessions.get(&link) {
            let _ = held.inputs.try_send(input);
        }
    }

    async fn tell(&self, event: AgentEvent) {
        let _ = self.events.send(event).await;
    }

    async fn accepted(
        &mut self,
        session: SessionId,
        link: LinkId,
        visitor: VisitorCard,
        ice: Vec<IceServer>,
        ticket: Ticket,
    ) {
        if let Some(held) = self.sessions.get_mut(&link) {
            held.ticket = ticket;
            if held.parts {
                // With a full queue the next return is another chance.
                let _ = self.output.try_send((link, LinkOutput::End));
            }
            self.to_session(link, LinkInput::Ice(ice));
            self.to_session(link, LinkInput::NodeReturned);
            return;
        }
        let config = SessionConfig {
            role: Role::Agent,
            ice,
            relay_only: self.relay_only,
            bind: self.bind.clone(),
            root_certificates: self.roots.clone(),
            lead_policy: LeadPolicy::default(),
            // Who did not accept just now takes the session up again.
            resumed: !self.accepting.remove(&visitor.id),
        };
        let (held, Link { inputs, outputs }) = Session::new(session, link, config);
        let known = Held {
            session,
            ticket,
            inputs,
            parts: false,
        };
        self.sessions.insert(link, known);
        self.forwarders
            .spawn(forward(link, outputs, self.output.clone()));
        self.tell(AgentEvent::Accepted {
            visitor,
            session: held,
        })
        .await;
    }
}

/// Brings a session's outputs to the connection.
async fn forward(
    link: LinkId,
    mut outputs: mpsc::Receiver<LinkOutput>,
    to: mpsc::Sender<(LinkId, LinkOutput)>,
) {
    while let Some(output) = outputs.recv().await {
        if to.send((link, output)).await.is_err() {
            break;
        }
    }
}

impl Side for AgentSide {
    type In = ToAgent;
    type Out = FromAgent;

    fn hello(&self) -> FromAgent {
        let tickets = self.sessions.values().map(|held| held.ticket.clone());
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
        matches!(frame, FromAgent::Ice { .. } | FromAgent::End { .. })
    }

    async fn frame(&mut self, frame: ToAgent) -> bool {
        let event = match frame {
            ToAgent::Welcome { agent, sites, .. } => AgentEvent::Welcome { agent, sites },
            ToAgent::Available { available } => AgentEvent::Available(available),
            ToAgent::Waiting { visitor, waited } => AgentEvent::Waiting { visitor, waited },
            ToAgent::Gone { visitor } => AgentEvent::Gone(visitor),
            // Programs connect when they have accepted.
            ToAgent::Ring {
                visitor,
                expires_in,
                preconnect: _,
            } => AgentEvent::Ring {
                visitor,
                expires_in,
            },
            ToAgent::RingEnded { visitor, reason } => {
                self.accepting.retain(|accepting| {
                    *accepting != visitor || matches!(reason, RingEnd::Accepted { .. })
                });
                AgentEvent::RingEnded { visitor, reason }
            }
            ToAgent::Accepted {
                session,
                link,
                visitor,
                ice,
                ticket,
            } => {
                self.accepted(session, link, visitor, ice, ticket).await;
                return true;
            }
            ToAgent::Signal { link, signal } => {
                self.to_session(link, LinkInput::Signal(signal));
                return true;
            }
            ToAgent::Ice { link, ice } => {
                self.to_session(link, LinkInput::Ice(ice));
                return true;
            }
            ToAgent::Ended { session, reason } => {
                let link = self
                    .sessions
                    .iter()
                    .find(|(_, held)| held.session == session);
                if let Some(link) = link.map(|(link, _)| *link) {
                    self.to_session(link, LinkInput::Ended(reason));
                    self.sessions.remove(&link);
                }
                AgentEvent::Ended { session, reason }
            }
            ToAgent::Error(error) => AgentEvent::Refused(error),
            ToAgent::Alive { .. } | ToAgent::GoingAway { .. } | ToAgent::Unknown => return true,
        };
        self.tell(event).await;
        true
    }

    async fn next(&mut self) -> Option<FromAgent> {
        loop {
            // Sessions that ended leave a finished task behind.
            while self.forwarders.try_join_next().is_some() {}
            match either(&mut self.commands, &mut self.outputs).await? {
                Either::First(command) => {
                    match &command {
                        FromAgent::Available { available } => self.available = *available,
                        FromAgent::Accept { visitor } => {
                            self.accepting.insert(*visitor);
                        }
                        _ => {}
                    }
                    return Some(command);
                }
                Either::Second((link, output)) => {
                    let Some(held) = self.sessions.get_mut(&link) else {
                        continue;
                    };
                    let session = held.session;
                    held.parts |= matches!(output, LinkOutput::End);
                    return Some(match output {
                        LinkOutput::Signal(signal) => FromAgent::Signal { link, signal },
                        LinkOutput::WantIce => FromAgent::Ice { link },
                        LinkOutput::Path(path) => FromAgent::Path { link, path },
                        LinkOutput::End => FromAgent::End { session },
                    });
                }
            }
        }
    }
}
