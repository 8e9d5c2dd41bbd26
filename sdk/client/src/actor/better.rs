//! Going over to a better path than a relay's. Browsers do so by themselves. The `webrtc` crate
//! (0.21.1) keeps the pair that was nominated first, even when the other side nominates a better
//! one: it would send by the relay for the rest of the session. What it tells is that the other
//! side's checks arrive without a relay; then a new connection finds that way.
//!
//! Drop this when the crate selects what was nominated last (RFC 8445, section 8.1.1).

use std::time::Duration;

use isession_protocol::signaling::Path;
use tokio::time::Instant;

/// Before the first new connection, and grows: where the relay wins time and again, there is a
/// reason.
const FIRST: Duration = Duration::from_secs(4);
const GROWS: u32 = 4;
const MOST: Duration = Duration::from_secs(300);

/// Whether a better path is there, and when it was tried last.
#[derive(Debug, Default)]
pub(super) struct Better {
    /// Checks that arrived without a relay, when this was last looked at.
    checks: Option<u64>,
    wait: Option<Duration>,
    not_before: Option<Instant>,
}

impl Better {
    /// A new connection counts anew.
    pub(super) fn connects(&mut self) {
        self.checks = None;
    }

    /// Looks at the path in use, and at how many checks arrived without a relay. True when a new
    /// connection should be made.
    pub(super) fn look(&mut self, now: Instant, path: Path, checks: u64) -> bool {
        if path == Path::Direct {
            *self = Self::default();
            return false;
        }
        let arrived = self.checks.replace(checks).is_some_and(|was| was < checks);
        let wait = *self.wait.get_or_insert(FIRST);
        let not_before = *self.not_before.get_or_insert(now + wait);
        if !arrived || now < not_before {
            return false;
        }
        let wait = (wait * GROWS).min(MOST);
        (self.wait, self.not_before) = (Some(wait), Some(now + wait));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The seconds at which a new connection is made, looked at each second for an hour.
    fn tries(path: Path, checks: impl Fn(u64) -> u64) -> Vec<u64> {
        let (mut better, began) = (Better::default(), Instant::now());
        (0..3600)
            .filter(|second| {
                let now = began + SECOND * u32::try_from(*second).unwrap_or(u32::MAX);
                better.look(now, path, checks(*second))
            })
            .collect()
    }

    #[test]
    fn what_has_no_better_path_stays_where_it_is() {
        assert!(tries(Path::RelayedUdp, |_| 0).is_empty());
        // Checks that arrived once, while the connection was made, say nothing of now.
        assert!(tries(Path::RelayedUdp, |_| 7).is_empty());
    }

    #[test]
    fn what_is_direct_stays_so() {
        assert!(tries(Path::Direct, |second| second).is_empty());
    }

    #[test]
    fn a_better_path_is_tried_soon_and_then_ever_more_rarely() {
        let tries = tries(Path::RelayedTcp, |second| second);
        assert_eq!(tries.get(..5), Some([4, 20, 84, 340, 640].as_slice()));
        let pauses = tries.windows(2).skip(3).map(|two| match two {
            [one, other] => other - one,
            _ => 0,
        });
        assert!(pauses.into_iter().all(|pause| pause == MOST.as_secs()));
    }

    #[test]
    fn a_new_connection_counts_its_own_checks() {
        let (mut better, began) = (Better::default(), Instant::now());
        assert!(!better.look(began, Path::RelayedUdp, 5));
        better.connects();
        assert!(!better.look(began + FIRST, Path::RelayedUdp, 9));
        assert!(better.look(began + FIRST + SECOND, Path::RelayedUdp, 10));
    }

    #[test]
    fn after_a_direct_path_all_begins_anew() {
        let (mut better, began) = (Better::default(), Instant::now());
        for second in 0..100 {
            better.look(began + SECOND * second, Path::RelayedUdp, u64::from(second));
        }
        assert!(!better.look(began + SECOND * 100, Path::Direct, 100));
        assert!(!better.look(began + SECOND * 101, Path::RelayedUdp, 101));
        assert!(better.look(began + SECOND * 105, Path::RelayedUdp, 105));
    }
}
