//! What is remembered about one client.
//!
//! Each client's five-tuple has a protocol instance of its own. The crate searches a list of its
//! clients for every packet, and forgets neither their names nor their nonces; with one client
//! in it the search is short, and everything is forgotten with the instance.

use std::{net::SocketAddr, time::Duration};

use turn_server_proto::{
    api::{SocketAllocateError, Transmit, TurnServerApi as _},
    server::TurnServer,
};
use turn_types::{
    AddressFamily, Instant, TransportType, prelude::DelayedTransmitBuild as _,
    stun::message::TransactionId,
};

use crate::{
    auth::Proven,
    credentials::{CHECK_AGE, Purpose},
    ledger::Ledger,
    limits::Limits,
};

/// How long a five-tuple without an allocation is remembered. A client that was challenged
/// answers within a round trip; this leaves room for lost packets.
const STRANGER: Duration = Duration::from_secs(30);

/// Names one five-tuple may prove. One is enough; a second is told that the allocation belongs
/// to another.
const NAMES: usize = 4;

/// How a client's packets come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Each packet on its own, such as UDP.
    Datagram,
    /// One after the other in a stream, such as TCP; the shell finds their ends.
    Stream,
    /// The same within TLS.
    SecureStream,
}

impl Transport {
    /// Every transport there is.
    pub const ALL: [Self; 3] = [Self::Datagram, Self::Stream, Self::SecureStream];

    /// The transport in a metric's label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Datagram => "udp",
            Self::Stream => "tcp",
            Self::SecureStream => "tls",
        }
    }
}

impl From<Transport> for TransportType {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Datagram => Self::Udp,
            Transport::Stream | Transport::SecureStream => Self::Tcp,
        }
    }
}

/// The transport, the server's address and the client's: what a client is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiveTuple {
    /// The transport.
    pub transport: Transport,
    /// Where the server listens.
    pub server: SocketAddr,
    /// Where the client sends from.
    pub client: SocketAddr,
}

pub(crate) struct Client {
    tuple: FiveTuple,
    proto: TurnServer,
    names: Vec<String>,
    pub(crate) standing: Standing,
}

pub(crate) enum Standing {
    /// No allocation. `asked` is the proven request that a relay is being opened for.
    Stranger {
        until: Instant,
        asked: Option<Asked>,
    },
    /// An allocation.
    Holder(Holder),
}

/// Which port a relay is asked for on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Any,
    Even,
    /// One that was kept for it, or an even one with the next kept. None is ever kept.
    Kept,
}

/// A request for an allocation that nothing speaks against.
pub(crate) struct Asked {
    pub(crate) username: String,
    pub(crate) link: String,
    pub(crate) purpose: Purpose,
    pub(crate) transaction: TransactionId,
    pub(crate) port: Port,
}

pub(crate) struct Holder {
    pub(crate) asked: Asked,
    pub(crate) relay: SocketAddr,
    pub(crate) until: Instant,
    pub(crate) ledger: Ledger,
    /// The answer to `asked`, for a client whose copy was lost and who asks again.
    pub(crate) receipt: Vec<u8>,
}

/// One packet that the protocol instance wants sent.
pub(crate) enum Outgoing {
    ToClient(Vec<u8>),
    ToPeer {
        relay: SocketAddr,
        peer: SocketAddr,
        data: Vec<u8>,
    },
}

impl Client {
    pub(crate) fn new(tuple: FiveTuple, realm: &str, now: Instant) -> Self {
        let proto = TurnServer::new(tuple.transport.into(), tuple.server, realm.to_owned());
        Self {
            tuple,
            proto,
            names: Vec::new(),
            standing: Standing::stranger(now),
        }
    }

    /// Makes a proven name known to the protocol instance; `false` if it knows too many.
    pub(crate) fn introduce(&mut self, proven: &Proven) -> bool {
        let name = &proven.claim.username;
        if self.names.contains(name) {
            return true;
        }
        let room = self.names.len() < NAMES;
        if room {
            self.names.push(name.clone());
            self.proto.add_user(name.clone(), proven.password.clone());
        }
        room
    }

    /// Hands the instance a packet from the client.
    pub(crate) fn receive(&mut self, packet: &[u8], now: Instant) -> Option<Outgoing> {
        let FiveTuple {
            transport,
            server,
            client,
        } = self.tuple;
        let out = self
            .proto
            .recv(Transmit::new(packet, transport.into(), client, server), now)?;
        // `build` and not `write_into`, which gets indications and ranges wrong.
        let Transmit { data, from, to, .. } = out.build();
        Some(if to == client && from == server {
            Outgoing::ToClient(data)
        } else {
            Outgoing::ToPeer {
                relay: from,
                peer: to,
                data,
            }
        })
    }

    /// Hands the instance a packet from a peer; what comes back goes to the client.
    pub(crate) fn receive_from_peer(
        &mut self,
        relay: SocketAddr,
        peer: SocketAddr,
        data: &[u8],
        now: Instant,
    ) -> Option<Vec<u8>> {
        let out = self
            .proto
            .recv(Transmit::new(data, TransportType::Udp, peer, relay), now)?;
        Some(out.data.build())
    }

    pub(crate) fn proto(&mut self) -> &mut TurnServer {
        &mut self.proto
    }

    /// Tells the instance what became of the socket it asked for.
    pub(crate) fn answer_socket(
        &mut self,
        kind: TransportType,
        family: AddressFamily,
        socket: Result<SocketAddr, SocketAllocateError>,
        now: Instant,
    ) {
        let FiveTuple {
            transport,
            server,
            client,
        } = self.tuple;
        self.proto
            .allocated_socket(transport.into(), server, client, kind, family, socket, now);
    }

    pub(crate) const fn asked(&self) -> Option<&Asked> {
        match &self.standing {
            Standing::Stranger { asked, .. } => asked.as_ref(),
            Standing::Holder(_) => None,
        }
    }

    /// The link that a relay is held for.
    pub(crate) const fn link(&self) -> Option<&str> {
        match &self.standing {
            Standing::Holder(holder) => Some(holder.asked.link.as_str()),
            Standing::Stranger { .. } => None,
        }
    }

    pub(crate) const fn holder(&mut self) -> Option<&mut Holder> {
        match &mut self.standing {
            Standing::Holder(holder) => Some(holder),
            Standing::Stranger { .. } => None,
        }
    }
}

impl Standing {
    pub(crate) fn stranger(now: Instant) -> Self {
        Self::Stranger {
            until: now + STRANGER,
            asked: None,
        }
    }

    /// When the client is to be forgotten, whatever its protocol instance says.
    pub(crate) const fn until(&self) -> Instant {
        match self {
            Self::Stranger { until, .. } => *until,
            Self::Holder(holder) => holder.until,
        }
    }
}

impl Holder {
    pub(crate) fn new(asked: Asked, relay: SocketAddr, limits: &Limits, now: Instant) -> Self {
        let age = match asked.purpose {
            Purpose::Check => CHECK_AGE,
            Purpose::Ring | Purpose::Session => limits.allocation_age,
        };
        Self {
            asked,
            relay,
            until: now + age,
            ledger: Ledger::default(),
            receipt: Vec::new(),
        }
    }
}
