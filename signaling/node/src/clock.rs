//! Time as something that is handed in, so that tests hold it in their hands.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use isession_protocol::Timestamp;
use tokio::sync::watch;

/// A source of time and of waking up.
pub trait Clock: std::fmt::Debug + Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;
    /// Ready when the time has come.
    fn until(&self, time: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn until(&self, time: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let wait = time.since(self.now());
        Box::pin(tokio::time::sleep(Duration::from_millis(wait)))
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
