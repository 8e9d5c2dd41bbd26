//! The permissions and channels of one allocation.
//!
//! The protocol crate keeps its own lists, but without a bound, and lets one channel number be
//! bound to two peers. This ledger is asked first. It may count an entry the crate went on to
//! refuse; such an entry expires like any other.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use turn_types::Instant;

/// RFC 8656, section 9.
const PERMISSION: Duration = Duration::from_secs(300);
/// RFC 8656, section 12.
const CHANNEL: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    permissions: HashMap<IpAddr, Instant>,
    channels: HashMap<u16, (SocketAddr, Instant)>,
}

/// Why the ledger has no room for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// The bound is reached.
    Full,
    /// The channel number is bound to another peer, or the peer to another number.
    Bound,
}

impl Ledger {
    /// Notes permissions for all of `peers`, or for none.
    pub(crate) fn permit(
        &mut self,
        peers: &[SocketAddr],
        limit: usize,
        now: Instant,
    ) -> Result<(), Conflict> {
        self.permissions.retain(|_, until| *until >= now);
        let mut permissions = self.permissions.clone();
        permissions.extend(peers.iter().map(|peer| (peer.ip(), now + PERMISSION)));
        if permissions.len() > limit {
            return Err(Conflict::Full);
        }
        self.permissions = permissions;
        Ok(())
    }

    /// Notes a channel and the permission that comes with it.
    pub(crate) fn bind(
        &mut self,
        number: u16,
        peer: SocketAddr,
        limit: usize,
        now: Instant,
    ) -> Result<(), Conflict> {
        self.channels.retain(|_, (_, until)| *until >= now);
        let other = |(&n, &(p, _)): (&u16, &(SocketAddr, Instant))| (n == number) != (p == peer);
        if self.channels.iter().any(other) {
            return Err(Conflict::Bound);
        }
        if self.channels.len() >= limit && !self.channels.contains_key(&number) {
            return Err(Conflict::Full);
        }
        self.permit(&[peer], limit, now)?;
        self.channels.insert(number, (peer, now + CHANNEL));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::ZERO;

    fn peer(last: u8) -> SocketAddr {
        SocketAddr::from(([9, 9, 9, last], 9))
    }

    #[test]
    fn permissions_are_bounded_and_make_room_when_they_expire() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.permit(&[peer(1), peer(2)], 2, START), Ok(()));
        assert_eq!(ledger.permit(&[peer(1)], 2, START), Ok(()));
        assert_eq!(ledger.permit(&[peer(3)], 2, START), Err(Conflict::Full));
        let later = START + PERMISSION + Duration::from_secs(1);
        assert_eq!(ledger.permit(&[peer(3)], 2, later), Ok(()));
    }

    #[test]
    fn a_refused_request_leaves_nothing_behind() {
        let mut ledger = Ledger::default();
        assert_eq!(
            ledger.permit(&[peer(1), peer(2)], 1, START),
            Err(Conflict::Full)
        );
        assert_eq!(ledger.permit(&[peer(3)], 1, START), Ok(()));
    }

    #[test]
    fn number_and_peer_belong_to_each_other() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.bind(0x4000, peer(1), 8, START), Ok(()));
        assert_eq!(ledger.bind(0x4000, peer(1), 8, START), Ok(()));
        assert_eq!(ledger.bind(0x4000, peer(2), 8, START), Err(Conflict::Bound));
        assert_eq!(ledger.bind(0x4001, peer(1), 8, START), Err(Conflict::Bound));
        assert_eq!(ledger.bind(0x4001, peer(2), 8, START), Ok(()));
    }

    #[test]
    fn channels_are_bounded_and_free_their_number_when_they_expire() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.bind(0x4000, peer(1), 1, START), Ok(()));
        assert_eq!(ledger.bind(0x4001, peer(2), 1, START), Err(Conflict::Full));
        let later = START + CHANNEL + Duration::from_secs(1);
        assert_eq!(ledger.bind(0x4000, peer(2), 1, later), Ok(()));
    }
}
