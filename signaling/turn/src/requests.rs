//! Judging requests.

use std::net::SocketAddr;

use turn_types::{
    attribute::{ChannelNumber, XorPeerAddress},
    message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH},
    stun::{
        attribute::{AttributeType, ErrorCode},
        message::Message,
        prelude::{Attribute as _, AttributeFromRaw as _, AttributeStaticType as _},
    },
};

use crate::{
    allocate::{self, Flaw},
    auth::{Proof, Proven},
    client::{Asked, Client, FiveTuple, Standing},
    credentials::Purpose,
    engine::Engine,
    ledger::Conflict,
    limits::Source,
    metrics::Refusal,
    reply,
    step::Now,
};

/// What is to become of a request.
enum Verdict {
    /// The protocol instance answers it.
    Pass,
    /// It is answered as if it proved nothing.
    Challenge,
    /// It is answered with this error code.
    Refuse(u16),
    /// It is told that this attribute is not understood.
    Unknown(AttributeType),
    /// It was answered before, and is answered the same again.
    Repeat(Vec<u8>),
}

impl Engine {
    /// The protocol instance only ever sees requests whose integrity is proven, and bare ones to
    /// be challenged: what it accepts has always been judged here first.
    pub(crate) fn request(&mut self, now: Now, tuple: FiveTuple, message: &Message<'_>) {
        self.meet(now, tuple);
        // Lets expired allocations, channels and permissions go before they are judged.
        self.drain(now, tuple);
        let proven = match Proof::of(message, &self.policy.secret, &self.policy.realm) {
            Proof::Good(proven) => proven,
            Proof::Absent => return self.challenge(now, tuple, message),
            Proof::Broken => {
                self.metrics.refuse(Refusal::BadCredentials);
                return self.challenge(now, tuple, message);
            }
            Proof::Ambiguous => return self.reply(tuple, Some(reply::bad_request(message))),
            Proof::Hashed => return self.reply(tuple, Some(reply::hash_unknown(message))),
        };
        let verdict = if self.holder(tuple).is_some() {
            self.judge_holder(now, tuple, message, &proven)
        } else {
            self.judge_stranger(now, tuple, message, &proven)
        };
        match verdict {
            Verdict::Pass => {
                let Some(client) = self.clients.get_mut(&tuple) else {
                    return;
                };
                if !client.introduce(&proven) {
                    return self.challenge(now, tuple, message);
                }
                self.pass(now, tuple, message.as_bytes());
                self.drain(now, tuple);
            }
            Verdict::Challenge => self.challenge(now, tuple, message),
            Verdict::Refuse(code) => self.reply(tuple, reply::refusal(message, code, &proven)),
            Verdict::Unknown(attribute) => {
                self.reply(tuple, reply::unknown(message, attribute, &proven));
            }
            Verdict::Repeat(receipt) => self.reply(tuple, Some(receipt)),
        }
    }

    /// Makes sure that a client is remembered.
    fn meet(&mut self, now: Now, tuple: FiveTuple) {
        if !self.clients.contains_key(&tuple) {
            let client = Client::new(tuple, &self.policy.realm, now.monotonic);
            self.clients.insert(tuple, client);
            self.became_stranger(tuple);
        }
    }

    fn judge_stranger(
        &mut self,
        now: Now,
        tuple: FiveTuple,
        message: &Message<'_>,
        proven: &Proven,
    ) -> Verdict {
        let claim = &proven.claim;
        // Credentials are for a link, and are worth nothing without it.
        if claim.expired(now.unix) || self.quota.has_ended(&claim.link) {
            self.metrics.refuse(Refusal::ExpiredCredentials);
            return Verdict::Challenge;
        }
        if message.method() != ALLOCATE {
            return Verdict::Pass;
        }
        match allocate::flaw(message) {
            Some(Flaw::Refused(code)) => return Verdict::Refuse(code),
            Some(Flaw::Unknown(attribute)) => return Verdict::Unknown(attribute),
            None => {}
        }
        if claim.purpose == Purpose::Check
            && let Some(before) = self.quota.displaced(&self.policy.limits, &claim.link)
        {
            self.gone(before);
        }
        let source = Source::from(tuple.client.ip());
        if let Err(reason) = self.quota.judge(&self.policy.limits, &claim.link, source) {
            self.metrics.refuse(reason);
            return Verdict::Refuse(match reason {
                Refusal::Capacity => ErrorCode::INSUFFICIENT_CAPACITY,
                _ => ErrorCode::ALLOCATION_QUOTA_REACHED,
            });
        }
        if let Some(client) = self.clients.get_mut(&tuple)
            && let Standing::Stranger { asked, .. } = &mut client.standing
        {
            *asked = Some(Asked {
                username: claim.username.clone(),
                link: claim.link.clone(),
                purpose: claim.purpose,
                transaction: message.transaction_id(),
                port: allocate::port(message),
            });
        }
        Verdict::Pass
    }

    fn judge_holder(
        &mut self,
        now: Now,
        tuple: FiveTuple,
        message: &Message<'_>,
        proven: &Proven,
    ) -> Verdict {
        let limit = self.policy.limits.peers_per_allocation;
        let peers = peers(message);
        let purpose = proven.claim.purpose;
        let admitted = peers.iter().all(|peer| self.admits(purpose, *peer));
        let Some(holder) = self.clients.get_mut(&tuple).and_then(Client::holder) else {
            return Verdict::Challenge;
        };
        if holder.asked.username != proven.claim.username {
            // The instance answers that the allocation belongs to another.
            return if proven.claim.expired(now.unix) {
                Verdict::Challenge
            } else {
                Verdict::Pass
            };
        }
        if message.method() == ALLOCATE && message.transaction_id() == holder.asked.transaction {
            return Verdict::Repeat(holder.receipt.clone());
        }
        if purpose == Purpose::Check {
            let stays = message.method() == REFRESH && !proven.claim.expired(now.unix);
            return if stays {
                Verdict::Pass
            } else {
                Verdict::Refuse(ErrorCode::FORBIDDEN)
            };
        }
        if message.method() != CREATE_PERMISSION && message.method() != CHANNEL_BIND {
            return Verdict::Pass;
        }
        if !admitted {
            self.metrics.refuse(Refusal::DeniedPeer);
            return Verdict::Refuse(ErrorCode::FORBIDDEN);
        }
        let binding = (message.method() == CHANNEL_BIND)
            .then(|| channel(message).zip(peers.last()))
            .flatten();
        let noted = match binding {
            Some((number, peer)) => holder.ledger.bind(number, *peer, limit, now.monotonic),
            None => holder.ledger.permit(&peers, limit, now.monotonic),
        };
        match noted {
            Ok(()) => Verdict::Pass,
            Err(Conflict::Bound) => Verdict::Refuse(ErrorCode::BAD_REQUEST),
            Err(Conflict::Full) => {
                self.metrics.refuse(Refusal::PeerQuota);
                Verdict::Refuse(ErrorCode::INSUFFICIENT_CAPACITY)
            }
        }
    }

    fn challenge(&mut self, now: Now, tuple: FiveTuple, message: &Message<'_>) {
        self.pass(now, tuple, &reply::bare(message));
    }
}

/// Every peer address in a request. One that cannot be read is the instance's to refuse; of
/// several in a binding it takes the last.
fn peers(message: &Message<'_>) -> Vec<SocketAddr> {
    message
        .iter_attributes()
        .filter(|(_, attribute)| attribute.get_type() == XorPeerAddress::TYPE)
        .filter_map(|(_, attribute)| XorPeerAddress::from_raw(attribute).ok())
        .map(|address| address.addr(message.transaction_id()))
        .collect()
}

/// The channel number that the instance will read in a request, if it will not refuse it.
fn channel(message: &Message<'_>) -> Option<u16> {
    message
        .iter_attributes()
        .filter(|(_, attribute)| attribute.get_type() == ChannelNumber::TYPE)
        .filter_map(|(_, attribute)| ChannelNumber::from_raw(attribute).ok())
        .last()
        .map(|number| number.channel())
        .filter(|number| (0x4000..=0x7fff).contains(number))
}
