//! Where probes run: sockets over UDP or TCP, and the engine in virtual time.

use std::{io::Read as _, net::SocketAddr, time::Duration};

use isession_turn::{Effect, FiveTuple, Frames, Input};
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
};

use super::{
    lab::Lab,
    net::{patiently, receive},
    script::{FENCE, FENCE_DATA, Outcome, Stage},
    wire::Incoming,
};
use turn_types::stun::{
    message::{BINDING, Message, MessageWriteVec, TransactionId},
    prelude::MessageWrite as _,
};

/// Addresses that are refused as peers, and of the other family.
const DENIED: &str = "10.0.0.1:9";
const V6: &str = "[2606:4700::1111]:9";

/// One address, another port of it, another address, and the one that is always heard.
const PEERS: [(&str, &str); 4] = [
    ("a", "127.0.0.1:0"),
    ("b", "127.0.0.1:0"),
    ("c", "127.0.0.2:0"),
    (FENCE, "127.0.0.3:0"),
];

/// Real sockets.
pub(crate) struct Sockets {
    server: SocketAddr,
    over_tcp: bool,
    lines: Vec<Line>,
    spent: Vec<Line>,
    peers: Vec<(&'static str, UdpSocket)>,
}

enum Line {
    Udp(UdpSocket),
    Tcp(TcpStream, Frames),
}

impl Sockets {
    pub(crate) async fn new(server: SocketAddr, over_tcp: bool) -> Self {
        let mut peers = Vec::new();
        for (name, address) in PEERS {
            peers.push((name, UdpSocket::bind(address).await.unwrap()));
        }
        Self {
            server,
            over_tcp,
            lines: Vec::new(),
            spent: Vec::new(),
            peers,
        }
    }

    /// Begins anew, with connections of its own for the next probe. The ports of the old ones are
    /// kept: coturn remembers their five-tuples beyond the end of their allocations.
    pub(crate) fn renew(&mut self) {
        self.spent.append(&mut self.lines);
    }

    async fn line(&mut self, number: usize) -> &mut Line {
        while self.lines.len() <= number {
            let line = if self.over_tcp {
                let stream = TcpStream::connect(self.server).await.unwrap();
                Line::Tcp(stream, Frames::default())
            } else {
                let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                socket.connect(self.server).await.unwrap();
                Line::Udp(socket)
            };
            self.lines.push(line);
        }
        &mut self.lines[number]
    }
}

impl Line {
    /// `false` when the server has closed the stream.
    async fn send(&mut self, packet: &[u8]) -> bool {
        match self {
            Self::Udp(socket) => socket.send(packet).await.is_ok(),
            Self::Tcp(stream, _) => {
                let mut padded = packet.to_vec();
                padded.resize(packet.len().next_multiple_of(4), 0);
                stream.write_all(&padded).await.is_ok()
            }
        }
    }

    /// The next packet; `None` when the server has closed the stream.
    async fn receive(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Udp(socket) => Some(receive(socket).await.1),
            Self::Tcp(stream, frames) => loop {
                if let Some(frame) = frames.next().unwrap() {
                    return Some(frame.to_vec());
                }
                match patiently(stream.read_buf(frames.space())).await {
                    Ok(0) | Err(_) => return None,
                    Ok(_) => {}
                }
            },
        }
    }
}

impl Line {
    /// Takes what comes until this answer has come, or the stream is closed.
    async fn collect(&mut self, id: TransactionId, outcome: &mut Outcome) {
        while !outcome.closed {
            let Some(answer) = self.receive().await else {
                outcome.closed = true;
                break;
            };
            let is_last = transaction(&answer) == Some(id);
            outcome.answers.push(answer);
            if is_last {
                break;
            }
        }
    }
}

fn transaction(packet: &[u8]) -> Option<TransactionId> {
    let message = Message::from_bytes(packet).ok()?;
    Some(message.transaction_id())
}

impl Stage for Sockets {
    /// What need not be answered has a Binding request after it, and another one after its answer:
    /// what goes different ways may overtake, and by the second answer all is gone. coturn looks
    /// names up in a thread of its own and meanwhile answers other packets: the answers to
    /// requests are waited for.
    async fn exchange(&mut self, line: usize, packet: &[u8], is_answered: bool) -> Outcome {
        let line = self.line(line).await;
        let mut outcome = Outcome {
            closed: !line.send(packet).await,
            ..Outcome::default()
        };
        if is_answered {
            let id = Message::from_bytes(packet).unwrap().transaction_id();
            line.collect(id, &mut outcome).await;
        } else {
            for _ in 0..2 {
                let (fence, id) = fence();
                outcome.closed |= !line.send(&fence).await;
                line.collect(id, &mut outcome).await;
                outcome
                    .answers
                    .retain(|answer| transaction(answer) != Some(id));
            }
        }
        for (name, peer) in &self.peers {
            // Straight from the kernel: tokio may not have learned yet that there is something.
            let mut buffer = [0; 2048];
            while let Ok(length) = (&*SockRef::from(peer)).read(&mut buffer) {
                outcome.delivered.push((name, buffer[..length].to_vec()));
            }
        }
        outcome
    }

    async fn hear(&mut self, line: usize, relay: SocketAddr, peer: &str) -> Vec<Vec<u8>> {
        for (name, data) in [(peer, &b"heard"[..]), (FENCE, FENCE_DATA)] {
            let (_, socket) = self.peers.iter().find(|(peer, _)| *peer == name).unwrap();
            socket.send_to(data, relay).await.unwrap();
        }
        let line = self.line(line).await;
        let mut heard = Vec::new();
        loop {
            let packet = line.receive().await.unwrap();
            match Incoming::read(&packet) {
                Incoming::Data { data, .. } if data == FENCE_DATA => return heard,
                _ => heard.push(packet),
            }
        }
    }

    fn peer(&self, name: &str) -> SocketAddr {
        match self.peers.iter().find(|(peer, _)| *peer == name) {
            Some((_, socket)) => socket.local_addr().unwrap(),
            None => elsewhere(name),
        }
    }

    async fn local(&mut self, line: usize) -> SocketAddr {
        match self.line(line).await {
            Line::Udp(socket) => socket.local_addr().unwrap(),
            Line::Tcp(stream, _) => stream.local_addr().unwrap(),
        }
    }

    fn pass(&mut self, _: u64) {
        panic!("time passes in the lab only");
    }
}

fn fence() -> (Vec<u8>, TransactionId) {
    let request = Message::builder_request(BINDING, MessageWriteVec::new()).finish();
    let transaction = Message::from_bytes(&request).unwrap().transaction_id();
    (request, transaction)
}

fn elsewhere(name: &str) -> SocketAddr {
    match name {
        "denied" => DENIED,
        "v6" => V6,
        other => panic!("{other} is no peer"),
    }
    .parse()
    .unwrap()
}

/// The engine in virtual time.
impl Stage for Lab {
    async fn exchange(&mut self, line: usize, packet: &[u8], _: bool) -> Outcome {
        let mut outcome = Outcome::default();
        for effect in self.send(tuple(line), packet) {
            match effect {
                Effect::ToClient { packet, .. } => outcome.answers.push(packet),
                Effect::ToPeer { peer, data, .. } => {
                    let known = |(name, _): &&(&str, &str)| self.peer(name) == peer;
                    let (name, _) = PEERS.iter().find(known).unwrap();
                    outcome.delivered.push((name, data));
                }
                other => panic!("{other:?} is left over"),
            }
        }
        outcome
    }

    async fn hear(&mut self, _: usize, relay: SocketAddr, peer: &str) -> Vec<Vec<u8>> {
        let (peer, data) = (self.peer(peer), b"heard");
        let effects = self.step(Input::FromPeer { relay, peer, data });
        let packets = effects.into_iter().map(|effect| match effect {
            Effect::ToClient { packet, .. } => packet,
            other => panic!("{other:?} is left over"),
        });
        packets.collect()
    }

    fn peer(&self, name: &str) -> SocketAddr {
        match name {
            "a" => "8.8.8.8:1".parse().unwrap(),
            "b" => "8.8.8.8:2".parse().unwrap(),
            "c" => "8.8.4.4:1".parse().unwrap(),
            FENCE => "9.9.9.9:1".parse().unwrap(),
            other => elsewhere(other),
        }
    }

    async fn local(&mut self, line: usize) -> SocketAddr {
        tuple(line).client
    }

    fn pass(&mut self, seconds: u64) {
        Self::pass(self, Duration::from_secs(seconds));
    }
}

fn tuple(line: usize) -> FiveTuple {
    Lab::tuple(u16::try_from(line + 1).unwrap())
}
