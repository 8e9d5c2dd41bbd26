//! A client on a real socket.

use std::{net::SocketAddr, time::Duration};

use isession_turn::{Credentials, TurnConfig, TurnServer};
use tokio::{net::UdpSocket, time::timeout};

use super::{
    FUTURE, secret,
    wire::{Ask, Caller, Incoming, Reply},
};

/// Nothing here waits this long unless it has failed.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn config() -> TurnConfig {
    TurnConfig::new("127.0.0.1:0".parse().unwrap(), secret())
}

/// A server on loopback that relays to loopback.
pub(crate) fn open_server() -> TurnServer {
    let allow_peers = vec!["127.0.0.0/8".parse().unwrap()];
    TurnServer::bind(TurnConfig {
        allow_peers,
        ..config()
    })
    .unwrap()
}

pub(crate) struct Client {
    pub(crate) socket: UdpSocket,
    pub(crate) caller: Caller,
}

impl Client {
    pub(crate) async fn new(server: &TurnServer, link: &str) -> Self {
        Self::with(server, secret().mint(link, FUTURE)).await
    }

    pub(crate) async fn with(server: &TurnServer, credentials: Credentials) -> Self {
        let socket = socket().await;
        socket.connect(server.local_addr()).await.unwrap();
        Self {
            socket,
            caller: Caller::new(credentials),
        }
    }

    /// A client with an allocation, and its relay address.
    pub(crate) async fn allocated(server: &TurnServer, link: &str) -> (Self, SocketAddr) {
        let mut client = Self::new(server, link).await;
        let relay = client.ask(Ask::Allocate).await.relay.unwrap();
        (client, relay)
    }

    /// Asks, and answers a challenge.
    pub(crate) async fn ask(&mut self, ask: Ask) -> Reply {
        let mut reply = self.ask_once(&ask).await;
        if self.caller.learn(&reply) {
            reply = self.ask_once(&ask).await;
            self.caller.learn(&reply);
        }
        reply
    }

    async fn ask_once(&mut self, ask: &Ask) -> Reply {
        self.send(&self.caller.write(ask)).await;
        self.receive().await.into_reply()
    }

    pub(crate) async fn send(&self, packet: &[u8]) {
        self.socket.send(packet).await.unwrap();
    }

    pub(crate) async fn receive(&self) -> Incoming {
        Incoming::read(&receive(&self.socket).await.1)
    }
}

pub(crate) async fn socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

pub(crate) async fn patiently<T>(event: impl Future<Output = T>) -> T {
    timeout(PATIENCE, event).await.expect("it never happened")
}

pub(crate) async fn receive(socket: &UdpSocket) -> (SocketAddr, Vec<u8>) {
    let mut buffer = vec![0; 65_536];
    let (length, from) = patiently(socket.recv_from(&mut buffer)).await.unwrap();
    buffer.truncate(length);
    (from, buffer)
}

/// Whether nothing waits in a socket. Over loopback a datagram is there as soon as it is sent,
/// and whoever asks has had an answer since.
pub(crate) fn is_empty(socket: &UdpSocket) -> bool {
    let probe = socket2::SockRef::from(socket);
    let mut buffer = [std::mem::MaybeUninit::uninit(); 1];
    probe
        .recv(&mut buffer)
        .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}
