//! The shell: sockets, tasks and clocks around the engine.

use std::{
    collections::{HashMap, VecDeque},
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use socket2::SockRef;
use tokio::{
    net::UdpSocket,
    task::{JoinHandle, JoinSet},
    time::MissedTickBehavior,
};
use turn_types::Instant;

use crate::{
    client::{FiveTuple, Transport},
    config::{TurnConfig, TurnError},
    engine::Engine,
    metrics::{Metrics, Refusal},
    ports::{self, Ports},
    step::{Effect, Input, Now},
    streams::{Streams, TurnStreams},
};

/// Longer datagrams are dropped. WebRTC keeps below 1500 bytes; this leaves room for others.
const MAX_PACKET: usize = 8 * 1024;

/// Packets taken from one socket before the others get their turn.
const BATCH: usize = 32;

const TICK: Duration = Duration::from_secs(1);

/// A running STUN and TURN server over UDP, and over whatever streams it is handed. Dropping it
/// closes it.
#[derive(Debug)]
pub struct TurnServer {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

pub(crate) struct Shared {
    listener: Arc<UdpSocket>,
    address: SocketAddr,
    ports: Ports,
    begin: std::time::Instant,
    pub(crate) streams: Streams,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) engine: Engine,
    phase: Phase,
}

enum Phase {
    /// Relays by their advertised address.
    Open(HashMap<SocketAddr, Relay>),
    /// No relay is opened any more.
    Closed,
}

/// A relay's socket, and the task that reads from it for as long as this lives.
struct Relay {
    socket: Arc<UdpSocket>,
    reader: JoinHandle<()>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// A datagram to send once the state is no longer locked.
struct Datagram {
    socket: Arc<UdpSocket>,
    to: SocketAddr,
    data: Vec<u8>,
}

impl TurnServer {
    /// Begins to serve, on the current tokio runtime.
    ///
    /// # Errors
    /// When the configuration is unsound or the address cannot be listened on.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn bind(config: TurnConfig) -> Result<Self, TurnError> {
        let listen = config.listen;
        let (policy, ports) = config.split()?;
        let listener = Arc::new(ports::listen(listen)?);
        let shared = Arc::new(Shared {
            address: listener.local_addr()?,
            listener,
            ports,
            begin: std::time::Instant::now(),
            streams: Streams::default(),
            state: Mutex::new(State {
                engine: Engine::new(policy),
                phase: Phase::Open(HashMap::new()),
            }),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(read_clients(Arc::clone(&shared)));
        tasks.spawn(tick(Arc::clone(&shared)));
        tracing::info!(port = shared.address.port(), "turn listens");
        Ok(Self { shared, tasks })
    }

    /// The address that clients are listened to on, with the port that was taken for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.address
    }

    /// The counts so far.
    pub fn metrics(&self) -> Metrics {
        self.shared.lock().engine.metrics()
    }

    /// Serves clients over TCP and TLS.
    pub fn streams(&self) -> TurnStreams {
        TurnStreams(Arc::downgrade(&self.shared))
    }

    /// A reader of the counts that may outlive the server.
    pub fn counters(&self) -> TurnCounters {
        TurnCounters(Arc::downgrade(&self.shared))
    }

    /// Waits until the server fails, which nothing but a fault in it can bring about. A node
    /// that waits for it need not relay in silence through half a server.
    pub async fn failed(&mut self) {
        self.tasks.join_next().await;
    }

    /// Ends all allocations and returns when every socket is closed.
    pub async fn shutdown(mut self) {
        let relays = self.shared.close();
        self.tasks.shutdown().await;
        for (_, mut relay) in relays {
            relay.reader.abort();
            // An aborted task ends with an error that says so.
            let _ = (&mut relay.reader).await;
        }
    }
}

/// Reads the counts of a server for as long as it lives.
#[derive(Clone, Debug)]
pub struct TurnCounters(Weak<Shared>);

impl TurnCounters {
    /// The counts so far; all zero once the server is gone.
    pub fn read(&self) -> Metrics {
        let shared = self.0.upgrade();
        shared.map_or_else(Metrics::default, |shared| shared.lock().engine.metrics())
    }
}

impl Drop for TurnServer {
    fn drop(&mut self) {
        // The readers of relays hold what holds them; this opens the circle.
        self.shared.close();
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in between leaves one client's allocation in doubt, not the others'.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) -> HashMap<SocketAddr, Relay> {
        self.streams.close();
        match std::mem::replace(&mut self.lock().phase, Phase::Closed) {
            Phase::Open(relays) => relays,
            Phase::Closed => HashMap::new(),
        }
    }

    fn now(&self) -> Now {
        // A clock before 1970 is no clock to trust credentials by.
        let unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(u64::MAX, |time| time.as_secs());
        Now {
            monotonic: Instant::from_std(self.begin),
            unix,
        }
    }

    pub(crate) fn step(self: &Arc<Self>, input: Input<'_>) {
        for Datagram { socket, to, data } in self.carry_out(input) {
            // Straight to the kernel: a fresh socket is writable before tokio has learned it.
            // What the kernel does not take is lost, as datagrams may be.
            let _ = SockRef::from(&*socket).send_to(&data, &to.into());
        }
    }

    fn carry_out(self: &Arc<Self>, input: Input<'_>) -> Vec<Datagram> {
        let now = self.now();
        let mut state = self.lock();
        let State { engine, phase } = &mut *state;
        let Phase::Open(relays) = phase else {
            return Vec::new();
        };
        let mut effects = VecDeque::from(engine.handle(now, input));
        let mut datagrams = Vec::with_capacity(effects.len());
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::ToClient { tuple, packet } if tuple.transport != Transport::Datagram => {
                    if !self.streams.send(tuple, &packet) {
                        engine.metrics.refuse(Refusal::Backlog);
                    }
                }
                Effect::ToClient { tuple, packet } => {
                    let socket = Arc::clone(&self.listener);
                    datagrams.push(Datagram {
                        socket,
                        to: tuple.client,
                        data: packet,
                    });
                }
                Effect::ToPeer { relay, peer, data } => {
                    let socket = relays.get(&relay).map(|relay| Arc::clone(&relay.socket));
                    datagrams.extend(socket.map(|socket| Datagram {
                        socket,
                        to: peer,
                        data,
                    }));
                }
                Effect::Open { tuple, even } => {
                    let relay = self.open(even, relays);
                    effects.extend(engine.handle(now, Input::Opened { tuple, relay }));
                }
                Effect::Close { relay } => {
                    relays.remove(&relay);
                }
            }
        }
        datagrams
    }

    fn open(
        self: &Arc<Self>,
        even: bool,
        relays: &mut HashMap<SocketAddr, Relay>,
    ) -> Option<SocketAddr> {
        let (address, socket) = self.ports.open(even, |relay| relays.contains_key(relay))?;
        let socket = Arc::new(socket);
        let reader = read_peers(Arc::clone(self), Arc::clone(&socket), address);
        relays.insert(
            address,
            Relay {
                socket,
                reader: tokio::spawn(reader),
            },
        );
        Some(address)
    }

    /// Takes what waits in a socket, a batch at most; `true` if there may be more.
    fn take(
        self: &Arc<Self>,
        socket: &UdpSocket,
        input: impl for<'a> Fn(SocketAddr, &'a [u8]) -> Input<'a>,
    ) -> bool {
        let mut buffer = [0; MAX_PACKET + 1];
        for _ in 0..BATCH {
            match socket.try_recv_from(&mut buffer) {
                Ok((length, from)) if length <= MAX_PACKET => {
                    self.step(input(from, &buffer[..length]));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // Too long, or the echo of an earlier datagram that could not be delivered.
                Ok(_) | Err(_) => {}
            }
        }
        true
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("port", &self.address.port())
            .finish_non_exhaustive()
    }
}

async fn read_clients(shared: Arc<Shared>) {
    let server = shared.address;
    while shared.listener.readable().await.is_ok() {
        let more = shared.take(&shared.listener, |client, packet| Input::FromClient {
            tuple: FiveTuple {
                transport: Transport::Datagram,
                server,
                client,
            },
            packet,
        });
        if more {
            tokio::task::yield_now().await;
        }
    }
}

async fn read_peers(shared: Arc<Shared>, socket: Arc<UdpSocket>, relay: SocketAddr) {
    while socket.readable().await.is_ok() {
        if shared.take(&socket, |peer, data| Input::FromPeer { relay, peer, data }) {
            tokio::task::yield_now().await;
        }
    }
}

async fn tick(shared: Arc<Shared>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        shared.step(Input::Tick);
    }
}
