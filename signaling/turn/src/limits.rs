//! How much one source, one link and everyone together may have.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use turn_types::Instant;

use crate::{
    client::{Asked, FiveTuple},
    credentials::Purpose,
    metrics::Refusal,
};

/// The bounds of one server. The defaults fit a node with some thousand sessions.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Allocations at one time; each holds a socket and a port.
    pub allocations: usize,
    /// Allocations at one time for one link. A browser makes one per network interface, server
    /// address and transport, twice over while it restarts ICE, and a link has two ends.
    pub allocations_per_link: usize,
    /// Allocations at one time for checks. One more takes the place of the oldest, which has
    /// shown by then what it can.
    pub checks: usize,
    /// Allocations at one time from one source (an IPv4 address or an IPv6 /64), which may be a
    /// whole office.
    pub allocations_per_source: usize,
    /// The longest life of an allocation, however often it is refreshed. Credentials are judged
    /// when an allocation is made; this is what ends the use of expired ones.
    pub allocation_age: Duration,
    /// Permissions, and as many channels, of one allocation.
    pub peers_per_allocation: usize,
    /// Relayed bytes per second and link, both directions together; more is dropped.
    pub bytes_per_second: Option<u32>,
    /// Five-tuples without an allocation that are remembered, each for 30 s at most and with some
    /// 4 KB, and those of them from one source. For one more an older one is forgotten, of a
    /// source with many if it asks itself: who means it is done within a round trip.
    pub strangers: usize,
    pub strangers_per_source: usize,
    /// Clients over TCP and TLS at one time, and as many of them from one source.
    pub streams: usize,
    pub streams_per_source: usize,
    /// How long a stream may be without an allocation, and how long a client may leave unread
    /// what is written to it. It is looked at once in each such time, so it may take twice as
    /// long.
    pub stream_patience: Duration,
    /// Packets per second and source from five-tuples without an allocation; twice as many at
    /// once. More is dropped.
    pub stranger_packets_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allocations: 8192,
            allocations_per_link: 24,
            checks: 256,
            allocations_per_source: 512,
            allocation_age: Duration::from_hours(12),
            peers_per_allocation: 64,
            bytes_per_second: None,
            strangers: 4096,
            strangers_per_source: 256,
            streams: 8192,
            streams_per_source: 512,
            stream_patience: Duration::from_secs(30),
            stranger_packets_per_second: 64,
        }
    }
}

/// Whoever can send from one address. An IPv6 host owns its whole /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        Self(source(address))
    }
}

/// What counts as one address where limits are kept by address: one subscriber holds a whole IPv6
/// /64 (RFC 6177).
pub fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// A bucket that fills with `rate` tokens per second and holds two seconds' worth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    rate: f64,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn full(rate: u32, now: Instant) -> Self {
        let rate = f64::from(rate);
        Self {
            rate,
            tokens: 2.0 * rate,
            at: now,
        }
    }

    /// Takes `cost` tokens if they are there.
    pub(crate) fn take(&mut self, cost: u32, now: Instant) -> bool {
        self.fill(now);
        let enough = self.tokens >= f64::from(cost);
        if enough {
            self.tokens -= f64::from(cost);
        }
        enough
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.tokens >= 2.0 * self.rate
    }

    fn fill(&mut self, now: Instant) {
        let gained = now.duration_since(self.at).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + gained).min(2.0 * self.rate);
        self.at = now;
    }
}

/// The pace of every source that sends without an allocation.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: u32,
    buckets: HashMap<Source, Bucket>,
}

impl Pace {
    /// Sources watched at one time. Beyond it new sources are dropped until [`Pace::forget`]
    /// makes room, a second later.
    const SOURCES: usize = 16_384;

    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate,
            buckets: HashMap::new(),
        }
    }

    pub(crate) fn admits(&mut self, source: Source, now: Instant) -> bool {
        if self.buckets.len() >= Self::SOURCES && !self.buckets.contains_key(&source) {
            return false;
        }
        let rate = self.rate;
        self.buckets
            .entry(source)
            .or_insert_with(|| Bucket::full(rate, now))
            .take(1, now)
    }

    /// Forgets the sources that were quiet long enough to be treated like new ones.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.buckets.retain(|_, bucket| !bucket.is_full(now));
    }
}

/// The live allocations, and the links that get none.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    live: usize,
    links: HashMap<String, Vec<FiveTuple>>,
    sources: HashMap<Source, usize>,
    /// What a link may relay yet. Kept until it is full again, lest a new allocation fill it.
    budgets: HashMap<String, Bucket>,
    /// The allocations of checks, the oldest first.
    checks: VecDeque<FiveTuple>,
    ended: HashSet<String>,
    /// The same, the oldest first.
    order: VecDeque<String>,
}

impl Quota {
    /// Ended links remembered at one time. Beyond it the oldest are forgotten, and their
    /// credentials count again until they expire.
    const ENDED: usize = 16_384;

    /// Whether one more allocation may be made, or which bound forbids it.
    pub(crate) fn judge(&self, limits: &Limits, link: &str, source: Source) -> Result<(), Refusal> {
        if self.links.get(link).map_or(0, Vec::len) >= limits.allocations_per_link {
            Err(Refusal::LinkQuota)
        } else if self.sources.get(&source).copied().unwrap_or(0) >= limits.allocations_per_source {
            Err(Refusal::SourceQuota)
        } else if self.live >= limits.allocations {
            Err(Refusal::Capacity)
        } else {
            Ok(())
        }
    }

    /// Whose allocation a check takes the place of: its own of before, or the oldest of too many.
    pub(crate) fn displaced(&self, limits: &Limits, link: &str) -> Option<FiveTuple> {
        let own = self.links.get(link).and_then(|tuples| tuples.first());
        let full = self.checks.len() >= limits.checks;
        own.or_else(|| self.checks.front().filter(|_| full))
            .copied()
    }

    pub(crate) fn add(&mut self, limits: &Limits, asked: &Asked, tuple: FiveTuple, now: Instant) {
        self.live += 1;
        let link = || asked.link.clone();
        self.links.entry(link()).or_default().push(tuple);
        *self.sources.entry(tuple.client.ip().into()).or_default() += 1;
        match (asked.purpose, limits.bytes_per_second) {
            (Purpose::Check, _) => self.checks.push_back(tuple),
            (_, Some(rate)) => {
                let full = || Bucket::full(rate, now);
                self.budgets.entry(link()).or_insert_with(full);
            }
            (_, None) => {}
        }
    }

    /// Whether so many bytes may be relayed for a link now.
    pub(crate) fn may_relay(&mut self, link: &str, bytes: usize, now: Instant) -> bool {
        let cost = u32::try_from(bytes).unwrap_or(u32::MAX);
        let budget = self.budgets.get_mut(link);
        budget.is_none_or(|budget| budget.take(cost, now))
    }

    /// Forgets the budgets that are as good as new and that nobody relays by.
    pub(crate) fn forget(&mut self, now: Instant) {
        let links = &self.links;
        self.budgets
            .retain(|link, budget| links.contains_key(link) || !budget.is_full(now));
    }

    pub(crate) fn remove(&mut self, link: &str, tuple: FiveTuple) {
        self.live = self.live.saturating_sub(1);
        self.checks.retain(|other| *other != tuple);
        if let Some(tuples) = self.links.get_mut(link) {
            tuples.retain(|other| *other != tuple);
            if tuples.is_empty() {
                self.links.remove(link);
            }
        }
        let source = tuple.client.ip().into();
        if let Some(count) = self.sources.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                self.sources.remove(&source);
            }
        }
    }

    /// Notes that a link gets no more allocations; gives back whose it has.
    pub(crate) fn end(&mut self, link: &str) -> Vec<FiveTuple> {
        if self.ended.insert(link.to_owned()) {
            self.order.push_back(link.to_owned());
            if self.order.len() > Self::ENDED
                && let Some(oldest) = self.order.pop_front()
            {
                self.ended.remove(&oldest);
            }
        }
        self.links.get(link).cloned().unwrap_or_default()
    }

    pub(crate) fn has_ended(&self, link: &str) -> bool {
        self.ended.contains(link)
    }

    pub(crate) const fn live(&self) -> usize {
        self.live
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Port, Transport};
    use proptest::prelude::*;
    use turn_types::stun::message::TransactionId;

    fn source(text: &str) -> Source {
        text.parse::<IpAddr>().unwrap().into()
    }

    /// A client at this address; the port tells it from others there.
    fn tuple(address: &str, port: u16) -> FiveTuple {
        FiveTuple {
            transport: Transport::Datagram,
            server: "9.9.9.1:3478".parse().unwrap(),
            client: (address.parse::<IpAddr>().unwrap(), port).into(),
        }
    }

    fn add(quota: &mut Quota, link: &str, tuple: FiveTuple) {
        let asked = Asked {
            username: String::new(),
            link: link.to_owned(),
            purpose: Purpose::Session,
            transaction: TransactionId::generate(),
            port: Port::Any,
        };
        quota.add(&Limits::default(), &asked, tuple, Instant::ZERO);
    }

    #[test]
    fn an_ipv6_network_and_a_mapped_address_are_one_source() {
        assert_eq!(source("2a00:1:2:3::1"), source("2a00:1:2:3:ffff::9"));
        assert_ne!(source("2a00:1:2:3::1"), source("2a00:1:2:4::1"));
        assert_eq!(source("::ffff:9.9.9.9"), source("9.9.9.9"));
    }

    #[test]
    fn a_source_in_haste_is_slowed_and_no_other() {
        let mut pace = Pace::new(2);
        let now = Instant::from_nanos(0);
        let admitted = (0..10)
            .filter(|_| pace.admits(source("9.9.9.9"), now))
            .count();
        assert_eq!(admitted, 4);
        assert!(pace.admits(source("9.9.9.8"), now));
        assert!(pace.admits(source("9.9.9.9"), now + Duration::from_millis(500)));
        assert!(!pace.admits(source("9.9.9.9"), now + Duration::from_millis(500)));
    }

    #[test]
    fn watched_sources_are_bounded_and_forgotten() {
        let mut pace = Pace::new(1);
        let now = Instant::from_nanos(0);
        for bits in 0..=u32::try_from(Pace::SOURCES).unwrap() {
            pace.admits(IpAddr::from(bits.to_be_bytes()).into(), now);
        }
        assert_eq!(pace.buckets.len(), Pace::SOURCES);
        pace.forget(now + Duration::from_secs(2));
        assert!(pace.buckets.is_empty());
    }

    #[test]
    fn the_narrowest_bound_is_named() {
        let limits = Limits {
            allocations: 3,
            allocations_per_link: 1,
            allocations_per_source: 2,
            ..Limits::default()
        };
        let mut quota = Quota::default();
        add(&mut quota, "a", tuple("9.9.9.9", 1));
        assert_eq!(
            quota.judge(&limits, "a", source("9.9.9.8")),
            Err(Refusal::LinkQuota)
        );
        add(&mut quota, "b", tuple("9.9.9.9", 2));
        assert_eq!(
            quota.judge(&limits, "c", source("9.9.9.9")),
            Err(Refusal::SourceQuota)
        );
        add(&mut quota, "c", tuple("9.9.9.8", 3));
        assert_eq!(
            quota.judge(&limits, "d", source("9.9.9.7")),
            Err(Refusal::Capacity)
        );
        quota.remove("c", tuple("9.9.9.8", 3));
        assert_eq!(quota.judge(&limits, "d", source("9.9.9.7")), Ok(()));
    }

    #[test]
    fn ended_links_are_bounded_and_the_oldest_forgotten() {
        let mut quota = Quota::default();
        for link in 0..=Quota::ENDED {
            quota.end(&link.to_string());
        }
        // Once more changes nothing.
        quota.end(&Quota::ENDED.to_string());
        assert_eq!(
            (quota.ended.len(), quota.order.len()),
            (Quota::ENDED, Quota::ENDED)
        );
        assert!(!quota.has_ended("0"));
        assert!(quota.has_ended("1"));
    }

    proptest! {
        #[test]
        fn adding_and_removing_leaves_nothing(links in prop::collection::vec("[a-c]", 0..30)) {
            let mut quota = Quota::default();
            for (port, link) in (1..).zip(&links) {
                add(&mut quota, link, tuple("9.9.9.9", port));
            }
            for (port, link) in (1..).zip(&links) {
                quota.remove(link, tuple("9.9.9.9", port));
            }
            prop_assert!(quota.live() == 0 && quota.links.is_empty() && quota.sources.is_empty());
        }

        #[test]
        fn a_bucket_never_gives_more_than_its_burst_and_rate(
            rate in 1u32..1000, steps in prop::collection::vec((0u64..50, 1u32..20), 1..200),
        ) {
            let mut now = Instant::from_nanos(0);
            let mut bucket = Bucket::full(rate, now);
            let mut taken = 0;
            for (millis, cost) in steps {
                now += Duration::from_millis(millis);
                if bucket.take(cost, now) {
                    taken += u64::from(cost);
                }
            }
            let seconds = now.duration_since(Instant::from_nanos(0)).as_secs_f64();
            let ceiling = f64::from(rate) * (2.0 + seconds) + 1.0;
            prop_assert!(taken as f64 <= ceiling, "{taken} > {ceiling}");
        }
    }
}
