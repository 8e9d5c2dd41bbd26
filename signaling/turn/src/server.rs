//! The shell: sockets, tasks and clocks around the engine.

use std::{
    collections::{HashMap, VecDeque},
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    net::UdpSocket,
    runtime::{Builder, Handle, Runtime},
    sync::oneshot,
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
    udp::{self, Datagram, Inbox, Offload},
};

const TICK: Duration = Duration::from_secs(1);

/// A running STUN and TURN server over UDP, and over whatever streams it is handed. Dropping it
/// closes it.
#[derive(Debug)]
pub struct TurnServer {
    shared: Arc<Shared>,
    /// Says that it is to end, by being dropped.
    stop: Option<oneshot::Sender<()>>,
    /// Says that it has ended, by being closed.
    ended: oneshot::Receiver<()>,
}

pub(crate) struct Shared {
    listener: Arc<UdpSocket>,
    address: SocketAddr,
    ports: Ports,
    begin: std::time::Instant,
    pub(crate) runtime: Handle,
    offload: Offload,
    /// There is one thread that reads datagrams, so nobody waits for it.
    inbox: Mutex<Inbox>,
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

impl TurnServer {
    /// Begins to serve, on a thread of its own. Packets come one by one and are quickly done: on a
    /// runtime of several threads, waking another one for each costs a third of all the time.
    ///
    /// # Errors
    /// When the configuration is unsound or the address cannot be listened on.
    pub fn bind(config: TurnConfig) -> Result<Self, TurnError> {
        let (opened, opening) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let (ending, ended) = oneshot::channel();
        let run = move || {
            // Closed when the sockets are.
            let _ending: oneshot::Sender<()> = ending;
            match Shared::begin(config) {
                Ok((runtime, shared)) => {
                    let served = serve(Arc::clone(&shared), stopped);
                    let _ = opened.send(Ok(shared));
                    runtime.block_on(served);
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            }
        };
        thread::Builder::new().name("turn".to_owned()).spawn(run)?;
        let shared = opening.recv().map_err(io::Error::other)??;
        tracing::info!(port = shared.address.port(), "turn listens");
        Ok(Self {
            shared,
            stop: Some(stop),
            ended,
        })
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

    /// A hold on the links that may outlive the server.
    pub fn links(&self) -> TurnLinks {
        TurnLinks(Arc::downgrade(&self.shared))
    }

    /// Waits until the server fails, which nothing but a fault in it can bring about. A node
    /// that waits for it need not relay in silence through half a server.
    pub async fn failed(&mut self) {
        let _ = (&mut self.ended).await;
    }

    /// Ends all allocations and returns when every socket is closed.
    pub async fn shutdown(mut self) {
        self.shared.streams.close();
        self.stop.take();
        self.failed().await;
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

/// Ends links of a server for as long as it lives.
#[derive(Clone, Debug)]
pub struct TurnLinks(Weak<Shared>);

impl TurnLinks {
    /// Whether the server serves.
    pub fn is_open(&self) -> bool {
        let shared = self.0.upgrade();
        shared.is_some_and(|shared| matches!(shared.lock().phase, Phase::Open(_)))
    }

    /// The link gets no more allocations, and those it has live for `linger` yet.
    pub fn end(&self, link: &str, linger: Duration) {
        if let Some(shared) = self.0.upgrade() {
            shared.step(Input::EndLink { link, linger });
        }
    }
}

impl Drop for TurnServer {
    fn drop(&mut self) {
        // Nobody is served from here on, even if the thread takes a moment to learn it.
        self.shared.close();
    }
}

impl Shared {
    fn begin(config: TurnConfig) -> Result<(Runtime, Arc<Self>), TurnError> {
        let listen = config.listen;
        let (policy, ports) = config.split()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let inside = runtime.enter();
        let listener = Arc::new(ports::listen(listen)?);
        let address = listener.local_addr()?;
        let shared = Arc::new(Self {
            address,
            listener,
            ports,
            begin: std::time::Instant::now(),
            runtime: runtime.handle().clone(),
            offload: Offload::find(address)?,
            inbox: Mutex::new(Inbox::new()),
            streams: Streams::default(),
            state: Mutex::new(State {
                engine: Engine::new(policy),
                phase: Phase::Open(HashMap::new()),
            }),
        });
        drop(inside);
        Ok((runtime, shared))
    }

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
        self.steps(|step| step(input));
    }

    /// Takes all steps that `each` tells under one lock; what they send is sent when it is open
    /// again.
    pub(crate) fn steps<T>(
        self: &Arc<Self>,
        each: impl FnOnce(&mut dyn FnMut(Input<'_>)) -> T,
    ) -> T {
        let now = self.now();
        let mut datagrams = Vec::new();
        let mut state = self.lock();
        let State { engine, phase } = &mut *state;
        let told = each(&mut |input| {
            if let Phase::Open(relays) = phase {
                let effects = engine.handle(now, input);
                self.dispatch(now, engine, relays, effects, &mut datagrams);
            }
        });
        drop(state);
        udp::send(datagrams, &self.offload);
        told
    }

    fn dispatch(
        self: &Arc<Self>,
        now: Now,
        engine: &mut Engine,
        relays: &mut HashMap<SocketAddr, Relay>,
        effects: Vec<Effect>,
        datagrams: &mut Vec<Datagram>,
    ) {
        let mut effects = VecDeque::from(effects);
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
    }

    fn open(
        self: &Arc<Self>,
        even: bool,
        relays: &mut HashMap<SocketAddr, Relay>,
    ) -> Option<SocketAddr> {
        // Clients of streams ask from elsewhere.
        let _inside = self.runtime.enter();
        let (address, socket) = self.ports.open(even, |relay| relays.contains_key(relay))?;
        let socket = Arc::new(socket);
        let reader = read_peers(Arc::clone(self), Arc::clone(&socket), address);
        let reader = self.runtime.spawn(reader);
        relays.insert(address, Relay { socket, reader });
        Some(address)
    }

    /// Takes what waits in a socket; `true` if there may be more.
    fn take(
        self: &Arc<Self>,
        socket: &UdpSocket,
        input: impl for<'a> Fn(SocketAddr, &'a [u8]) -> Input<'a>,
    ) -> bool {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let more = inbox.fill(socket, &self.offload);
        self.steps(|step| {
            for (from, data) in inbox.datagrams() {
                step(input(from, data));
            }
        });
        more
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("port", &self.address.port())
            .finish_non_exhaustive()
    }
}

/// Serves until a task fails or the server is no longer wanted, and closes what is open.
async fn serve(shared: Arc<Shared>, stopped: oneshot::Receiver<()>) {
    let mut tasks = JoinSet::new();
    tasks.spawn(read_clients(Arc::clone(&shared)));
    tasks.spawn(tick(Arc::clone(&shared)));
    tokio::select! {
        _ = stopped => {}
        _ = tasks.join_next() => {}
    }
    // The readers of relays hold what holds them; this opens the circle.
    shared.close();
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
