//! Time as something that is handed in, so that tests hold it in their hands.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use isession_protocol::Timestamp;
use tokio::sync::watch;

/// A source of time and of waking up.
pub trait Clock: std::fmt::Debug + Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;
    /// Ready when the time has come.
    fn until(&self, time: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The clock of the machine. It never goes back: where the machine's is set back, it goes on by
/// itself, so that no timer and no rate stands still meanwhile; where that is ahead, it follows.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        static STEADY: LazyLock<Steady> = LazyLock::new(Steady::default);
        static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let passed = BEGIN.elapsed();
        Timestamp::from_millis(STEADY.now(millis(wall), millis(passed)))
    }

    fn until(&self, time: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let wait = time.since(self.now());
        Box::pin(tokio::time::sleep(Duration::from_millis(wait)))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What the wall clock was ahead of the time that passed, at the most.
#[derive(Debug, Default)]
struct Steady(AtomicU64);

impl Steady {
    fn now(&self, wall: u64, passed: u64) -> u64 {
        let ahead = wall.saturating_sub(passed);
        let most = self.0.fetch_max(ahead, Ordering::Relaxed).max(ahead);
        most.saturating_add(passed)
    }
}

/// A clock that moves when told to.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<watch::Sender<Timestamp>>);

impl ManualClock {
    /// Stands still at `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Arc::new(watch::Sender::new(start)))
    }

    /// Moves the time forward and wakes whoever waited for it.
    pub fn advance(&self, millis: u64) {
        self.0.send_modify(|now| *now = now.plus(millis));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    fn until(&self, time: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut watch = self.0.subscribe();
        Box::pin(async move {
            // The sender lives in `self`, so waiting cannot fail.
            let _ = watch.wait_for(|now| *now >= time).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_when_the_wall_clock_is_set_back_and_follows_when_it_is_set_forward() {
        let steady = Steady::default();
        for (wall, passed, now) in [
            (5000, 0, 5000),
            (6000, 1000, 6000),
            (3000, 1000, 6000),
            (3500, 1500, 6500),
            (9000, 2000, 9000),
            (9000, 2100, 9100),
        ] {
            assert_eq!(steady.now(wall, passed), now, "{wall} {passed}");
        }
    }
}
