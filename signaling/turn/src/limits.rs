//! How much one source, one link and everyone together may have.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use turn_types::Instant;

use crate::metrics::Refusal;

/// The bounds of one server. The defaults fit a node with some thousand sessions.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Allocations at one time; each holds a socket and a port.
    pub allocations: usize,
    /// Allocations at one time for one link. A browser makes one per network interface, server
    /// address and transport, twice over while it restarts ICE, and a link has two ends.
    pub allocations_per_link: usize,
    /// Allocations at one time from one source (an IPv4 address or an IPv6 /64), which may be a
    /// whole office.
    pub allocations_per_source: usize,
    /// The longest life of an allocation, however often it is refreshed. Credentials are judged
    /// when an allocation is made; this is what ends the use of expired ones.
    pub allocation_age: Duration,
    /// Permissions, and as many channels, of one allocation.
    pub peers_per_allocation: usize,
    /// Relayed bytes per second and allocation, both directions together; more is dropped.
    pub bytes_per_second: Option<u32>,
    /// Five-tuples without an allocation that are remembered, each for 30 s at most and with some
    /// 4 KB. Beyond it new ones get no answer.
    pub strangers: usize,
    /// Clients over TCP and TLS at one time, and as many of them from one source.
    pub streams: usize,
    pub streams_per_source: usize,
    /// How long a stream may be without an allocation, and how long a client may leave unread
    /// what is written to it.
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
            allocations_per_source: 512,
            allocation_age: Duration::from_hours(12),
            peers_per_allocation: 64,
            bytes_per_second: None,
            strangers: 4096,
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
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => v4.into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        })
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

/// The count of live allocations.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    live: usize,
    links: HashMap<String, usize>,
    sources: HashMap<Source, usize>,
}

impl Quota {
    /// Whether one more allocation may be made, or which bound forbids it.
    pub(crate) fn judge(&self, limits: &Limits, link: &str, source: Source) -> Result<(), Refusal> {
        let count = |found: Option<&usize>| found.copied().unwrap_or(0);
        if count(self.links.get(link)) >= limits.allocations_per_link {
            Err(Refusal::LinkQuota)
        } else if count(self.sources.get(&source)) >= limits.allocations_per_source {
            Err(Refusal::SourceQuota)
        } else if self.live >= limits.allocations {
            Err(Refusal::Capacity)
        } else {
            Ok(())
        }
    }

    pub(crate) fn add(&mut self, link: &str, source: Source) {
        self.live += 1;
        *self.links.entry(link.to_owned()).or_default() += 1;
        *self.sources.entry(source).or_default() += 1;
    }

    pub(crate) fn remove(&mut self, link: &str, source: Source) {
        self.live = self.live.saturating_sub(1);
        decrement(&mut self.links, link);
        decrement(&mut self.sources, &source);
    }

    pub(crate) const fn live(&self) -> usize {
        self.live
    }
}

fn decrement<K, Q>(counts: &mut HashMap<K, usize>, key: &Q)
where
    K: Eq + Hash + std::borrow::Borrow<Q>,
    Q: Eq + Hash + ?Sized,
{
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn source(text: &str) -> Source {
        text.parse::<IpAddr>().unwrap().into()
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
        quota.add("a", source("9.9.9.9"));
        assert_eq!(
            quota.judge(&limits, "a", source("9.9.9.8")),
            Err(Refusal::LinkQuota)
        );
        quota.add("b", source("9.9.9.9"));
        assert_eq!(
            quota.judge(&limits, "c", source("9.9.9.9")),
            Err(Refusal::SourceQuota)
        );
        quota.add("c", source("9.9.9.8"));
        assert_eq!(
            quota.judge(&limits, "d", source("9.9.9.7")),
            Err(Refusal::Capacity)
        );
        quota.remove("c", source("9.9.9.8"));
        assert_eq!(quota.judge(&limits, "d", source("9.9.9.7")), Ok(()));
    }

    proptest! {
        #[test]
        fn adding_and_removing_leaves_nothing(links in prop::collection::vec("[a-c]", 0..30)) {
            let mut quota = Quota::default();
            for link in &links {
                quota.add(link, source("9.9.9.9"));
            }
            for link in &links {
                quota.remove(link, source("9.9.9.9"));
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
