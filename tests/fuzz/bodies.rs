//! What each fuzz target does with its bytes. The same functions run over the committed corpora
//! as ordinary tests, in `corpora.rs`.
//!
//! Each panics where a property is broken, and tells whether the bytes were all that they could
//! be: in the corpora `valid_*` are, and `damaged_*` are not.

use std::net::SocketAddr;

use isession_protocol::channel::{Glance, Talk};
use isession_protocol::signaling::{FromAgent, FromVisitor, ToAgent, ToVisitor};
use isession_protocol::{DecodeError, decode, encode, limits};
use isession_turn::deny::is_global;
use isession_turn::{
    AddressFamily, Credentials, Effect, Engine, FiveTuple, Frames, Input, Instant, Limits, Now,
    Policy, Secret, Transport,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use turn_types::stun::attribute::{
    Fingerprint, MessageIntegrity, MessageIntegritySha256, Nonce, Realm, Username,
};
use turn_types::stun::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWriteVec,
};
use turn_types::stun::prelude::{
    Attribute as _, AttributeStaticType as _, MessageWrite as _, MessageWriteExt as _,
};

/// More than any answer of the server is longer than its question.
const ANSWER: usize = 256;
/// More than the defaults that a frame leaves unsaid.
const DEFAULTS: usize = 512;

/// Packets of one client to a TURN server: each two bytes of length, whose highest bit asks for
/// a signature with the server's latest nonce, and so many bytes.
///
/// The server answers no more than it was asked, opens nothing for whoever proved nothing, and
/// sends nothing to addresses that are not public.
pub fn turn(mut input: &[u8]) -> bool {
    let (mut engine, now) = server();
    let tuple = FiveTuple {
        transport: Transport::Datagram,
        server: SocketAddr::from(([198, 20, 0, 1], 3478)),
        client: SocketAddr::from(([9, 9, 9, 9], 4000)),
    };
    let mut client = Client::default();
    let mut heard = !input.is_empty();
    let mut proven = false;
    while let Some((head, rest)) = input.split_first_chunk::<2>() {
        let head = u16::from_be_bytes(*head);
        let length = usize::from(head & 0x7fff).min(rest.len());
        let (packet, rest) = rest.split_at(length);
        input = rest;
        let signed = (head & 0x8000 != 0).then(|| client.sign(packet)).flatten();
        proven |= signed.is_some();
        let packet = signed.unwrap_or_else(|| packet.to_vec());
        let mut effects = engine.handle(
            now,
            Input::FromClient {
                tuple,
                packet: &packet,
            },
        );
        heard &= !effects.is_empty();
        let mut answers = 0;
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::ToClient { tuple: to, packet } => {
                    assert_eq!(to, tuple);
                    answers += packet.len();
                    client.learn(&packet);
                }
                Effect::ToPeer { peer, data, .. } => {
                    assert!(proven && is_global(peer.ip()));
                    assert!(data.len() <= packet.len());
                }
                Effect::Open { tuple, .. } => {
                    assert!(proven);
                    let relay = Some(SocketAddr::from(([198, 20, 0, 1], 50_000)));
                    effects.extend(engine.handle(now, Input::Opened { tuple, relay }));
                }
                Effect::Close { .. } => {}
            }
        }
        assert!(answers <= packet.len() + ANSWER, "{answers}");
    }
    heard
}

/// A stream of a client to a TURN server; the first byte is the size of the pieces that it comes in.
///
/// What is found does not depend on the pieces, is no more than there was, and little is kept.
pub fn framing(input: &[u8]) -> bool {
    let Some((piece, stream)) = input.split_first() else {
        return false;
    };
    let found = frames(stream, usize::from(*piece).max(1));
    assert_eq!(found, frames(stream, BUFFER));
    let (frames, understood) = found;
    let length = |frame: &Vec<u8>| frame.len().next_multiple_of(4);
    let taken: usize = frames.iter().map(length).sum();
    assert!(taken <= stream.len());
    understood && !frames.is_empty() && taken == stream.len()
}

/// The most that is kept of a stream.
const BUFFER: usize = 16 * 1024;

/// The frames of a stream, and whether nothing in it was none.
fn frames(mut stream: &[u8], piece: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut frames, mut found) = (Frames::default(), Vec::new());
    while !stream.is_empty() {
        let space = frames.space();
        let room = space.capacity() - space.len();
        assert!(room > 0 && space.capacity() <= BUFFER);
        let (now, later) = stream.split_at(piece.min(room).min(stream.len()));
        space.extend_from_slice(now);
        stream = later;
        loop {
            match frames.next() {
                Ok(Some(frame)) => found.push(frame.to_vec()),
                Ok(None) => break,
                Err(_) => return (found, false),
            }
        }
    }
    (found, true)
}

fn server() -> (Engine, Now) {
    let policy = Policy {
        secret: secret(),
        realm: "fuzz".to_owned(),
        limits: Limits::default(),
        allow_peers: Vec::new(),
        own: vec![[198, 20, 0, 1].into()],
        family: AddressFamily::IPV4,
    };
    let now = Now {
        monotonic: Instant::ZERO,
        unix: 1_000_000_000,
    };
    (Engine::new(policy), now)
}

fn secret() -> Secret {
    Secret::new("a secret that is long enough to be taken").expect("long enough")
}

/// A client that knows its password, and the server's challenge once it was challenged.
struct Client {
    credentials: Credentials,
    challenge: Option<(String, String)>,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            credentials: secret().mint("link", 4_000_000_000),
            challenge: None,
        }
    }
}

impl Client {
    fn learn(&mut self, packet: &[u8]) {
        if let Ok(message) = Message::from_bytes(packet)
            && let (Ok(realm), Ok(nonce)) =
                (message.attribute::<Realm>(), message.attribute::<Nonce>())
        {
            self.challenge = Some((realm.realm().to_owned(), nonce.nonce().to_owned()));
        }
    }

    fn sign(&self, packet: &[u8]) -> Option<Vec<u8>> {
        let (realm, nonce) = self.challenge.as_ref()?;
        let message = Message::from_bytes(packet).ok()?;
        let mut signed = Message::builder(
            message.get_type(),
            message.transaction_id(),
            MessageWriteVec::new(),
        );
        // What signing adds by itself.
        let own = [
            Username::TYPE,
            Realm::TYPE,
            Nonce::TYPE,
            MessageIntegrity::TYPE,
            MessageIntegritySha256::TYPE,
            Fingerprint::TYPE,
        ];
        for (_, attribute) in message.iter_attributes() {
            if !own.contains(&attribute.get_type()) {
                signed.add_attribute(&attribute).ok()?;
            }
        }
        let Credentials { username, password } = self.credentials.clone();
        signed.add_attribute(&Username::new(&username).ok()?).ok()?;
        signed.add_attribute(&Realm::new(realm).ok()?).ok()?;
        signed.add_attribute(&Nonce::new(nonce).ok()?).ok()?;
        let key = LongTermKeyCredentials::new(username, password, realm.clone());
        signed
            .add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1)
            .ok()?;
        Some(signed.finish())
    }
}

/// A signaling frame; the first byte says whose: `v`isitor's or `a`gent's, in capitals for those
/// from the node.
pub fn signaling(input: &[u8]) -> bool {
    const MAX: usize = limits::SIGNALING_FRAME;
    match input.split_first() {
        Some((b'v', frame)) => round_trips::<FromVisitor>(frame, MAX),
        Some((b'V', frame)) => round_trips::<ToVisitor>(frame, MAX),
        Some((b'a', frame)) => round_trips::<FromAgent>(frame, MAX),
        Some((_, frame)) => round_trips::<ToAgent>(frame, MAX),
        None => false,
    }
}

/// A frame between the two people; the first byte says of which channel: `t`alk, or glance.
pub fn channel(input: &[u8]) -> bool {
    match input.split_first() {
        Some((b't', frame)) => reads(frame, limits::CHANNEL_FRAME, |text, _| Talk::read(text)),
        Some((_, frame)) => round_trips::<Glance>(frame, limits::CHANNEL_FRAME),
        None => false,
    }
}

fn round_trips<T>(frame: &[u8], max: usize) -> bool
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    reads(frame, max, decode::<T>)
}

/// What is understood is written again, no longer than it was, and understood as the same.
fn reads<T>(frame: &[u8], max: usize, read: impl Fn(&str, usize) -> Result<T, DecodeError>) -> bool
where
    T: Serialize + PartialEq + std::fmt::Debug,
{
    let Ok(text) = std::str::from_utf8(frame) else {
        return false;
    };
    let Ok(frame) = read(text, max) else {
        return false;
    };
    assert!(text.len() <= max);
    let again = encode(&frame);
    assert!(again.len() <= text.len() + DEFAULTS, "{again}");
    assert_eq!(read(&again, usize::MAX).ok(), Some(frame));
    true
}

/// A ticket, or the claims of one.
pub fn ticket(input: &[u8]) -> bool {
    isession_node::fuzz::ticket(input)
}
