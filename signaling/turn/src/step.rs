//! What goes into the engine and what comes out.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use turn_types::{AddressFamily, Instant};

use crate::{client::FiveTuple, credentials::Secret, limits::Limits, network::Network};

/// What the engine is told once.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The secret that credentials are minted with.
    pub secret: Secret,
    /// The realm that clients are challenged with.
    pub realm: String,
    /// Bounds.
    pub limits: Limits,
    /// Peers that are relayed to although they are not globally routed: for tests, and for
    /// networks whose visitors and agents all sit behind the server.
    pub allow_peers: Vec<Network>,
    /// The server's own addresses, which are no peers.
    pub own: Vec<IpAddr>,
    /// The address family of relays.
    pub family: AddressFamily,
}

/// The time, twice: one clock that never jumps, and the one that credentials expire by.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Time since an arbitrary beginning.
    pub monotonic: Instant,
    /// Seconds since 1970.
    pub unix: u64,
}

/// What happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// A packet from a client: a datagram, or one message of a stream.
    FromClient { tuple: FiveTuple, packet: &'a [u8] },
    /// A packet from a peer to a relay address.
    FromPeer {
        relay: SocketAddr,
        peer: SocketAddr,
        data: &'a [u8],
    },
    /// What became of [`Effect::Open`]: the relay address to advertise, if there is one.
    Opened {
        tuple: FiveTuple,
        relay: Option<SocketAddr>,
    },
    /// A client's stream is over, and so is whatever it holds.
    Gone { tuple: FiveTuple },
    /// The two of a link have done with it: it gets no more allocations, and those it has live for
    /// `linger` yet, so that what is on its way arrives.
    EndLink { link: &'a str, linger: Duration },
    /// A second or so has passed.
    Tick,
}

/// What is to be done about it.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send to a client.
    ToClient { tuple: FiveTuple, packet: Vec<u8> },
    /// Send to a peer, from a relay address.
    ToPeer {
        relay: SocketAddr,
        peer: SocketAddr,
        data: Vec<u8>,
    },
    /// Open a relay address for a client, with an even port if `even`, and say what became of it
    /// before anything else.
    Open { tuple: FiveTuple, even: bool },
    /// Close a relay address.
    Close { relay: SocketAddr },
}
