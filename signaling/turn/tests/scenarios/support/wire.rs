//! Writing requests and reading answers.

use std::net::SocketAddr;

use isession_turn::Credentials;
use turn_types::{
    AddressFamily,
    attribute::{
        AdditionalAddressFamily, ChannelNumber, Data, Lifetime, RequestedAddressFamily,
        RequestedTransport, XorPeerAddress, XorRelayedAddress,
    },
    channel::ChannelData,
    message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, DATA, REFRESH, SEND},
    stun::{
        attribute::{ErrorCode, Nonce, Realm, Username, XorMappedAddress},
        message::{
            BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass,
            MessageIntegrityCredentials, MessageType, MessageWriteVec, Method, TransactionId,
        },
        prelude::{MessageWrite, MessageWriteExt},
    },
};

pub(crate) const UDP: u8 = 17;
pub(crate) const TCP: u8 = 6;

/// What a client can ask for.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Binding,
    Allocate,
    AllocateKind(u8),
    AllocateFamily(AddressFamily),
    AllocateBoth,
    Refresh(u32),
    Permit(Vec<SocketAddr>),
    Bind(u16, SocketAddr),
}

impl Ask {
    pub(crate) fn permit(peer: SocketAddr) -> Self {
        Self::Permit(vec![peer])
    }

    fn method(&self) -> Method {
        match self {
            Self::Binding => BINDING,
            Self::Allocate
            | Self::AllocateKind(_)
            | Self::AllocateFamily(_)
            | Self::AllocateBoth => ALLOCATE,
            Self::Refresh(_) => REFRESH,
            Self::Permit(_) => CREATE_PERMISSION,
            Self::Bind(..) => CHANNEL_BIND,
        }
    }

    fn write(&self, message: &mut MessageWriteVec, transaction: TransactionId) {
        match self {
            Self::Binding => {}
            Self::Allocate => message
                .add_attribute(&RequestedTransport::new(UDP))
                .unwrap(),
            Self::AllocateKind(kind) => {
                message
                    .add_attribute(&RequestedTransport::new(*kind))
                    .unwrap();
            }
            Self::AllocateFamily(family) => {
                message
                    .add_attribute(&RequestedTransport::new(UDP))
                    .unwrap();
                message
                    .add_attribute(&RequestedAddressFamily::new(*family))
                    .unwrap();
            }
            Self::AllocateBoth => {
                message
                    .add_attribute(&RequestedTransport::new(UDP))
                    .unwrap();
                let additional = AdditionalAddressFamily::new(AddressFamily::IPV6);
                message.add_attribute(&additional).unwrap();
            }
            Self::Refresh(seconds) => message.add_attribute(&Lifetime::new(*seconds)).unwrap(),
            Self::Permit(peers) => {
                for peer in peers {
                    message
                        .add_attribute(&XorPeerAddress::new(*peer, transaction))
                        .unwrap();
                }
            }
            Self::Bind(number, peer) => {
                message.add_attribute(&ChannelNumber::new(*number)).unwrap();
                message
                    .add_attribute(&XorPeerAddress::new(*peer, transaction))
                    .unwrap();
            }
        }
    }
}

/// What a client knows of itself and of the server's challenge.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) credentials: Credentials,
    pub(crate) algorithm: IntegrityAlgorithm,
    pub(crate) challenge: Option<(String, String)>,
}

impl Caller {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            algorithm: IntegrityAlgorithm::Sha1,
            challenge: None,
        }
    }

    /// The request, signed once the server has challenged.
    pub(crate) fn write(&self, ask: &Ask) -> Vec<u8> {
        self.write_with(ask, |_| {})
    }

    pub(crate) fn write_with(&self, ask: &Ask, more: impl Fn(&mut MessageWriteVec)) -> Vec<u8> {
        let transaction = TransactionId::generate();
        let kind = MessageType::from_class_method(MessageClass::Request, ask.method());
        let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
        ask.write(&mut message, transaction);
        more(&mut message);
        if let Some((realm, nonce)) = &self.challenge
            && !matches!(ask, Ask::Binding)
        {
            message
                .add_attribute(&Username::new(&self.credentials.username).unwrap())
                .unwrap();
            message.add_attribute(&Realm::new(realm).unwrap()).unwrap();
            message.add_attribute(&Nonce::new(nonce).unwrap()).unwrap();
            message
                .add_message_integrity(&self.key(realm), self.algorithm)
                .unwrap();
        }
        message.finish()
    }

    /// Notes a challenge; `true` if it is one that signing may answer.
    pub(crate) fn learn(&mut self, reply: &Reply) -> bool {
        let first = self.challenge.is_none();
        if let Some(challenge) = &reply.challenge {
            self.challenge = Some(challenge.clone());
        }
        reply.code == Some(438) || (first && reply.code == Some(401))
    }

    pub(crate) fn key(&self, realm: &str) -> MessageIntegrityCredentials {
        let Credentials { username, password } = self.credentials.clone();
        LongTermKeyCredentials::new(username, password, realm.to_owned()).into()
    }
}

pub(crate) fn indication(peer: SocketAddr, data: &[u8]) -> Vec<u8> {
    let transaction = TransactionId::generate();
    let kind = MessageType::from_class_method(MessageClass::Indication, SEND);
    let mut message = Message::builder(kind, transaction, MessageWriteVec::new());
    message
        .add_attribute(&XorPeerAddress::new(peer, transaction))
        .unwrap();
    message.add_attribute(&Data::new(data)).unwrap();
    message.finish()
}

pub(crate) fn channel_data(number: u16, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; data.len() + 4];
    ChannelData::new(number, data).write_into_unchecked(&mut packet);
    packet
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) transaction: TransactionId,
    /// The error, if it is one.
    pub(crate) code: Option<u16>,
    pub(crate) relay: Option<SocketAddr>,
    pub(crate) mapped: Option<SocketAddr>,
    pub(crate) lifetime: Option<u32>,
    challenge: Option<(String, String)>,
}

/// What a server sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    Reply(Reply),
    Data { peer: SocketAddr, data: Vec<u8> },
    Channel { number: u16, data: Vec<u8> },
}

impl Incoming {
    pub(crate) fn read(packet: &[u8]) -> Self {
        if let Ok(channel) = ChannelData::parse(packet) {
            return Self::Channel {
                number: channel.id(),
                data: channel.data().to_vec(),
            };
        }
        let message = Message::from_bytes(packet).unwrap();
        let transaction = message.transaction_id();
        if message.class() == MessageClass::Indication {
            assert_eq!(message.method(), DATA);
            return Self::Data {
                peer: message
                    .attribute::<XorPeerAddress>()
                    .unwrap()
                    .addr(transaction),
                data: message.attribute::<Data>().unwrap().data().to_vec(),
            };
        }
        let realm = message
            .attribute::<Realm>()
            .ok()
            .map(|realm| realm.realm().to_owned());
        let nonce = message
            .attribute::<Nonce>()
            .ok()
            .map(|nonce| nonce.nonce().to_owned());
        let error = message
            .attribute::<ErrorCode>()
            .ok()
            .map(|error| error.code());
        assert_eq!(error.is_some(), message.class() == MessageClass::Error);
        Self::Reply(Reply {
            transaction,
            code: error,
            relay: message
                .attribute::<XorRelayedAddress>()
                .ok()
                .map(|a| a.addr(transaction)),
            mapped: message
                .attribute::<XorMappedAddress>()
                .ok()
                .map(|a| a.addr(transaction)),
            lifetime: message
                .attribute::<Lifetime>()
                .ok()
                .map(|lifetime| lifetime.seconds()),
            challenge: realm.zip(nonce),
        })
    }

    pub(crate) fn into_reply(self) -> Reply {
        let Self::Reply(reply) = self else {
            panic!("{self:?} is no reply")
        };
        reply
    }
}
