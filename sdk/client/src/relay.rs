//! Relays that the `webrtc` crate cannot reach by itself: TURN over TCP and TLS.
//!
//! At version 0.21.1 the crate skips `turn:…?transport=tcp` and `turns:`, and lets each socket be
//! given by its [`Runtime`](webrtc::runtime::Runtime). So it is told of such a server under an
//! address that exists nowhere ([`NOWHERE`]), as if reached by UDP, and the socket that it is
//! given carries what goes there over a [`Stream`](stream::Stream) of its own. No packet to that
//! address ever leaves this process, and no local port is opened that others could speak to.
//! Drop this module, and [`Relays::told`] first, when the crate speaks TCP and TLS itself.
//!
//! # Order
//! A direct path is preferred by ICE itself: relayed candidates have its lowest preference, and
//! the connection waits for a direct path first. Among relays the crate knows no preference: it
//! takes the one that it had first. So [`Ladder`] lets them begin one after the other, UDP, TCP,
//! TLS, and the later ones only if none before has answered after [`HEAD_START`]. A relayed
//! address is worth the same however its owner reaches the server, so a later rung adds nothing
//! once an earlier one stands; no TCP or TLS is opened where UDP gets through.

mod framing;
mod stream;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use isession_protocol::signaling::{IceServer, Path};
use tokio::sync::watch;

use crate::net::RootCertificates;

pub(crate) use framing::{is_allocated, is_turn};
pub(crate) use stream::Stream;

/// How long a rung of the ladder has for itself before the next begins.
const HEAD_START: Duration = Duration::from_millis(400);
/// The IPv4 dummy address (RFC 7600, section 4.8), which no host has.
const NOWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 8);
/// Servers over TCP and TLS that one connection is told of; more are left out.
const SERVERS: usize = 8;

/// How a relay is reached, in the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Carrier {
    Udp,
    Tcp,
    Tls,
}

impl Carrier {
    pub(crate) const fn path(self) -> Path {
        match self {
            Self::Udp => Path::RelayedUdp,
            Self::Tcp => Path::RelayedTcp,
            Self::Tls => Path::RelayedTls,
        }
    }
}

/// A TURN server as its URL (RFC 7065) names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    host: String,
    port: u16,
    carrier: Carrier,
}

impl Server {
    /// `None` for what is no TURN URL, or means TURN over DTLS.
    fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once(':')?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let transport = query.strip_prefix("transport=");
        let (carrier, default) = match (scheme, transport) {
            ("turn", None | Some("udp")) => (Carrier::Udp, 3478),
            ("turn", Some("tcp")) => (Carrier::Tcp, 3478),
            ("turns", None | Some("tcp")) => (Carrier::Tls, 5349),
            _ => return None,
        };
        let bracket = place.rfind(']').unwrap_or(0);
        let (host, port) = match place.rfind(':').filter(|colon| *colon > bracket) {
            Some(colon) => (place.get(..colon)?, place.get(colon + 1..)?.parse().ok()?),
            None => (place, default),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then(|| Self {
            host: host.to_owned(),
            port,
            carrier,
        })
    }
}

/// How far the rungs have come.
#[derive(Clone, Copy, Debug, Default)]
struct Ladder {
    /// There is a server by UDP, so that rung comes first.
    udp: bool,
    /// The lowest rung with a relayed address.
    stands: Option<Carrier>,
    /// Attempts by TCP that are under way or may still begin.
    tcp: usize,
}

impl Ladder {
    /// The head starts that a rung gives.
    fn waits(self, carrier: Carrier) -> u32 {
        let tcp = carrier == Carrier::Tls && self.tcp > 0;
        u32::from(self.udp && carrier > Carrier::Udp) + u32::from(tcp)
    }

    fn is_passed(self, carrier: Carrier) -> bool {
        self.stands.is_some_and(|stands| stands < carrier)
    }
}

/// The relays of one peer connection.
#[derive(Debug)]
pub(crate) struct Relays {
    roots: RootCertificates,
    /// Servers over TCP and TLS; a server's place is its port at [`NOWHERE`], less one.
    servers: Mutex<Vec<Server>>,
    /// Which of this connection's sockets carries to a server: one is enough.
    carried_by: Mutex<Vec<(SocketAddr, SocketAddr)>>,
    ladder: watch::Sender<Ladder>,
}

impl Relays {
    pub(crate) fn new(roots: RootCertificates) -> Self {
        Self {
            roots,
            servers: Mutex::default(),
            carried_by: Mutex::default(),
            ladder: watch::Sender::default(),
        }
    }

    /// The servers as the crate is told of them, at the start of each search for a path. The
    /// same server is told the same way each time: the crate keeps allocations by that.
    pub(crate) fn told(&self, ice: &[IceServer]) -> Vec<IceServer> {
        let mut ladder = Ladder::default();
        let told = ice.iter().map(|entry| IceServer {
            urls: entry
                .urls
                .iter()
                .filter_map(|url| self.tell(url, &mut ladder))
                .collect(),
            ..entry.clone()
        });
        let told = told.filter(|entry| !entry.urls.is_empty()).collect();
        self.ladder.send_replace(ladder);
        told
    }

    fn tell(&self, url: &str, ladder: &mut Ladder) -> Option<String> {
        if !url.starts_with("turn") {
            return Some(url.to_owned());
        }
        let server = Server::parse(url)?;
        match server.carrier {
            Carrier::Udp => {
                ladder.udp = true;
                return Some(url.to_owned());
            }
            Carrier::Tcp => ladder.tcp += 1,
            Carrier::Tls => {}
        }
        let mut servers = lock(&self.servers);
        let known = servers.iter().position(|known| *known == server);
        let place = match known {
            Some(place) => place,
            None if servers.len() < SERVERS => {
                servers.push(server);
                servers.len() - 1
            }
            None => return None,
        };
        Some(format!("turn:{NOWHERE}:{}?transport=udp", place + 1))
    }

    /// How the relay of this URL, as the crate was told it, is reached.
    pub(crate) fn carrier(&self, told: &str) -> Carrier {
        let at_nowhere = Server::parse(told)
            .filter(|server| server.host.parse() == Ok(NOWHERE))
            .and_then(|server| self.server(SocketAddr::from((NOWHERE, server.port))));
        at_nowhere.map_or(Carrier::Udp, |server| server.carrier)
    }

    /// The server behind an address at [`NOWHERE`].
    fn server(&self, at: SocketAddr) -> Option<Server> {
        let place = usize::from(at.port()).checked_sub(1)?;
        lock(&self.servers).get(place).cloned()
    }

    /// Lets a socket carry to a server, unless another of the same connection does.
    pub(crate) fn claim(&self, server: SocketAddr, socket: SocketAddr) -> bool {
        let mut carried_by = lock(&self.carried_by);
        match carried_by.iter().find(|(known, _)| *known == server) {
            Some((_, claimed)) => *claimed == socket,
            None => {
                carried_by.push((server, socket));
                true
            }
        }
    }

    /// Forgets a socket that closed.
    pub(crate) fn release(&self, socket: SocketAddr) {
        lock(&self.carried_by).retain(|(_, claimed)| *claimed != socket);
    }

    /// A relayed address was granted by this rung.
    pub(crate) fn stands(&self, carrier: Carrier) {
        self.ladder.send_if_modified(|ladder| {
            let better = ladder.stands.is_none_or(|stands| carrier < stands);
            if better {
                ladder.stands = Some(carrier);
            }
            better
        });
    }

    /// An attempt came to nothing.
    fn fell(&self, carrier: Carrier) {
        if carrier == Carrier::Tcp {
            self.ladder
                .send_modify(|ladder| ladder.tcp = ladder.tcp.saturating_sub(1));
        }
    }

    /// Waits for a rung's turn; `false` when it is not needed any more.
    async fn turn(&self, carrier: Carrier) -> bool {
        let began = tokio::time::Instant::now();
        let mut ladder = self.ladder.subscribe();
        loop {
            let now = *ladder.borrow_and_update();
            if now.is_passed(carrier) {
                return false;
            }
            let begin = began + HEAD_START * now.waits(carrier);
            tokio::select! {
                () = tokio::time::sleep_until(begin) => return true,
                // The sender is this struct's own.
                _ = ladder.changed() => {}
            }
        }
    }
}

/// Whether an address stands for a server over TCP or TLS.
pub(crate) fn is_nowhere(address: SocketAddr) -> bool {
    address.ip() == NOWHERE
}

/// What is behind a lock is whole even if somebody panicked while holding it.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(urls: &[&str]) -> Vec<IceServer> {
        vec![IceServer {
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            username: Some("u".to_owned()),
            credential: Some("c".to_owned()),
        }]
    }

    #[test]
    fn urls_are_read_as_the_standard_writes_them() {
        let server = |host: &str, port, carrier| {
            Some(Server {
                host: host.to_owned(),
                port,
                carrier,
            })
        };
        for (url, read) in [
            (
                "turn:help.example",
                server("help.example", 3478, Carrier::Udp),
            ),
            ("turn:h:1?transport=udp", server("h", 1, Carrier::Udp)),
            ("turn:h:1?transport=tcp", server("h", 1, Carrier::Tcp)),
            ("turns:h", server("h", 5349, Carrier::Tls)),
            ("turns:h:443?transport=tcp", server("h", 443, Carrier::Tls)),
            (
                "turn:[2001:db8::1]",
                server("2001:db8::1", 3478, Carrier::Udp),
            ),
            ("turns:[::1]:443", server("::1", 443, Carrier::Tls)),
            ("turns:h?transport=udp", None),
            ("turn:h:port", None),
            ("turn:", None),
            ("turn", None),
        ] {
            assert_eq!(Server::parse(url), read, "{url}");
        }
    }

    #[test]
    fn servers_keep_their_address_and_what_cannot_be_reached_is_left_out() {
        let relays = Relays::new(RootCertificates::default());
        let urls = [
            "stun:h:3478",
            "turn:h:3478?transport=udp",
            "turn:h:3478?transport=tcp",
            "turns:h:443",
            "turns:h:443?transport=udp",
        ];
        let told = relays.told(&servers(&urls));
        assert_eq!(
            told[0].urls,
            [
                "stun:h:3478",
                "turn:h:3478?transport=udp",
                "turn:192.0.0.8:1?transport=udp",
                "turn:192.0.0.8:2?transport=udp",
            ]
        );
        assert_eq!(told, relays.told(&servers(&urls)));
        let carriers = told[0].urls.iter().map(|url| relays.carrier(url));
        assert_eq!(
            carriers.collect::<Vec<_>>(),
            [Carrier::Udp, Carrier::Udp, Carrier::Tcp, Carrier::Tls]
        );
    }

    #[test]
    fn a_server_has_one_socket_at_a_time() {
        let relays = Relays::new(RootCertificates::default());
        let server = SocketAddr::from((NOWHERE, 1));
        let [one, other] = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        assert!(relays.claim(server, one));
        assert!(relays.claim(server, one));
        assert!(!relays.claim(server, other));
        relays.release(one);
        assert!(relays.claim(server, other));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rung_that_stands_keeps_the_later_ones_from_beginning() {
        let relays = Relays::new(RootCertificates::default());
        relays.told(&servers(&["turn:h", "turn:h?transport=tcp", "turns:h"]));
        let began = tokio::time::Instant::now();
        let (tcp, tls, ()) = tokio::join!(
            relays.turn(Carrier::Tcp),
            relays.turn(Carrier::Tls),
            async { relays.stands(Carrier::Udp) }
        );
        assert!(!tcp && !tls);
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn rungs_begin_one_after_the_other() {
        for (urls, carrier, waited) in [
            (
                &["turn:h", "turn:h?transport=tcp", "turns:h"][..],
                Carrier::Tls,
                2,
            ),
            (
                &["turn:h", "turn:h?transport=tcp", "turns:h"],
                Carrier::Tcp,
                1,
            ),
            (&["turn:h", "turns:h"], Carrier::Tls, 1),
            (&["turn:h?transport=tcp", "turns:h"], Carrier::Tcp, 0),
            (&["turns:h"], Carrier::Tls, 0),
        ] {
            let relays = Relays::new(RootCertificates::default());
            relays.told(&servers(urls));
            let began = tokio::time::Instant::now();
            assert!(relays.turn(carrier).await);
            assert_eq!(began.elapsed(), HEAD_START * waited, "{urls:?} {carrier:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tls_takes_the_place_of_tcp_that_fell() {
        let relays = Relays::new(RootCertificates::default());
        relays.told(&servers(&["turn:h?transport=tcp", "turns:h"]));
        let began = tokio::time::Instant::now();
        let (turn, ()) = tokio::join!(relays.turn(Carrier::Tls), async {
            relays.fell(Carrier::Tcp);
        });
        assert!(turn);
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
