//! Steps of a conformance probe: one line of text each, sent to a server and answered with one
//! line of text.
//!
//! A step is a method and its attributes, such as `bind number=0x4000 peer=a`. Requests are signed
//! unless they say `unsigned`; the challenge that signing needs is fetched without a word. An
//! answer is `ok` or its error code, and after a `!` what it carries as well; `nothing` if the
//! server kept silent; or which peer got what.

use std::net::SocketAddr;

use isession_turn::Credentials;
use turn_types::{
    attribute::{Lifetime, XorPeerAddress, XorRelayedAddress},
    message::{ALLOCATE, CHANNEL_BIND, CONNECT, CREATE_PERMISSION, REFRESH, SEND},
    stun::{
        attribute::{
            AttributeType, ErrorCode, Nonce, RawAttribute, Realm, UnknownAttributes, Username,
            XorMappedAddress,
        },
        message::{
            BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass,
            MessageIntegrityCredentials, MessageType, MessageWriteVec, Method, TransactionId,
        },
        prelude::{
            Attribute as _, AttributeStaticType as _, MessageWrite as _, MessageWriteExt as _,
        },
    },
};

use super::{
    FUTURE, PAST, secret,
    wire::{Incoming, channel_data},
};

/// Where a probe runs.
pub(crate) trait Stage {
    /// Sends a packet to the server and waits until the server is done with it.
    async fn exchange(&mut self, line: usize, packet: &[u8], is_answered: bool) -> Outcome;
    /// Lets a peer send to a relay, and waits until the server is done with it. The client has
    /// given [`Stage::fence`] permission.
    async fn hear(&mut self, line: usize, relay: SocketAddr, peer: &str) -> Vec<Vec<u8>>;
    /// A peer's address.
    fn peer(&self, name: &str) -> SocketAddr;
    /// The client's own address.
    async fn local(&mut self, line: usize) -> SocketAddr;
    /// Lets time pass.
    fn pass(&mut self, seconds: u64);
}

/// What came of a packet.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) answers: Vec<Vec<u8>>,
    /// Which peer got what.
    pub(crate) delivered: Vec<(&'static str, Vec<u8>)>,
    /// The server closed the stream.
    pub(crate) closed: bool,
}

/// The peer that has permission whenever something is heard: what comes from it after something
/// else tells that the server is done with that.
pub(crate) const FENCE: &str = "fence";
pub(crate) const FENCE_DATA: &[u8] = b"fence";

/// What the client knows on one connection.
#[derive(Clone, Debug, Default)]
struct Line {
    challenge: Option<(String, String)>,
    relay: Option<SocketAddr>,
    /// Whose the relay is.
    name: String,
}

/// One probe on its way.
#[derive(Debug)]
pub(crate) struct Script<'a, S> {
    pub(crate) stage: &'a mut S,
    /// The link that the credentials are of.
    link: String,
    lines: Vec<Line>,
    last: Vec<u8>,
    token: Vec<u8>,
}

/// The words of one step.
struct Step<'a> {
    method: &'a str,
    verbose: bool,
    words: Vec<(&'a str, &'a str)>,
}

impl<'a> Step<'a> {
    fn read(text: &'a str) -> Self {
        let mut words = text.split_whitespace();
        let method = words.next().unwrap();
        Self {
            method: method.trim_end_matches('!'),
            verbose: method.ends_with('!'),
            words: words
                .map(|word| word.split_once('=').unwrap_or((word, "")))
                .collect(),
        }
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.words.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)
    }

    fn line(&self) -> usize {
        self.get("via").map_or(0, |line| line.parse().unwrap())
    }
}

fn number<T: TryFrom<u64>>(text: &str) -> T {
    let value = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None => text.parse().unwrap(),
    };
    T::try_from(value).unwrap_or_else(|_| panic!("{text} is too large"))
}

impl<'a, S: Stage> Script<'a, S> {
    pub(crate) fn new(stage: &'a mut S, link: &str) -> Self {
        Self {
            stage,
            link: link.to_owned(),
            lines: Vec::new(),
            last: Vec::new(),
            token: vec![7; 8],
        }
    }

    /// Plays all steps, and gives back the client's allocations.
    pub(crate) async fn play(&mut self, steps: &str) -> String {
        let mut answers = Vec::new();
        for step in steps.split(';') {
            answers.push(self.step(&Step::read(step)).await);
        }
        for line in 0..self.lines.len() {
            if self.lines[line].relay.is_some() {
                let name = &self.lines[line].name;
                let delete = format!("refresh lifetime=0 via={line} as={name}");
                self.step(&Step::read(&delete)).await;
            }
        }
        answers.join("; ")
    }

    async fn step(&mut self, step: &Step<'_>) -> String {
        let line = step.line();
        if self.lines.len() <= line {
            self.lines.resize(line + 1, Line::default());
        }
        match step.method {
            "wait" => {
                self.stage.pass(number(step.words[0].0));
                return "-".to_owned();
            }
            "hear" => return self.hear(line, step.words[0].0).await,
            _ => {}
        }
        let is_data = matches!(step.method, "send" | "channel" | "raw");
        if !is_data
            && step.method != "binding"
            && step.get("unsigned").is_none()
            && self.lines[line].challenge.is_none()
        {
            let bare = format!("{} unsigned via={line}", step.method);
            let packet = self.write(&Step::read(&bare));
            let outcome = self.stage.exchange(line, &packet, true).await;
            for answer in &outcome.answers {
                self.learn(line, answer);
            }
        }
        let packet = match step.get("again") {
            Some(_) => self.last.clone(),
            None => self.write(step),
        };
        self.last.clone_from(&packet);
        let is_answered = !is_data && step.get("silent").is_none();
        let outcome = self.stage.exchange(line, &packet, is_answered).await;
        let mut told: Vec<String> = Vec::new();
        for answer in &outcome.answers {
            self.learn(line, answer);
            if step.method == "allocate" && self.lines[line].name.is_empty() {
                step.get("as")
                    .unwrap_or(&self.link)
                    .clone_into(&mut self.lines[line].name);
            }
            told.push(self.describe(step, answer, &packet).await);
        }
        for (peer, data) in &outcome.delivered {
            told.push(format!("{peer} gets {}", printed(data)));
        }
        if outcome.closed {
            told.push("closed".to_owned());
        }
        if told.is_empty() {
            told.push("nothing".to_owned());
        }
        told.join(" + ")
    }

    async fn hear(&mut self, line: usize, peer: &str) -> String {
        let Some(relay) = self.lines[line].relay else {
            return "no relay".to_owned();
        };
        let permit = format!("permit peer={FENCE} via={line}");
        let packet = self.write(&Step::read(&permit));
        self.stage.exchange(line, &packet, true).await;
        let packets = self.stage.hear(line, relay, peer).await;
        let mut told = Vec::new();
        for packet in packets {
            told.push(match Incoming::read(&packet) {
                Incoming::Data { peer: from, data } if from == self.stage.peer(peer) => {
                    format!("data {}", printed(&data))
                }
                Incoming::Channel { number, data } => format!("{number:#x} {}", printed(&data)),
                other => format!("{other:?}"),
            });
        }
        if told.is_empty() {
            told.push("nothing".to_owned());
        }
        told.join(" + ")
    }

    fn learn(&mut self, line: usize, answer: &[u8]) {
        let Ok(message) = Message::from_bytes(answer) else {
            return;
        };
        let line = &mut self.lines[line];
        let realm = message
            .attribute::<Realm>()
            .map(|realm| realm.realm().to_owned());
        let nonce = message
            .attribute::<Nonce>()
            .map(|nonce| nonce.nonce().to_owned());
        if let (Ok(realm), Ok(nonce)) = (realm, nonce) {
            line.challenge = Some((realm, nonce));
        }
        if let Ok(relay) = message.attribute::<XorRelayedAddress>() {
            line.relay = Some(relay.addr(message.transaction_id()));
        }
        if let Some((_, token)) = message
            .iter_attributes()
            .find(|(_, attribute)| attribute.get_type() == RESERVATION_TOKEN)
        {
            self.token = token.value.to_vec();
        }
    }

    fn credentials(&self, step: &Step<'_>) -> Credentials {
        let link = step.get("as").unwrap_or(&self.link);
        let expires = if step.get("expired").is_some() {
            PAST
        } else {
            FUTURE
        };
        let mut credentials = secret().mint(link, expires);
        if let Some(password) = step.get("password") {
            password.clone_into(&mut credentials.password);
        }
        credentials
    }

    fn key(&self, step: &Step<'_>, realm: &str) -> MessageIntegrityCredentials {
        let Credentials { username, password } = self.credentials(step);
        LongTermKeyCredentials::new(username, password, realm.to_owned()).into()
    }

    fn write(&self, step: &Step<'_>) -> Vec<u8> {
        let (class, method) = match step.method {
            "channel" => return self.write_channel(step),
            "raw" => return bytes(step.words[0].0),
            "send" => (MessageClass::Indication, SEND),
            "binding" => (MessageClass::Request, BINDING),
            "allocate" => (MessageClass::Request, ALLOCATE),
            "refresh" => (MessageClass::Request, REFRESH),
            "permit" => (MessageClass::Request, CREATE_PERMISSION),
            "bind" => (MessageClass::Request, CHANNEL_BIND),
            "connect" => (MessageClass::Request, CONNECT),
            "unknown-method" => (MessageClass::Request, Method::new(0x07f)),
            other => panic!("{other} is no method"),
        };
        let class = if step.get("indication").is_some() {
            MessageClass::Indication
        } else {
            class
        };
        let transaction = TransactionId::generate();
        let kind = MessageType::from_class_method(class, method);
        let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
        if method == ALLOCATE && step.get("transport").is_none() {
            add(&mut message, REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        }
        for (key, value) in &step.words {
            self.attribute(&mut message, transaction, key, value);
        }
        let signed =
            class == MessageClass::Request && method != BINDING && step.get("unsigned").is_none();
        if let (true, Some((realm, nonce))) = (signed, &self.lines[step.line()].challenge) {
            let nonce = step.get("nonce").unwrap_or(nonce);
            if step.get("nameless").is_none() {
                let name = self.credentials(step).username;
                message
                    .add_attribute(&Username::new(&name).unwrap())
                    .unwrap();
            }
            if step.get("realmless").is_none() {
                message.add_attribute(&Realm::new(realm).unwrap()).unwrap();
            }
            if step.get("nonceless").is_none() {
                message.add_attribute(&Nonce::new(nonce).unwrap()).unwrap();
            }
            message
                .add_message_integrity(&self.key(step, realm), IntegrityAlgorithm::Sha1)
                .unwrap();
        }
        if step.get("fingerprint").is_some() {
            message.add_fingerprint().unwrap();
        }
        let mut packet = message.finish();
        if step.get("cookie").is_some() {
            packet[4] ^= 1;
        }
        if step.get("spoilt").is_some() {
            *packet.last_mut().unwrap() ^= 1;
        }
        packet
    }

    fn write_channel(&self, step: &Step<'_>) -> Vec<u8> {
        let data = step.get("data").unwrap_or_default().as_bytes();
        let mut packet = channel_data(number(step.get("number").unwrap()), data);
        if let Some(length) = step.get("length") {
            packet[2..4].copy_from_slice(&number::<u16>(length).to_be_bytes());
        }
        if step.get("padded").is_some() {
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        packet
    }

    fn attribute(
        &self,
        message: &mut MessageWriteVec,
        transaction: TransactionId,
        key: &str,
        value: &str,
    ) {
        match key {
            "transport" if value != "none" => {
                add(message, REQUESTED_TRANSPORT, &[number(value), 0, 0, 0]);
            }
            "lifetime" => message
                .add_attribute(&Lifetime::new(number(value)))
                .unwrap(),
            "family" => add(message, REQUESTED_ADDRESS_FAMILY, &[number(value), 0, 0, 0]),
            "additional" => add(
                message,
                ADDITIONAL_ADDRESS_FAMILY,
                &[number(value), 0, 0, 0],
            ),
            "even" => add(message, EVEN_PORT, &[number::<u8>(value) << 7]),
            "token" => add(message, RESERVATION_TOKEN, &self.token),
            "dont-fragment" => add(message, DONT_FRAGMENT, &[]),
            "attribute" => add(message, AttributeType::new(number(value)), &[1, 2, 3, 4]),
            "software" => add(message, SOFTWARE, b"probe"),
            "data" => add(message, DATA, value.as_bytes()),
            "number" => {
                let [high, low] = number::<u16>(value).to_be_bytes();
                add(message, CHANNEL_NUMBER, &[high, low, 0, 0]);
            }
            "peer" => {
                let peer = XorPeerAddress::new(self.stage.peer(value), transaction);
                message.add_attribute(&peer).unwrap();
            }
            "peerless" => add(message, XorPeerAddress::TYPE, &[0, 1]),
            _ => {}
        }
    }

    async fn describe(&mut self, step: &Step<'_>, answer: &[u8], request: &[u8]) -> String {
        if answer[4..8] != MAGIC_COOKIE {
            return "RFC 3489".to_owned();
        }
        let message = Message::from_bytes(answer).unwrap();
        let asked = Message::from_bytes(request).unwrap();
        assert_eq!(
            message.transaction_id(),
            asked.transaction_id(),
            "{message} {asked}"
        );
        assert_eq!(message.method(), asked.method());
        let told = match message.attribute::<ErrorCode>() {
            Ok(error) => error.code().to_string(),
            Err(_) => "ok".to_owned(),
        };
        if !step.verbose {
            return told;
        }
        let local = self.stage.local(step.line()).await;
        let mut carried = Vec::new();
        for (_, attribute) in message.iter_attributes() {
            let right = |name: &str, is_right: bool| {
                let doubt = if is_right { "" } else { " (wrong)" };
                format!("{name}{doubt}")
            };
            carried.push(match attribute.get_type() {
                ErrorCode::TYPE | SOFTWARE => continue,
                // Whoever has signed knows them.
                Realm::TYPE | Nonce::TYPE if message.has_attribute(MESSAGE_INTEGRITY) => continue,
                Realm::TYPE => "realm".to_owned(),
                Nonce::TYPE => "nonce".to_owned(),
                XorMappedAddress::TYPE => {
                    let address = message.attribute::<XorMappedAddress>().unwrap();
                    right("mapped", address.addr(message.transaction_id()) == local)
                }
                XorRelayedAddress::TYPE => {
                    let relay = self.lines[step.line()].relay.unwrap();
                    let is_even = step.get("even").is_none() || relay.port().is_multiple_of(2);
                    right("relayed", is_even)
                }
                Lifetime::TYPE => {
                    let lifetime = message.attribute::<Lifetime>().unwrap();
                    format!("lifetime={}", lifetime.seconds())
                }
                UnknownAttributes::TYPE => {
                    let unknown = attribute.value.chunks(2).map(|pair| {
                        format!("unknown={:#06x}", u16::from_be_bytes([pair[0], pair[1]]))
                    });
                    unknown.collect::<Vec<_>>().join(" ")
                }
                MESSAGE_INTEGRITY => {
                    let (realm, _) = self.lines[step.line()].challenge.as_ref().unwrap();
                    let key = self.key(step, realm);
                    right("signed", message.validate_integrity(&key).is_ok())
                }
                MAPPED_ADDRESS => "plainly-mapped".to_owned(),
                RESPONSE_ORIGIN => "origin".to_owned(),
                PASSWORD_ALGORITHMS => "algorithms".to_owned(),
                RESERVATION_TOKEN => "token".to_owned(),
                ADDRESS_ERROR_CODE => "address-error".to_owned(),
                // One that is wrong is no message at all to the parser.
                FINGERPRINT => "fingerprint".to_owned(),
                other => format!("{:#06x}", other.value()),
            });
        }
        carried.sort();
        carried.insert(0, told);
        carried.join(" ")
    }
}

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const MAPPED_ADDRESS: AttributeType = AttributeType::new(0x0001);
const MESSAGE_INTEGRITY: AttributeType = AttributeType::new(0x0008);
const CHANNEL_NUMBER: AttributeType = AttributeType::new(0x000c);
const DATA: AttributeType = AttributeType::new(0x0013);
const REQUESTED_ADDRESS_FAMILY: AttributeType = AttributeType::new(0x0017);
const EVEN_PORT: AttributeType = AttributeType::new(0x0018);
const REQUESTED_TRANSPORT: AttributeType = AttributeType::new(0x0019);
const DONT_FRAGMENT: AttributeType = AttributeType::new(0x001a);
const RESERVATION_TOKEN: AttributeType = AttributeType::new(0x0022);
const ADDITIONAL_ADDRESS_FAMILY: AttributeType = AttributeType::new(0x8000);
const ADDRESS_ERROR_CODE: AttributeType = AttributeType::new(0x8001);
const PASSWORD_ALGORITHMS: AttributeType = AttributeType::new(0x8002);
const SOFTWARE: AttributeType = AttributeType::new(0x8022);
const FINGERPRINT: AttributeType = AttributeType::new(0x8028);
const RESPONSE_ORIGIN: AttributeType = AttributeType::new(0x802b);

fn add(message: &mut MessageWriteVec, kind: AttributeType, value: &[u8]) {
    message
        .add_attribute(&RawAttribute::new(kind, value))
        .unwrap();
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn printed(data: &[u8]) -> String {
    format!("'{}'", String::from_utf8_lossy(data))
}
