//! How much one address and one connection may ask.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isession_protocol::Timestamp;
use isession_turn::source;
use tokio::sync::Notify;

/// A token bucket: `rate` tokens a `per`, at most `burst` saved up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    micros_per_token: u64,
    burst: u64,
    /// Tokens in millionths, as of `since`.
    filled: u64,
    since: Timestamp,
}

impl Bucket {
    /// A full bucket that refills with `rate` tokens in `per` milliseconds.
    pub(crate) fn full(rate: u32, per: u64, burst: u32, now: Timestamp) -> Self {
        let burst = u64::from(burst.max(1));
        Self {
            micros_per_token: (per * 1000 / u64::from(rate.max(1))).max(1),
            burst,
            filled: burst * 1_000_000,
            since: now,
        }
    }

    /// Takes `cost` tokens if they are there.
    pub(crate) fn take(&mut self, cost: u32, now: Timestamp) -> bool {
        let micros = now.since(self.since).saturating_mul(1000);
        let gained = u128::from(micros) * 1_000_000 / u128::from(self.micros_per_token);
        let full = u128::from(self.burst) * 1_000_000;
        self.filled = u64::try_from((u128::from(self.filled) + gained).min(full)).unwrap_or(0);
        self.since = self.since.max(now);
        let cost = u64::from(cost) * 1_000_000;
        if self.filled < cost {
            return false;
        }
        self.filled -= cost;
        true
    }

    /// Whether forgetting this bucket changes nothing.
    fn is_full(&mut self, now: Timestamp) -> bool {
        self.take(0, now);
        self.filled == self.burst * 1_000_000
    }
}

/// Addresses remembered at once. When more come, new ones are refused until old ones calm down:
/// an attacker with that many addresses must not push out the memory of what they did.
const ADDRESSES: usize = 100_000;

/// The rate of one kind of request, by address.
#[derive(Debug)]
pub(crate) struct Rates {
    per_minute: u32,
    buckets: Mutex<BTreeMap<IpAddr, Bucket>>,
}

impl Rates {
    /// So many requests a minute from each address.
    pub(crate) const fn per_minute(per_minute: u32) -> Self {
        Self {
            per_minute,
            buckets: Mutex::new(BTreeMap::new()),
        }
    }

    /// Whether one more is allowed.
    pub(crate) fn admit(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut buckets = lock(&self.buckets);
        let address = source(address);
        if buckets.len() >= ADDRESSES && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| !bucket.is_full(now));
            if buckets.len() >= ADDRESSES {
                return false;
            }
        }
        let fresh = || Bucket::full(self.per_minute, 60_000, self.per_minute, now);
        buckets.entry(address).or_insert_with(fresh).take(1, now)
    }

    /// Forgets the addresses that calmed down.
    pub(crate) fn sweep(&self, now: Timestamp) {
        lock(&self.buckets).retain(|_, bucket| !bucket.is_full(now));
    }
}

/// Counts what is open, in all and by address.
#[derive(Debug)]
pub(crate) struct Doors {
    total: usize,
    each: u32,
    open: Mutex<Open>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_address: BTreeMap<IpAddr, u32>,
}

/// One open connection; dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Door {
    doors: Arc<Doors>,
    address: Option<IpAddr>,
}

impl Doors {
    /// At most `total` in all and `each` by address.
    pub(crate) fn new(total: usize, each: u32) -> Self {
        Self {
            total,
            each,
            open: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Ready when nothing is open.
    pub(crate) async fn all_closed(&self) {
        loop {
            let changed = self.changed.notified();
            if lock(&self.open).total == 0 {
                return;
            }
            changed.await;
        }
    }

    /// Opens one more, if allowed. One without an address counts only in all.
    pub(crate) fn open(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Door> {
        let address = address.map(source);
        let mut open = lock(&self.open);
        if open.total >= self.total {
            return None;
        }
        if let Some(address) = address {
            let here = open.by_address.get(&address).copied().unwrap_or(0);
            if here >= self.each {
                return None;
            }
            open.by_address.insert(address, here + 1);
        }
        open.total += 1;
        Some(Door {
            doors: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let mut open = lock(&self.doors.open);
        open.total = open.total.saturating_sub(1);
        if let Some(address) = self.address
            && let Some(here) = open.by_address.get_mut(&address)
        {
            *here -= 1;
            if *here == 0 {
                open.by_address.remove(&address);
            }
        }
        self.doors.changed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while these locks are held, so a poisoned one is as good as any.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::full(10, 1000, 3, Timestamp::ZERO);
        assert!((0..3).all(|_| bucket.take(1, Timestamp::ZERO)));
        assert!(!bucket.take(1, Timestamp::from_millis(99)));
        assert!(bucket.take(1, Timestamp::from_millis(100)));
        assert!(!bucket.take(4, Timestamp::from_millis(1_000_000)));
    }

    #[test]
    fn a_clock_that_goes_back_fills_no_bucket() {
        let mut bucket = Bucket::full(1, 1000, 1, Timestamp::from_millis(5000));
        assert!(bucket.take(1, Timestamp::from_millis(5000)));
        assert!(!bucket.take(1, Timestamp::ZERO));
        assert!(!bucket.take(1, Timestamp::from_millis(5000)));
    }

    #[test]
    fn addresses_do_not_share_a_rate_and_a_slash_64_is_one_address() {
        let rates = Rates::per_minute(1);
        let at = |address: &str| rates.admit(address.parse().unwrap(), Timestamp::ZERO);
        assert!(at("192.0.2.1"));
        assert!(!at("192.0.2.1"));
        assert!(!at("::ffff:192.0.2.1"));
        assert!(at("192.0.2.2"));
        assert!(at("2001:db8::1"));
        assert!(!at("2001:db8::2"));
        assert!(at("2001:db8:0:1::1"));
    }

    #[test]
    fn a_sweep_forgets_only_those_that_calmed_down() {
        let rates = Rates::per_minute(2);
        rates.admit(HERE, Timestamp::ZERO);
        rates.sweep(Timestamp::ZERO);
        assert_eq!(lock(&rates.buckets).len(), 1);
        rates.sweep(Timestamp::from_millis(60_000));
        assert!(lock(&rates.buckets).is_empty());
    }

    #[test]
    fn doors_count_in_all_and_by_address_and_close_on_drop() {
        let doors = Arc::new(Doors::new(2, 1));
        let open = |address: &str| doors.open(address.parse().ok());
        let first = open("127.0.0.1");
        assert!(first.is_some());
        assert!(open("127.0.0.1").is_none());
        let second = open("192.0.2.1");
        assert!(open("192.0.2.2").is_none());
        assert!(doors.open(None).is_none());
        drop(first);
        assert!(doors.open(None).is_some());
        assert!(open("127.0.0.1").is_some());
        drop(second);
        assert!(lock(&doors.open).by_address.is_empty());
    }
}
