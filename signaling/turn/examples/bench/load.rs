//! Clients that send channel data to a peer, which sends it back.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use isession_turn::{Frames, Secret};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider},
};

use crate::{
    servers::{Server, Transport},
    wire::{Ask, Caller, Incoming, Reply, channel_data},
};

const CHANNEL: u16 = 0x4000;
/// Payload of a packet.
const PAYLOAD: usize = 1_000;
/// What is not there by then was lost. Streams lose what their peer's relay drops.
const LOST: Duration = Duration::from_millis(100);
const FOREVER: Duration = Duration::from_secs(30);
/// A time that is long to come, and before coturn's reckoning ends.
const FUTURE: u64 = 2_100_000_000;

/// How much is sent at once, and how often.
pub(crate) struct Load {
    pub(crate) name: &'static str,
    pub(crate) clients: usize,
    pub(crate) window: usize,
    pub(crate) rounds: usize,
}

impl Load {
    /// Runs all clients at the same time; gives back the bytes that the server relayed.
    pub(crate) async fn run(&self, clients: Vec<Client>) -> usize {
        let mut running = JoinSet::new();
        for client in clients {
            running.spawn(client.bounce(self.window, self.rounds));
        }
        // Each came twice through the server: to the peer and back.
        2 * PAYLOAD * running.join_all().await.into_iter().sum::<usize>()
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

enum Link {
    Udp(UdpSocket),
    Stream(Box<dyn Io>, Frames),
}

/// A client with an allocation, and its peer.
pub(crate) struct Client {
    link: Link,
    caller: Caller,
    peer: UdpSocket,
}

impl Client {
    pub(crate) async fn allocated(server: &Server, transport: Transport) -> Self {
        let link = Link::open(server, transport).await;
        let caller = Caller::new(Secret::mint(&Server::secret(), "bench", FUTURE));
        let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut client = Self { link, caller, peer };
        let reply = client.ask(Ask::Allocate).await;
        assert!(reply.relay.is_some(), "{reply:?}");
        client
    }

    /// With a channel as well.
    pub(crate) async fn bound(server: &Server, transport: Transport) -> Self {
        let mut client = Self::allocated(server, transport).await;
        let peer: SocketAddr = client.peer.local_addr().unwrap();
        let reply = client.ask(Ask::Bind(CHANNEL, peer)).await;
        assert_eq!(reply.code, None);
        client
    }

    async fn ask(&mut self, ask: Ask) -> Reply {
        loop {
            self.link.send(&self.caller.write(&ask)).await;
            let answer = self.link.receive(FOREVER).await.expect("an answer");
            let reply = Incoming::read(&answer).into_reply();
            if !self.caller.learn(&reply) {
                return reply;
            }
        }
    }

    /// Sends windows full of packets, each when the last has come back; gives back how many did.
    async fn bounce(mut self, window: usize, rounds: usize) -> usize {
        let packets = channel_data(CHANNEL, &[7; PAYLOAD]);
        let mut buffer = [0; 2 * PAYLOAD];
        let mut returned = 0;
        for _ in 0..rounds {
            self.link.send_all(&packets, window).await;
            for _ in 0..window {
                let Ok(got) = timeout(LOST, self.peer.recv_from(&mut buffer)).await else {
                    break;
                };
                let (length, relay) = got.unwrap();
                self.peer.send_to(&buffer[..length], relay).await.unwrap();
            }
            for _ in 0..window {
                if self.link.receive(LOST).await.is_none() {
                    break;
                }
                returned += 1;
            }
        }
        self.link.send(&self.caller.write(&Ask::Refresh(0))).await;
        returned
    }
}

impl Link {
    async fn open(server: &Server, transport: Transport) -> Self {
        let address = server.address(transport);
        if transport == Transport::Udp {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            socket.connect(address).await.unwrap();
            return Self::Udp(socket);
        }
        let tcp = TcpStream::connect(address).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let io: Box<dyn Io> = if transport == Transport::Tls {
            let mut roots = RootCertStore::empty();
            roots.add(server.certificate.clone().into()).unwrap();
            let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
            let name = address.ip().into();
            let connector = TlsConnector::from(Arc::new(config));
            Box::new(connector.connect(name, tcp).await.unwrap())
        } else {
            Box::new(tcp)
        };
        Self::Stream(io, Frames::default())
    }

    async fn send(&mut self, packet: &[u8]) {
        self.send_all(packet, 1).await;
    }

    /// Sends a packet so many times.
    async fn send_all(&mut self, packet: &[u8], count: usize) {
        match self {
            Self::Udp(socket) => {
                for _ in 0..count {
                    socket.send(packet).await.unwrap();
                }
            }
            Self::Stream(io, _) => {
                let mut padded = packet.to_vec();
                padded.resize(packet.len().next_multiple_of(4), 0);
                io.write_all(&padded.repeat(count)).await.unwrap();
                io.flush().await.unwrap();
            }
        }
    }

    /// The next packet, if it comes in time.
    async fn receive(&mut self, patience: Duration) -> Option<Vec<u8>> {
        match self {
            Self::Udp(socket) => {
                let mut buffer = vec![0; 2 * PAYLOAD];
                let length = timeout(patience, socket.recv(&mut buffer)).await.ok()?;
                buffer.truncate(length.unwrap());
                Some(buffer)
            }
            Self::Stream(io, frames) => loop {
                if let Some(frame) = frames.next().unwrap() {
                    return Some(frame.to_vec());
                }
                let read = timeout(patience, io.read_buf(frames.space())).await.ok()?;
                assert!(read.unwrap() > 0, "the server closed the stream");
            },
        }
    }
}
