//! The way to one TURN server over TCP or TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{Relays, Server, framing};
use crate::net;
use crate::task::Task;

/// Packets that wait to be written; more are dropped, as a full network drops them.
const WAITING: usize = 256;
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// Requests that are remembered as sent. The crate has one or two under way.
const REQUESTS: usize = 16;

/// A packet, and where the crate believes that it came from.
pub(crate) type Packet = (SocketAddr, Vec<u8>);

/// Carries packets to a server, and those from it to a queue. Ends with its handle.
#[derive(Debug)]
pub(crate) struct Stream {
    packets: mpsc::Sender<Vec<u8>>,
    requests: Vec<[u8; 12]>,
    _task: Task,
}

impl Stream {
    /// Begins when it is this server's turn. `None` if there is no server at this address.
    /// A full `inbound` holds the stream back.
    pub(crate) fn open(
        relays: &Arc<Relays>,
        at: SocketAddr,
        inbound: mpsc::Sender<Packet>,
    ) -> Option<Self> {
        let server = relays.server(at)?;
        let relays = Arc::clone(relays);
        let (packets, waiting) = mpsc::channel(WAITING);
        let task = Task::spawn(async move {
            let carrier = server.carrier;
            let ended = carry(&relays, &server, at, waiting, inbound).await;
            tracing::debug!(?carrier, error = ?ended.err().map(|e| e.kind()), "a relay's stream ended");
            relays.fell(carrier);
        });
        Some(Self {
            packets,
            requests: Vec::new(),
            _task: task,
        })
    }

    /// Sends a packet. Fails when the stream ended or is not needed.
    pub(crate) fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        if self.packets.is_closed() {
            return Err(io::Error::new(
                io::ErrorKind::NotConnected,
                "no stream to the relay, or none needed",
            ));
        }
        // What the crate repeats because UDP may lose it, a stream would deliver twice.
        let request = framing::request(packet);
        if request.is_some_and(|request| self.requests.contains(&request)) {
            return Ok(());
        }
        let taken = self.packets.try_send(packet.to_vec()).is_ok();
        if let Some(request) = request.filter(|_| taken) {
            if self.requests.len() == REQUESTS {
                self.requests.remove(0);
            }
            self.requests.push(request);
        }
        Ok(())
    }
}

async fn carry(
    relays: &Relays,
    server: &Server,
    at: SocketAddr,
    mut waiting: mpsc::Receiver<Vec<u8>>,
    inbound: mpsc::Sender<Packet>,
) -> io::Result<()> {
    if !relays.turn(server.carrier).await {
        return Ok(());
    }
    let tls = (server.carrier == super::Carrier::Tls).then_some(&relays.roots);
    let connect = net::connect_to(&server.host, server.port, tls);
    let stream = timeout(CONNECT, connect).await??;
    let (read, mut write) = tokio::io::split(stream);
    let receive = async {
        let mut read = BufReader::new(read);
        loop {
            let message = framing::read(&mut read).await?;
            if framing::is_allocated(&message) {
                relays.stands(server.carrier);
            }
            if inbound.send((at, message)).await.is_err() {
                return Ok(());
            }
        }
    };
    let send = async {
        let mut packets = Vec::with_capacity(WAITING);
        let mut bytes = Vec::new();
        while waiting.recv_many(&mut packets, WAITING).await > 0 {
            bytes.clear();
            for packet in packets.drain(..) {
                framing::frame(&packet, &mut bytes);
            }
            write.write_all(&bytes).await?;
            write.flush().await?;
        }
        Ok(())
    };
    tokio::select! {
        ended = receive => ended,
        ended = send => ended,
    }
}
