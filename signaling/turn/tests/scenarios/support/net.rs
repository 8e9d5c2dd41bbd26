//! A client on a real socket.

use std::{net::SocketAddr, time::Duration};

use isession_turn::{Credentials, StreamEnd, TurnConfig, TurnServer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::UdpSocket,
    task::JoinHandle,
    time::timeout,
};

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

/// A client on a stream that the server serves.
pub(crate) struct StreamClient {
    pub(crate) io: DuplexStream,
    pub(crate) caller: Caller,
    pub(crate) served: JoinHandle<StreamEnd>,
}

impl StreamClient {
    /// What the stream holds before it is full.
    pub(crate) const PIPE: usize = 4096;

    pub(crate) fn new(server: &TurnServer, client: SocketAddr, link: &str) -> Self {
        let (io, theirs) = tokio::io::duplex(Self::PIPE);
        let (streams, address) = (server.streams(), server.local_addr());
        let served = tokio::spawn(async move {
            streams
                .serve(theirs, |_| Ok(()), false, address, client)
                .await
        });
        Self {
            io,
            caller: Caller::new(secret().mint(link, FUTURE)),
            served,
        }
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
        let request = self.caller.write(ask);
        self.io.write_all(&request).await.unwrap();
        Incoming::read(&self.receive().await).into_reply()
    }

    /// The next frame, without its padding.
    pub(crate) async fn receive(&mut self) -> Vec<u8> {
        let mut frame = vec![0; 4];
        patiently(self.io.read_exact(&mut frame)).await.unwrap();
        let length = usize::from(u16::from_be_bytes([frame[2], frame[3]]));
        let whole = if frame[0] < 0x40 { 20 } else { 4 } + length;
        frame.resize(whole.next_multiple_of(4), 0);
        patiently(self.io.read_exact(&mut frame[4..]))
            .await
            .unwrap();
        frame.truncate(whole);
        frame
    }

    /// Why the server let go of it.
    pub(crate) async fn end(self) -> StreamEnd {
        patiently(self.served).await.unwrap()
    }
}

pub(crate) async fn socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

pub(crate) async fn patiently<T>(event: impl Future<Output = T>) -> T {
    timeout(PATIENCE, event).await.expect("it never happened")
}

/// Waits for what the server's own thread brings about, which knows no virtual time: a test that
/// were idle meanwhile would find itself hours later.
pub(crate) async fn awake<T>(event: impl Future<Output = T>) -> T {
    let begin = std::time::Instant::now();
    let stay_awake = async {
        while begin.elapsed() < PATIENCE {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        it = event => it,
        () = stay_awake => panic!("it never happened"),
    }
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
