//! Opening sockets: the listening one, and relays within their range.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// Clients of many sessions come through the listening socket.
const LISTEN_BUFFER: usize = 4 << 20;
/// The kernel's default holds some 200 packets, which one burst of a file transfer overflows.
const RELAY_BUFFER: usize = 1 << 20;

/// Ports tried in vain before the range is called full: they belong to other programs, and each
/// try is a system call.
const TRIES: usize = 256;

/// Where relays are opened, and the address they are known by.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    pub(crate) bind: IpAddr,
    pub(crate) advertised: IpAddr,
    pub(crate) range: RangeInclusive<u16>,
}

impl Ports {
    /// Opens a socket on a port that is not `taken`, and `even` if that was asked for, beginning anywhere in the range so that
    /// relay addresses cannot be guessed from one another. `None` if there is no free port.
    pub(crate) fn open(
        &self,
        even: bool,
        taken: impl Fn(&SocketAddr) -> bool,
    ) -> Option<(SocketAddr, UdpSocket)> {
        let (first, last) = (*self.range.start(), *self.range.end());
        let begin = rand::random_range(self.range.clone());
        (begin..=last)
            .chain(first..begin)
            .filter(|port| !even || port.is_multiple_of(2))
            .map(|port| SocketAddr::new(self.advertised, port))
            .filter(|relay| !taken(relay))
            .take(TRIES)
            .find_map(|relay| {
                let socket = open(SocketAddr::new(self.bind, relay.port()), RELAY_BUFFER).ok()?;
                Some((relay, socket))
            })
    }
}

/// Opens the socket that clients send to.
pub(crate) fn listen(address: SocketAddr) -> io::Result<UdpSocket> {
    open(address, LISTEN_BUFFER)
}

fn open(address: SocketAddr, buffer: usize) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        // One family per socket, so that no IPv4 client or peer comes in a mapped spelling.
        socket.set_only_v6(true)?;
    }
    // The kernel cuts these down to its own limit without an error.
    socket.set_recv_buffer_size(buffer)?;
    socket.set_send_buffer_size(buffer)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}
