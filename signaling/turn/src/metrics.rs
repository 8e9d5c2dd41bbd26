//! What the server counts.

use crate::client::Transport;

/// Why something was refused or dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A username that was never minted, or a wrong password.
    BadCredentials,
    /// Credentials that were good once.
    ExpiredCredentials,
    /// The link has all the allocations it may have.
    LinkQuota,
    /// The source has all the allocations it may have.
    SourceQuota,
    /// The server has all the allocations it may have, or no free port.
    Capacity,
    /// A peer that may not be relayed to or from.
    DeniedPeer,
    /// An allocation with all the permissions or channels it may have.
    PeerQuota,
    /// An allocation that relays faster than it may.
    Bandwidth,
    /// A source without an allocation that sends faster than it may, or more such sources,
    /// five-tuples or streams than are remembered.
    Flood,
    /// A client over TCP or TLS that reads more slowly than it is written to.
    Backlog,
}

impl Refusal {
    /// Every reason there is.
    pub const ALL: [Self; 10] = [
        Self::BadCredentials,
        Self::ExpiredCredentials,
        Self::LinkQuota,
        Self::SourceQuota,
        Self::Capacity,
        Self::DeniedPeer,
        Self::PeerQuota,
        Self::Bandwidth,
        Self::Flood,
        Self::Backlog,
    ];

    /// The reason in a metric's label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadCredentials => "bad_credentials",
            Self::ExpiredCredentials => "expired_credentials",
            Self::LinkQuota => "link_quota",
            Self::SourceQuota => "source_quota",
            Self::Capacity => "capacity",
            Self::DeniedPeer => "denied_peer",
            Self::PeerQuota => "peer_quota",
            Self::Bandwidth => "bandwidth",
            Self::Flood => "flood",
            Self::Backlog => "backlog",
        }
    }
}

/// The counts of one server. All but the live allocations only ever grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Allocations there are now.
    pub allocations_live: usize,
    /// Allocations there ever were.
    pub allocations_total: u64,
    /// Payload relayed from clients to peers.
    pub bytes_to_peers: u64,
    /// Payload relayed from peers to clients.
    pub bytes_to_clients: u64,
    pub(crate) live: [usize; Transport::ALL.len()],
    pub(crate) refused: [u64; Refusal::ALL.len()],
}

impl Metrics {
    /// Allocations there are now of clients that came this way.
    pub const fn live(&self, transport: Transport) -> usize {
        self.live[transport as usize]
    }

    /// How often something was refused for this reason.
    pub const fn refused(&self, reason: Refusal) -> u64 {
        self.refused[reason as usize]
    }

    pub(crate) const fn refuse(&mut self, reason: Refusal) {
        self.refused[reason as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_name_and_a_count_of_its_own() {
        let mut metrics = Metrics::default();
        for (index, reason) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
            assert_eq!(
                Refusal::ALL
                    .iter()
                    .filter(|r| r.name() == reason.name())
                    .count(),
                1
            );
            metrics.refuse(reason);
            assert_eq!(metrics.refused(reason), 1);
        }
    }
}
