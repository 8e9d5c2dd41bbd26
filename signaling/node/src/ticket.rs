//! Tickets: signed proof of a place in the queue or of a session.
//!
//! A ticket is `base64url(claims) "." base64url(HMAC-SHA256(key, claims))`. It is opaque to
//! everyone but the node, holds no address and no topic, and lets a visit outlive the node's
//! memory: after a restart the queue is rebuilt from the tickets that come back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use isession_protocol::Timestamp;
use isession_protocol::bounded::{Name, Ticket};
use isession_protocol::ids::{LinkId, SessionId, SiteId, VisitorId};
use isession_protocol::signaling::{AgentCard, Details};
use isession_switchboard::{SessionClaim, Side};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What a ticket proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "k", rename_all = "snake_case")]
pub(crate) enum Claims {
    /// A place in the queue of a site.
    Queue {
        visitor: VisitorId,
        site: SiteId,
        since: Timestamp,
        until: Timestamp,
    },
    /// One side of a session.
    Session {
        side: TicketSide,
        session: SessionId,
        link: LinkId,
        visitor: VisitorId,
        site: SiteId,
        agent: AgentCard,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Name>,
        started: Timestamp,
        until: Timestamp,
    },
}

/// Whose ticket it is: a visitor's must not make an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TicketSide {
    Visitor,
    Agent,
}

impl From<Side> for TicketSide {
    fn from(side: Side) -> Self {
        match side {
            Side::Visitor => Self::Visitor,
            Side::Agent => Self::Agent,
        }
    }
}

impl Claims {
    /// The claims of one side of a session.
    pub(crate) fn session(claim: &SessionClaim, side: Side, until: Timestamp) -> Self {
        Self::Session {
            side: side.into(),
            session: claim.session,
            link: claim.link,
            visitor: claim.visitor,
            site: claim.site.clone(),
            agent: claim.agent.clone(),
            name: claim.details.name.clone(),
            started: claim.started,
            until,
        }
    }

    /// The session these claims prove for this side, if they do.
    pub(crate) fn session_for(self, wanted: TicketSide) -> Option<SessionClaim> {
        match self {
            Self::Session {
                side,
                session,
                link,
                visitor,
                site,
                agent,
                name,
                started,
                ..
            } if side == wanted => Some(SessionClaim {
                session,
                link,
                visitor,
                site,
                agent,
                details: Details {
                    name,
                    ..Details::default()
                },
                started,
            }),
            _ => None,
        }
    }

    /// What fits into a ticket whatever people are called. JSON writes a control character in six.
    pub(crate) fn shortened(&self) -> Self {
        let mut claims = self.clone();
        if let Self::Session { name, agent, .. } = &mut claims {
            *name = None;
            let seen: String = agent.name.as_str().replace(char::is_control, "");
            agent.name = Name::truncated(&seen);
        }
        claims
    }

    pub(crate) const fn until(&self) -> Timestamp {
        match self {
            Self::Queue { until, .. } | Self::Session { until, .. } => *until,
        }
    }
}

/// The ticket is not ours, was changed, or its time is over: all one to its bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ticket does not hold")]
pub(crate) struct BadTicket;

/// Signs and checks tickets.
#[derive(Clone)]
pub(crate) struct TicketKey([u8; 32]);

impl TicketKey {
    /// Uses these secret bytes.
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Signs the claims. A visitor's name that would burst the ticket is left out: the next
    /// `hello` says it again.
    pub(crate) fn issue(&self, claims: &Claims) -> Ticket {
        Ticket::new(self.sign(claims))
            .unwrap_or_else(|_| Ticket::truncated(&self.sign(&claims.shortened())))
    }

    /// The claims of a ticket of ours whose time is not over.
    pub(crate) fn check(&self, ticket: &Ticket, now: Timestamp) -> Result<Claims, BadTicket> {
        let (claims, signature) = ticket.as_str().split_once('.').ok_or(BadTicket)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| BadTicket)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| BadTicket)?;
        self.mac(&claims)
            .verify_slice(&signature)
            .map_err(|_| BadTicket)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| BadTicket)?;
        if claims.until() <= now {
            return Err(BadTicket);
        }
        Ok(claims)
    }

    fn sign(&self, claims: &Claims) -> String {
        let claims = isession_protocol::encode(claims);
        let signature = self.mac(claims.as_bytes()).finalize().into_bytes();
        format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(&claims),
            URL_SAFE_NO_PAD.encode(signature)
        )
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        // A key shorter than the hash's block is filled up with zeros (RFC 2104 section 2).
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut mac = Hmac::new(&block.into());
        mac.update(message);
        mac
    }
}

impl std::fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use isession_protocol::ids::AgentId;
    use uuid::Uuid;

    use super::*;

    fn queue_claims() -> Claims {
        Claims::Queue {
            visitor: VisitorId::new(Uuid::from_u128(1)),
            site: "shop".parse().unwrap(),
            since: Timestamp::from_millis(5),
            until: Timestamp::from_millis(100),
        }
    }

    fn session_claims(name: &str) -> Claims {
        Claims::Session {
            side: TicketSide::Visitor,
            session: SessionId::new(Uuid::from_u128(2)),
            link: LinkId::new(Uuid::from_u128(3)),
            visitor: VisitorId::new(Uuid::from_u128(1)),
            site: "s".repeat(64).parse().unwrap(),
            agent: AgentCard {
                id: AgentId::new(Uuid::from_u128(4)),
                name: Name::truncated("Ada"),
            },
            name: Some(Name::truncated(name)),
            started: Timestamp::from_millis(5),
            until: Timestamp::from_millis(100),
        }
    }

    #[test]
    fn a_ticket_proves_its_claims_until_its_time_is_over() {
        let key = TicketKey::new([7; 32]);
        let ticket = key.issue(&queue_claims());
        assert_eq!(
            key.check(&ticket, Timestamp::from_millis(99)),
            Ok(queue_claims())
        );
        assert_eq!(
            key.check(&ticket, Timestamp::from_millis(100)),
            Err(BadTicket)
        );
    }

    #[test]
    fn no_other_key_and_no_changed_byte_is_taken() {
        let key = TicketKey::new([7; 32]);
        let ticket = key.issue(&queue_claims());
        assert_eq!(
            TicketKey::new([8; 32]).check(&ticket, Timestamp::ZERO),
            Err(BadTicket)
        );
        for at in 0..ticket.as_str().len() {
            let mut bytes = ticket.as_str().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = Ticket::new(String::from_utf8(bytes).unwrap()).unwrap();
            assert_eq!(
                key.check(&forged, Timestamp::ZERO),
                Err(BadTicket),
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_visitors_ticket_makes_no_agent() {
        assert!(
            session_claims("Zoë")
                .session_for(TicketSide::Agent)
                .is_none()
        );
        assert!(
            session_claims("Zoë")
                .session_for(TicketSide::Visitor)
                .is_some()
        );
    }

    #[test]
    fn a_name_that_bursts_the_ticket_is_left_out() {
        let key = TicketKey::new([7; 32]);
        let ticket = key.issue(&session_claims(&"\u{1}".repeat(80)));
        let claims = key.check(&ticket, Timestamp::ZERO).unwrap();
        assert!(matches!(claims, Claims::Session { name: None, .. }));
    }
}
