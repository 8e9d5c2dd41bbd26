//! The visitor's WebSocket.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use isession_protocol::bounded::Ticket;
use isession_protocol::ids::{SiteId, VisitorId};
use isession_protocol::signaling::{Details, FromVisitor, ToVisitor};
use isession_protocol::{ErrorCode, decode, limits};
use isession_switchboard::{Departure, Input, SessionClaim};
use uuid::Uuid;

use super::Node;
use super::http::Problem;
use super::peer::Peer;
use super::socket::{self, Refusal, Side};
use crate::accounts::chain;
use crate::node::Shared;
use crate::outbox::{Close, Outbox};
use crate::sockets::Person;
use crate::ticket::{Claims, TicketSide};

/// Frames that may wait for a slow visitor; a whole trickle of candidates fits.
const OUTBOX: usize = 128;

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
    let ws = match socket::prepare(ws) {
        Ok(ws) => ws,
        Err(problem) => return problem.into_response(),
    };
    let origin = Origin::of(&headers, &peer);
    let address = peer.address;
    let outbox = Arc::new(Outbox::new(OUTBOX, peer.reached));
    let side = Visitor {
        shared: Arc::clone(&shared),
        outbox: Arc::clone(&outbox),
        origin,
        joined: None,
    };
    ws.on_upgrade(move |ws| socket::run(ws, shared, outbox, side, address, door))
}

/// The page that opened the connection. Browsers always tell it; a native program tells none,
/// and has nothing that another page could misuse.
enum Origin {
    Own,
    Native,
    Foreign(String),
}

impl Origin {
    fn of(headers: &HeaderMap, peer: &Peer) -> Self {
        match headers
            .get("origin")
            .map(|origin| origin.to_str().unwrap_or("null"))
        {
            None => Self::Native,
            Some(origin) if peer.reached.is_own(origin) => Self::Own,
            Some(origin) => Self::Foreign(origin.to_owned()),
        }
    }
}

struct Visitor {
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    origin: Origin,
    joined: Option<VisitorId>,
}

impl Side for Visitor {
    async fn frame(&mut self, text: &str) -> Result<(), Refusal> {
        let frame: FromVisitor = decode(text, limits::SIGNALING_FRAME)?;
        let Some(visitor) = self.joined else {
            return match frame {
                FromVisitor::Hello {
                    site,
                    ticket,
                    details,
                } => self.hello(site, ticket, details).await,
                _ => Err(Refusal::fatal(
                    ErrorCode::BadFrame,
                    "the first frame is hello",
                )),
            };
        };
        let me = Person::Visitor(visitor);
        match frame {
            FromVisitor::Hello { .. } => {
                Err(Refusal::mild(ErrorCode::BadFrame, "hello was said already"))
            }
            FromVisitor::Details { details } => {
                self.shared
                    .append(Input::VisitorUpdated {
                        visitor,
                        details: presentable(details),
                    })
                    .await
            }
            FromVisitor::Leave => {
                self.shared
                    .append(Input::VisitorLeft {
                        visitor,
                        how: Departure::Left,
                    })
                    .await
            }
            FromVisitor::Signal { link, signal } => me.signal(&self.shared, link, signal),
            FromVisitor::Ice { link } => me.ice(&self.shared, &self.outbox, link),
            FromVisitor::Path { link, path } => me.path(&self.shared, link, path),
            FromVisitor::End { session } => me.end(&self.shared, session).await,
            FromVisitor::Unknown => Ok(()),
        }
    }

    fn joined(&self) -> bool {
        self.joined.is_some()
    }

    async fn stays(&self) -> Result<(), Refusal> {
        Ok(())
    }

    fn refuse(&self, refusal: Refusal) {
        self.outbox.send(&ToVisitor::Error(refusal.frame()));
        if refusal.fatal {
            self.outbox.close(Close::Refused(refusal.code));
        }
    }

    async fn closed(self) {
        let Some(visitor) = self.joined else { return };
        let _order = self.shared.order.lock().await;
        if self
            .shared
            .disconnected(Person::Visitor(visitor), &self.outbox)
        {
            // A closed log means that the node stops: the ticket keeps the place.
            let _ = self
                .shared
                .log
                .append(Input::VisitorLeft {
                    visitor,
                    how: Departure::Lost,
                })
                .await;
        }
    }
}

impl Visitor {
    async fn hello(
        &mut self,
        site: SiteId,
        ticket: Option<Ticket>,
        details: Details,
    ) -> Result<(), Refusal> {
        let found = self.shared.accounts.site(&site).await.map_err(|error| {
            tracing::error!(error = chain(&error), "cannot read a site");
            Refusal::fatal(ErrorCode::Unknown, "the node cannot read its sites")
        })?;
        let Some(found) = found else {
            return Err(Refusal::fatal(
                ErrorCode::UnknownSite,
                "there is no such site here",
            ));
        };
        if let Origin::Foreign(origin) = &self.origin
            && !found.origins.contains(origin)
        {
            return Err(Refusal::fatal(
                ErrorCode::OriginNotAllowed,
                "this page's origin may not use this site",
            ));
        }
        let now = self.shared.clock.now();
        let fresh = (VisitorId::new(Uuid::now_v7()), now, None);
        let (visitor, since, session) = match ticket {
            None => fresh,
            Some(ticket) => self.resume(&ticket, &site).unwrap_or_else(|| {
                // Told, and let in as a newcomer: a stale ticket must not shut anyone out.
                self.refuse(Refusal::mild(
                    ErrorCode::BadTicket,
                    "the ticket does not hold",
                ));
                fresh
            }),
        };
        self.joined = Some(visitor);
        let _order = self.shared.order.lock().await;
        self.shared
            .connected(Person::Visitor(visitor), &self.outbox);
        self.shared
            .sockets
            .allow_preconnect(visitor, found.preconnect);
        let ticket = self.shared.tickets.issue(&Claims::Queue {
            visitor,
            site: site.clone(),
            since,
            until: now.plus(self.shared.ticket_ttl()),
        });
        self.outbox.send(&ToVisitor::Welcome {
            visitor,
            site: found.card,
            ticket,
        });
        self.shared
            .append(Input::VisitorJoined {
                visitor,
                site,
                details: presentable(details),
                since: Some(since),
                session: session.map(Box::new),
            })
            .await
    }

    /// What the ticket proves, if it is of this site.
    fn resume(
        &self,
        ticket: &Ticket,
        wanted: &SiteId,
    ) -> Option<(
        VisitorId,
        isession_protocol::Timestamp,
        Option<SessionClaim>,
    )> {
        let claims = self
            .shared
            .tickets
            .check(ticket, self.shared.clock.now())
            .ok()?;
        match claims {
            Claims::Queue {
                visitor,
                site,
                since,
                ..
            } => (site == *wanted).then_some((visitor, since, None)),
            session => {
                let claim = session.session_for(TicketSide::Visitor)?;
                (claim.site == *wanted).then_some((claim.visitor, claim.started, Some(claim)))
            }
        }
    }
}

/// Agents are shown no address but of a web page: anything else could be a trap to click.
fn presentable(mut details: Details) -> Details {
    details.page = details.page.filter(|page| {
        url::Url::parse(page.as_str()).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
    });
    details
}
