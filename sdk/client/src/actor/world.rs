//! The clock, chance and the waits of a session's task.

use std::time::Duration;

use isession_protocol::Timestamp;
use isession_protocol::ids::Epoch;
use isession_protocol::signaling::EndReason;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::peer::{Peer, Stir};
use crate::session::Begin;
use crate::session_core::Input;

/// What a session hears first.
pub(super) const fn beginning(begin: Begin) -> Input {
    match begin {
        Begin::Accepted { resumed } => Input::Start { resumed },
        Begin::Ring {
            relay_only,
            offer_only,
        } => Input::Ring {
            relay_only,
            offer_only,
        },
    }
}

/// Ready when an end that the node told comes.
pub(super) async fn ended(ends: Option<(Instant, EndReason)>) -> EndReason {
    match ends {
        Some((at, reason)) => {
            sleep_until(at).await;
            reason
        }
        None => std::future::pending().await,
    }
}

/// Ready when something happened to the connection.
pub(super) async fn stirs(peer: Option<&mut Peer>, waits: bool) -> Stir {
    match peer {
        Some(peer) => peer.stirs(waits).await,
        None => std::future::pending().await,
    }
}

pub(super) fn fresh_epoch() -> Epoch {
    Epoch::from(Uuid::new_v4())
}

/// From 0 to 1.
pub(super) fn chance() -> f64 {
    f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}

pub(super) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis();
    Timestamp::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// When that time comes, by the clock that timers run by.
pub(super) fn instant(time: Timestamp) -> Instant {
    Instant::now() + Duration::from_millis(time.since(now()))
}
