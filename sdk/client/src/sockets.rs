//! The `webrtc` crate's runtime: tokio, with what version 0.21.1 needs besides.
//!
//! - The kernel's receive buffer is never raised by the crate, and the default overflows.
//! - Relays over TCP and TLS are carried here; see [`crate::relay`].
//! - The crate's driver hands relayed packets on only on its next round, and a round begins when
//!   something happens, or after up to 200 ms: [`Rounds`] lets it go round again at once. Drop
//!   that when the driver flushes its relay after its own writes, and ingests relayed packets
//!   before them.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::mpsc;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime,
    TokioRuntime, Transmit,
};

use crate::checks::Checks;
use crate::relay::{Carrier, Relays, Stream, is_allocated, is_nowhere, is_turn};

/// What the kernel may hold of packets that were not read yet.
const RECEIVE_BUFFER: usize = 2 * 1024 * 1024;
/// Packets from relays over TCP and TLS that the driver has not taken; their streams are held
/// back beyond it.
const INBOUND: usize = 256;
/// Rounds that a packet takes from one end of the driver to the other: in from the relay, out of
/// the core to the relay, out to the socket. The first of them is the one that it caused.
const FURTHER_ROUNDS: u8 = 2;

type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

tokio::task_local! {
    /// The rounds of the driver whose task this is.
    static ROUNDS: Arc<Rounds>;
}

/// tokio, for one peer connection.
#[derive(Debug)]
pub(crate) struct Sockets {
    tokio: TokioRuntime,
    relays: Arc<Relays>,
    rounds: Arc<Rounds>,
    checks: Arc<Checks>,
}

impl Sockets {
    pub(crate) fn new(relays: Arc<Relays>, rounds: Arc<Rounds>, checks: Arc<Checks>) -> Self {
        Self {
            tokio: TokioRuntime,
            relays,
            rounds,
            checks,
        }
    }
}

impl Runtime for Sockets {
    fn spawn(&self, future: Pending<'static, ()>) -> Box<dyn JoinHandle> {
        let rounds = Arc::clone(&self.rounds);
        self.tokio.spawn(Box::pin(ROUNDS.scope(rounds, future)))
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        // As much as the kernel grants; less is slower and still right.
        let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER);
        let local = socket.local_addr()?;
        let udp = self.tokio.wrap_udp_socket(socket)?;
        let (relays, checks) = (Arc::clone(&self.relays), Arc::clone(&self.checks));
        Ok(Arc::new(Socket::new(udp, local, relays, checks)))
    }

    fn wrap_tcp_listener(
        &self,
        listener: std::net::TcpListener,
    ) -> io::Result<Arc<dyn AsyncTcpListener>> {
        self.tokio.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        to: SocketAddr,
    ) -> Pending<'a, io::Result<Arc<dyn AsyncTcpStream>>> {
        self.tokio.connect_tcp(to)
    }

    fn resolve_host<'a>(&'a self, host: &'a str) -> Pending<'a, io::Result<Vec<SocketAddr>>> {
        self.tokio.resolve_host(host)
    }

    fn sleep(&self, duration: Duration) -> Pending<'static, ()> {
        let sleep = self.tokio.sleep(duration);
        match ROUNDS.try_with(Arc::clone) {
            Ok(rounds) => Box::pin(Wait {
                rounds,
                sleep,
                further: false,
            }),
            // Not the driver, which is the only one that waits for packets.
            Err(_) => sleep,
        }
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.tokio.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.tokio.block_on(future);
    }
}

/// Lets a driver go round again after whatever happened, while that may concern a relay.
#[derive(Debug)]
pub(crate) struct Rounds {
    relaying: AtomicBool,
    /// Touched by the driver's task only.
    left: AtomicU8,
}

impl Rounds {
    /// `relaying`: until a path is known, as its search may go over relays.
    pub(crate) fn new(relaying: bool) -> Self {
        Self {
            relaying: AtomicBool::new(relaying),
            left: AtomicU8::new(0),
        }
    }

    pub(crate) fn set_relaying(&self, relaying: bool) {
        self.relaying.store(relaying, Ordering::Relaxed);
    }

    /// Takes one of the further rounds.
    fn take(&self) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        let further = self.relaying.load(Ordering::Relaxed) && left > 0;
        if further {
            self.left.store(left - 1, Ordering::Relaxed);
        }
        further
    }

    fn something_happened(&self) {
        self.left.store(FURTHER_ROUNDS, Ordering::Relaxed);
    }
}

/// The driver's wait for its next timeout. It is asked for at the end of each round.
struct Wait {
    rounds: Arc<Rounds>,
    sleep: Pending<'static, ()>,
    further: bool,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.further = self.rounds.take();
        if self.further {
            return Poll::Ready(());
        }
        self.sleep.as_mut().poll(cx)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        // It ended by itself, or because the driver turned to something else.
        if !self.further {
            self.rounds.something_happened();
        }
    }
}

/// A UDP socket whose packets to relays over TCP and TLS go there.
#[derive(Debug)]
struct Socket {
    udp: Arc<dyn AsyncUdpSocket>,
    local: SocketAddr,
    relays: Arc<Relays>,
    checks: Arc<Checks>,
    streams: Mutex<Vec<(SocketAddr, Stream)>>,
    inbound: mpsc::Sender<(SocketAddr, Vec<u8>)>,
    arrived: Mutex<mpsc::Receiver<(SocketAddr, Vec<u8>)>>,
}

impl Socket {
    fn new(
        udp: Arc<dyn AsyncUdpSocket>,
        local: SocketAddr,
        relays: Arc<Relays>,
        checks: Arc<Checks>,
    ) -> Self {
        let (inbound, arrived) = mpsc::channel(INBOUND);
        Self {
            udp,
            local,
            relays,
            checks,
            streams: Mutex::default(),
            inbound,
            arrived: Mutex::new(arrived),
        }
    }

    /// To a relay over TCP or TLS. The crate gives a relay up to which a packet cannot be sent.
    fn send_by_stream(&self, to: SocketAddr, packet: &[u8]) -> io::Result<usize> {
        // The other side may name any address as its own; what goes there is not for a relay.
        if !is_turn(packet) {
            return Ok(packet.len());
        }
        if !self.relays.claim(to, self.local) {
            let elsewhere = "another socket reaches this relay";
            return Err(io::Error::new(io::ErrorKind::AddrInUse, elsewhere));
        }
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match streams.iter().position(|(known, _)| *known == to) {
            Some(place) => place,
            None => {
                let stream = Stream::open(&self.relays, to, self.inbound.clone());
                let stream = stream.ok_or(io::ErrorKind::AddrNotAvailable)?;
                streams.push((to, stream));
                streams.len() - 1
            }
        };
        let sent = streams[place].1.send(packet);
        if sent.is_err() {
            streams.swap_remove(place);
        }
        sent.map(|()| packet.len())
    }

    fn take_arrived(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<usize> {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(buf), Some(meta)) = (bufs.first_mut(), meta.first_mut()) else {
            return Poll::Ready(0);
        };
        // This socket holds a sender, so the queue never ends.
        while let Poll::Ready(Some((from, packet))) = arrived.poll_recv(cx) {
            // A longer one would be cut off; no peer sends such.
            if let Some(room) = buf.get_mut(..packet.len()) {
                room.copy_from_slice(&packet);
                *meta = RecvMeta::default();
                (meta.addr, meta.len, meta.stride) = (from, packet.len(), packet.len().max(1));
                return Poll::Ready(1);
            }
        }
        Poll::Pending
    }
}

impl AsyncUdpSocket for Socket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        if is_nowhere(transmit.destination) {
            return Poll::Ready(self.send_by_stream(transmit.destination, transmit.contents));
        }
        self.udp.poll_send(cx, transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(taken) = self.take_arrived(cx, bufs, meta) {
            return Poll::Ready(Ok(taken));
        }
        let received = self.udp.poll_recv(cx, bufs, meta);
        if let Poll::Ready(Ok(count)) = received {
            for (buf, meta) in bufs.iter().zip(meta.iter()).take(count) {
                let bytes = &buf[..meta.len.min(buf.len())];
                for packet in bytes.chunks(meta.stride.max(1)) {
                    if is_allocated(packet) {
                        self.relays.stands(Carrier::Udp);
                    }
                    self.checks.arrived(meta.addr, packet);
                }
            }
        }
        received
    }

    fn max_gso_segments(&self) -> usize {
        self.udp.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.udp.max_gro_segments()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.relays.release(self.local);
    }
}
