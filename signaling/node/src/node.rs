//! One running node: everything its parts share, and its life from start to stop.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use isession_protocol::bounded::Department;
use isession_protocol::ids::{LinkId, SiteId};
use isession_protocol::signaling::{ErrorFrame, IceServer, ToAgent, ToVisitor};
use isession_protocol::{ErrorCode, Timestamp};
use isession_switchboard::Policy;
use isession_turn::{Network, RING, TurnError, TurnLinks, TurnServer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, timeout};

use crate::accounts::{Accounts, AccountsError, chain};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::desk::{self, Question};
use crate::edge;
use crate::log::{LocalLog, Log};
use crate::metrics::Metrics;
use crate::outbox::{Close, Outbox};
use crate::rates::{Door, Doors, Rates};
use crate::relay::Relay;
use crate::sockets::{Person, Sockets, Stage};
use crate::ticket::TicketKey;
use crate::tls::{Tls, TlsError};
use crate::turn;

/// When clients are told to come back after a stop: a restart takes about as long.
const RETRY_AFTER: u32 = 1500;
/// Seconds for which the credentials of a ring hold beyond it: until those of the session are there.
const AFTER_RING: u64 = 30;
/// How long a stop waits for sockets to be written out.
const DRAIN: Duration = Duration::from_secs(5);
/// Connections at once that are no WebSockets: each lasts for a few requests.
const CONNECTIONS: usize = 8192;
/// Milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;
/// The part that is let finish.
const DESK: &str = "desk";
/// Questions that wait for the desk at the most; more wait at the asker.
const QUESTIONS: usize = 64;

/// The node cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    #[error("listen: cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("turn.listen: the relay cannot start on {address}")]
    Turn {
        address: SocketAddr,
        #[source]
        source: TurnError,
    },
}

/// What all parts of a node share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub config: Config,
    pub policy: Policy,
    pub clock: Arc<dyn Clock>,
    pub accounts: Accounts,
    pub log: Arc<dyn Log>,
    /// Held while somebody comes or goes, until the log has it: it hears of both in the order in
    /// which they happened. Otherwise who comes back at once could be taken for lost.
    pub order: tokio::sync::Mutex<()>,
    pub sockets: Sockets,
    pub tickets: TicketKey,
    pub relay: Relay,
    /// The links of the embedded relay.
    pub relay_links: Option<TurnLinks>,
    pub metrics: Metrics,
    pub connects: Rates,
    pub logins: Rates,
    pub checks: Rates,
    pub requests: Rates,
    /// Frames on WebSockets.
    pub frames: Rates,
    /// Connections to the relay over TCP and TLS.
    pub streams: Rates,
    /// Connections that are no WebSockets, or not yet.
    pub gate: Arc<Doors>,
    /// Proxies that are believed.
    pub proxies: Vec<Network>,
    /// No part has failed.
    whole: AtomicBool,
    doors: Arc<Doors>,
    desk: mpsc::Sender<Question>,
    alive: watch::Receiver<()>,
}

/// Ends when the node is gone.
pub(crate) struct Alive(watch::Receiver<()>);

impl Alive {
    pub(crate) async fn over(&mut self) {
        // No value is ever sent; the channel closes when the node is dropped or drained.
        while self.0.changed().await.is_ok() {}
    }
}

impl Shared {
    /// Whether all parts of the node work.
    pub(crate) fn is_whole(&self) -> bool {
        let relays = self.relay_links.as_ref().is_none_or(TurnLinks::is_open);
        relays && self.whole.load(Ordering::Relaxed)
    }

    pub(crate) fn alive(&self) -> Alive {
        Alive(self.alive.clone())
    }

    /// Lets one more WebSocket of this address in, or says why not.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<Door, ErrorCode> {
        if !self.connects.admit(address, self.clock.now()) {
            return Err(ErrorCode::TooFast);
        }
        self.doors
            .open(Some(address))
            .ok_or(ErrorCode::TooManyConnections)
    }

    /// Makes this the person's connection and tells the one before that it is over.
    pub(crate) fn connected(&self, person: Person, outbox: &Arc<Outbox>) {
        let before = self.sockets.connect(person, Arc::clone(outbox));
        self.metrics.sockets.get_or_create(&person.into()).inc();
        let Some(before) = before else { return };
        self.metrics.sockets.get_or_create(&person.into()).dec();
        let error = ErrorFrame {
            code: ErrorCode::Superseded,
            message: isession_protocol::bounded::Reason::truncated("connected anew elsewhere"),
            fatal: true,
        };
        match person {
            Person::Visitor(_) => before.send(&ToVisitor::Error(error)),
            Person::Agent(_) => before.send(&ToAgent::Error(error)),
        }
        before.close(Close::Refused(ErrorCode::Superseded));
    }

    /// Forgets the person's connection. False if it was not the current one.
    pub(crate) fn disconnected(&self, person: Person, outbox: &Outbox) -> bool {
        let current = self.sockets.disconnect(person, outbox);
        if current {
            self.metrics.sockets.get_or_create(&person.into()).dec();
        }
        current
    }

    /// Relays for one side of a link. Credentials of a ring hold hardly longer than the ring, and
    /// reach nobody but who is relayed here as well.
    pub(crate) fn ice(&self, link: LinkId, stage: Stage, outbox: &Outbox) -> Vec<IceServer> {
        let (name, longest) = match stage {
            // Nothing is to connect yet.
            Stage::Offer => return Vec::new(),
            Stage::Ring => {
                let longest = self.policy.ring_timeout / 1000 + AFTER_RING;
                (format!("{RING}{link}"), longest)
            }
            Stage::Session { .. } => (link.to_string(), u64::MAX),
        };
        self.relay
            .servers(&name, outbox.reached(), self.clock.now(), longest)
    }

    /// Milliseconds for which a ticket holds: the longest visit that can still be resumed.
    pub(crate) const fn ticket_ttl(&self) -> u64 {
        self.policy.ticket_ttl
    }

    /// Whether an agent of this site is available, or of this department of it.
    pub(crate) async fn is_available(&self, site: &SiteId, department: Option<Department>) -> bool {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            site: site.clone(),
            department,
            answer,
        };
        self.desk.send(question).await.is_ok() && answered.await.unwrap_or(false)
    }
}

/// What can be said of a node's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whole days for which it still holds; `None` if it has expired.
    pub days_left: Option<u64>,
    /// The host of `public_url`, if the certificate is not for it.
    pub uncovered: Option<String>,
}

/// A running node. Dropping it ends everything at once; [`Node::stop`] says goodbye first.
#[derive(Debug)]
pub struct Node {
    shared: Arc<Shared>,
    address: SocketAddr,
    turn: Option<TurnServer>,
    tls: Option<Arc<Tls>>,
    /// Each gives back its name.
    parts: JoinSet<&'static str>,
    alive: watch::Sender<()>,
    stop: Option<oneshot::Sender<()>>,
}

impl Node {
    /// Starts a node that listens where the configuration says.
    pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Self, NodeError> {
        let address = config.listen;
        let unheard = |source| NodeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(unheard)?;
        Self::start_on(listener, config, clock).await
    }

    /// Starts a node on a listener that is there already.
    pub async fn start_on(
        listener: TcpListener,
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, NodeError> {
        config.validate()?;
        let unheard = |source| NodeError::Listen {
            address: config.listen,
            source,
        };
        let address = listener.local_addr().map_err(unheard)?;
        let opened = match config.tls.clone() {
            Some(files) => Some(Tls::open(files).await?),
            None => None,
        };
        let accounts = Accounts::open(&config.database).await?;
        let policy = config.policy();
        let oldest = clock.now().as_millis().saturating_sub(policy.ticket_ttl);
        let visits = accounts
            .visits_after(Timestamp::from_millis(oldest))
            .await?;
        let tickets = TicketKey::new(accounts.secret("tickets").await?);
        let (relay, turn) = turn::start(&config.turn, accounts.secret("turn").await?)?;
        let (alive, alive_watch) = watch::channel(());
        let (desk, questions) = mpsc::channel(QUESTIONS);
        let limits = &config.limits;
        let shared = Arc::new(Shared {
            policy,
            whole: AtomicBool::new(true),
            log: Arc::new(LocalLog::new(Arc::clone(&clock))),
            order: tokio::sync::Mutex::default(),
            sockets: Sockets::default(),
            relay_links: turn.as_ref().map(TurnServer::links),
            metrics: Metrics::new(turn.as_ref().map(TurnServer::counters)),
            connects: Rates::per_minute(limits.connections_per_minute),
            logins: Rates::per_minute(limits.logins_per_minute),
            checks: Rates::per_minute(limits.logins_per_minute),
            requests: Rates::per_minute(limits.requests_per_minute),
            frames: Rates::per_minute(limits.frames_per_minute),
            streams: Rates::per_minute(limits.connections_per_minute),
            gate: Arc::new(Doors::new(CONNECTIONS, limits.connections_per_address)),
            proxies: config.proxies()?,
            doors: Arc::new(Doors::new(
                limits.connections,
                limits.connections_per_address,
            )),
            alive: alive_watch,
            accounts,
            clock,
            config,
            tickets,
            relay,
            desk,
        });
        let mut parts = JoinSet::new();
        let (stop, stopped) = oneshot::channel();
        let run = desk::run(Arc::clone(&shared), questions, visits);
        parts.spawn(part(Arc::clone(&shared), DESK, run));
        let run = sweep(Arc::clone(&shared));
        parts.spawn(part(Arc::clone(&shared), "sweep", run));
        let tls = opened.map(|(tls, held)| {
            let (tls, clock) = (Arc::new(tls), Arc::clone(&shared.clock));
            if tls.current().expired(clock.now()) {
                tracing::error!("the certificate has expired: browsers will refuse it");
            }
            let run = Arc::clone(&tls).watch(held, clock);
            parts.spawn(part(Arc::clone(&shared), "certificate", run));
            tls
        });
        let (serving, with_tls) = (Arc::clone(&shared), tls.clone());
        let streams = turn.as_ref().map(TurnServer::streams);
        let stopped = async {
            let _ = stopped.await;
        };
        let run = edge::serve(listener, serving, with_tls, streams, stopped);
        parts.spawn(part(Arc::clone(&shared), "edge", run));
        Ok(Self {
            shared,
            address,
            turn,
            tls,
            parts,
            alive,
            stop: Some(stop),
        })
    }

    /// Where HTTP and WebSockets are served.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the embedded relay listens.
    pub fn turn_address(&self) -> Option<SocketAddr> {
        self.turn.as_ref().map(TurnServer::local_addr)
    }

    /// The certificate in use, if the node speaks TLS.
    pub fn certificate(&self) -> Option<Certificate> {
        let (identity, now) = (self.tls.as_ref()?.current(), self.shared.clock.now());
        let host = self.shared.config.public_url.as_ref().and_then(|url| {
            let url = url::Url::parse(url).ok()?;
            url.host_str().map(str::to_owned)
        });
        Some(Certificate {
            days_left: (!identity.expired(now)).then(|| identity.days_left(now)),
            uncovered: host.filter(|host| !identity.covers(host)),
        })
    }

    /// The accounts, for whoever administers this node from the same process.
    pub fn accounts(&self) -> &Accounts {
        &self.shared.accounts
    }

    /// Waits until a part of the node ends, which nothing but a fault in it can bring about; gives
    /// back its name. A node without it only seems to work: stop it, and start another.
    pub async fn failed(&mut self) -> &'static str {
        let relay = async {
            match &mut self.turn {
                Some(turn) => turn.failed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            part = self.parts.join_next() => {
                part.and_then(Result::ok).unwrap_or("a part that panicked")
            }
            () = relay => "relay",
        }
    }

    /// Takes no more connections, tells everyone when to come back, and ends.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let retry_after = RETRY_AFTER;
        for (person, outbox) in self.shared.sockets.all() {
            match person {
                Person::Visitor(_) => outbox.send(&ToVisitor::GoingAway { retry_after }),
                Person::Agent(_) => outbox.send(&ToAgent::GoingAway { retry_after }),
            }
            outbox.close(Close::GoingAway);
        }
        // Each connection holds a door until it is written out.
        if timeout(DRAIN, self.shared.doors.all_closed())
            .await
            .is_err()
        {
            tracing::warn!("some connections did not close in time");
        }
        drop(self.alive);
        let settled = async {
            while let Some(part) = self.parts.join_next().await {
                if part.is_ok_and(|part| part == DESK) {
                    break;
                }
            }
        };
        if timeout(DRAIN, settled).await.is_err() {
            tracing::warn!("some visits were not recorded in time");
        }
        self.parts.shutdown().await;
        if let Some(turn) = self.turn.take() {
            turn.shutdown().await;
        }
        self.shared.accounts.close().await;
    }
}

/// Runs a part of the node, and notes when it ends, in whatever way.
async fn part(
    shared: Arc<Shared>,
    name: &'static str,
    run: impl Future<Output = ()>,
) -> &'static str {
    struct Running(Arc<Shared>);
    impl Drop for Running {
        fn drop(&mut self) {
            self.0.whole.store(false, Ordering::Relaxed);
        }
    }
    let _running = Running(shared);
    run.await;
    name
}

/// Pings everyone in one batch, lets go of the silent, and forgets calm addresses and old visits.
async fn sweep(shared: Arc<Shared>) {
    let period = Duration::from_secs(u64::from(shared.config.limits.ping_interval));
    let next = shared.config.limits.ping_interval.saturating_mul(1000);
    // The same words for visitors and agents.
    let alive = Utf8Bytes::from(isession_protocol::encode(&ToVisitor::Alive { next }));
    let mut ticks = tokio::time::interval(period);
    // After a stall, everyone gets a whole period to answer.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    let keep = Duration::from_secs(u64::from(shared.config.keep_visits) * 24 * 60 * 60);
    let mut forget_at = shared.clock.now();
    loop {
        ticks.tick().await;
        for (_, outbox) in shared.sockets.all() {
            if !outbox.ping(alive.clone()) {
                outbox.close(Close::Silent);
            }
        }
        let now = shared.clock.now();
        for rates in [
            &shared.connects,
            &shared.logins,
            &shared.checks,
            &shared.requests,
            &shared.frames,
            &shared.streams,
        ] {
            rates.sweep(now);
        }
        if now >= forget_at {
            forget_at = now.plus(DAY);
            if let Err(error) = shared.accounts.forget_visits(keep, now).await {
                tracing::error!(error = chain(&error), "old visits were not forgotten");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use uuid::Uuid;

    use super::*;
    use crate::clock::SystemClock;

    async fn health(node: &Node) -> String {
        let mut io = TcpStream::connect(node.address()).await.unwrap();
        let request = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        io.write_all(request).await.unwrap();
        let mut answer = String::new();
        io.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_part_that_ends_is_noticed() {
        let database = std::env::temp_dir().join(format!("isession-{}.db", Uuid::new_v4()));
        let mut config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            database: database.clone(),
            ..Config::default()
        };
        config.turn.listen = ([127, 0, 0, 1], 0).into();
        let mut node = Node::start(config, Arc::new(SystemClock)).await.unwrap();
        assert!(health(&node).await.starts_with("HTTP/1.1 200"));
        let shared = Arc::clone(&node.shared);
        node.parts
            .spawn(part(shared, "faulty", std::future::ready(())));
        assert_eq!(node.failed().await, "faulty");
        assert!(health(&node).await.starts_with("HTTP/1.1 503"));
        node.stop().await;
        std::fs::remove_file(database).unwrap();
    }
}
