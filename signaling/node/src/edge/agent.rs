//! The agent's WebSocket.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use isession_protocol::bounded::Ticket;
use isession_protocol::ids::SessionId;
use isession_protocol::signaling::{FromAgent, SiteCard, ToAgent};
use isession_protocol::{ErrorCode, decode, limits};
use isession_switchboard::{Answer, Input, Presence, Sites};
use uuid::Uuid;

use super::Node;
use super::http::Problem;
use super::identity::authenticate;
use super::peer::Peer;
use super::socket::{self, Refusal, Side};
use crate::accounts::{Accounts, AccountsError, Agent, Token, chain};
use crate::node::Shared;
use crate::outbox::{Close, Outbox};
use crate::sockets::Person;
use crate::ticket::TicketSide;

/// Frames that may wait for a slow agent: a full waiting list fits twice.
const OUTBOX: usize = 1024;

pub(super) async fn upgrade(
    State(shared): Node,
    peer: Peer,
    headers: HeaderMap,
    ws: WebSocketUpgrade,
) -> Response {
    let door = match shared.admit(peer.address) {
        Ok(door) => door,
        Err(code) => return Problem::busy(&shared, code).into_response(),
    };
    let (agent, token) = match authenticate(&shared, &peer, &headers).await {
        Ok(signed_in) => signed_in,
        Err(problem) => return problem.into_response(),
    };
    let ws = match socket::prepare(ws) {
        Ok(ws) => ws,
        Err(problem) => return problem.into_response(),
    };
    let address = peer.address;
    let outbox = Arc::new(Outbox::new(OUTBOX, peer.reached));
    let side = AgentSide {
        shared: Arc::clone(&shared),
        outbox: Arc::clone(&outbox),
        agent,
        token,
        joined: false,
    };
    ws.on_upgrade(move |ws| socket::run(ws, shared, outbox, side, address, door))
}

struct AgentSide {
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    agent: Agent,
    /// What proves the sign-in.
    token: Token,
    joined: bool,
}

impl Side for AgentSide {
    async fn frame(&mut self, text: &str) -> Result<(), Refusal> {
        let frame: FromAgent = decode(text, limits::SIGNALING_FRAME)?;
        let agent = self.agent.card.id;
        let me = Person::Agent(agent);
        if !self.joined {
            return match frame {
                FromAgent::Hello { available, tickets } => self.hello(available, &tickets).await,
                _ => Err(Refusal::fatal(
                    ErrorCode::BadFrame,
                    "the first frame is hello",
                )),
            };
        }
        match frame {
            FromAgent::Hello { .. } => {
                Err(Refusal::mild(ErrorCode::BadFrame, "hello was said already"))
            }
            FromAgent::Available { available } => {
                let presence = if available {
                    Presence::Available
                } else {
                    Presence::Away
                };
                self.shared
                    .append(Input::AgentPresence { agent, presence })
                    .await?;
                self.outbox.send(&ToAgent::Available { available });
                Ok(())
            }
            FromAgent::Accept { visitor } => {
                let session = SessionId::new(Uuid::now_v7());
                let answer = Answer::Accept { session };
                self.shared
                    .append(Input::Answered {
                        agent,
                        visitor,
                        answer,
                    })
                    .await
            }
            FromAgent::Decline { visitor } => {
                self.shared
                    .append(Input::Answered {
                        agent,
                        visitor,
                        answer: Answer::Decline,
                    })
                    .await
            }
            FromAgent::Signal { link, signal } => me.signal(&self.shared, link, signal),
            FromAgent::Ice { link } => me.ice(&self.shared, &self.outbox, link),
            FromAgent::Path { link, path } => me.path(&self.shared, link, path),
            FromAgent::End { session } => me.end(&self.shared, session).await,
            FromAgent::Unknown => Ok(()),
        }
    }

    fn joined(&self) -> bool {
        self.joined
    }

    /// Sign-ins end elsewhere: by a new password, by signing out, with the account, or by age.
    async fn stays(&self) -> Result<(), Refusal> {
        let now = self.shared.clock.now();
        match self.shared.accounts.signed_in(&self.token, now).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(Refusal::fatal(ErrorCode::NotSignedIn, "sign in again")),
            Err(error) => {
                // That the disk is busy is nothing that the agent did; asked again soon.
                tracing::error!(error = chain(&error), "cannot read a sign-in");
                Ok(())
            }
        }
    }

    fn refuse(&self, refusal: Refusal) {
        self.outbox.send(&ToAgent::Error(refusal.frame()));
        if refusal.fatal {
            self.outbox.close(Close::Refused(refusal.code));
        }
    }

    async fn closed(self) {
        let agent = self.agent.card.id;
        let _order = self.shared.order.lock().await;
        if self.joined && self.shared.disconnected(Person::Agent(agent), &self.outbox) {
            // A closed log means that the node stops.
            let presence = Presence::Lost;
            let _ = self
                .shared
                .log
                .append(Input::AgentPresence { agent, presence })
                .await;
        }
    }
}

impl AgentSide {
    async fn hello(&mut self, available: bool, tickets: &[Ticket]) -> Result<(), Refusal> {
        // Hello may come long after the sign-in was looked at.
        self.stays().await?;
        let sites = served_sites(&self.shared.accounts, &self.agent.sites).await;
        let sites = sites.map_err(|error| {
            tracing::error!(error = chain(&error), "cannot read the sites");
            Refusal::fatal(ErrorCode::Unknown, "the node cannot read its sites")
        })?;
        let now = self.shared.clock.now();
        let mut sessions = Vec::new();
        for ticket in tickets {
            let claim = self
                .shared
                .tickets
                .check(ticket, now)
                .ok()
                .and_then(|claims| claims.session_for(TicketSide::Agent))
                .filter(|claim| claim.agent.id == self.agent.card.id);
            match claim {
                Some(claim) => sessions.push(claim),
                None => {
                    let message = "a ticket does not hold";
                    self.refuse(Refusal::mild(ErrorCode::BadTicket, message));
                }
            }
        }
        self.joined = true;
        let _order = self.shared.order.lock().await;
        self.shared
            .connected(Person::Agent(self.agent.card.id), &self.outbox);
        self.outbox.send(&ToAgent::Welcome {
            agent: self.agent.card.clone(),
            available,
            capacity: self.agent.capacity,
            sites,
        });
        self.shared
            .append(Input::AgentJoined {
                agent: self.agent.card.clone(),
                sites: self.agent.sites.clone(),
                departments: self.agent.departments.clone(),
                capacity: self.agent.capacity,
                available,
                sessions,
            })
            .await
    }
}

async fn served_sites(accounts: &Accounts, served: &Sites) -> Result<Vec<SiteCard>, AccountsError> {
    let sites = accounts.sites().await?.into_iter().map(|site| site.card);
    Ok(match served {
        Sites::All => sites.collect(),
        Sites::Only(only) => sites.filter(|site| only.contains(&site.id)).collect(),
    })
}
