//! The peer connection that is current, as far as the rules look at it.

use isession_protocol::Timestamp;
use isession_protocol::channel::{EntryId, Seen};
use isession_protocol::ids::Epoch;

use super::PathState;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Opening,
    Open,
    /// For good.
    Closed,
}

#[derive(Debug)]
pub(super) struct Current {
    pub(super) epoch: Epoch,
    /// The other side's connection, once it is known.
    pub(super) theirs: Option<Epoch>,
    /// What the other side had seen, once offer and answer were exchanged.
    pub(super) seen: Option<Seen>,
    pub(super) path: PathState,
    pub(super) channel: Channel,
    /// Entries may flow.
    pub(super) flows: bool,
    /// Something came over the channel: the other side's end of it is open too.
    pub(super) heard: bool,
    /// What is missing was asked for, and nothing of it came yet.
    pub(super) asked: bool,
    /// The last entry sent that is not acknowledged, and since when no acknowledgement came.
    pub(super) owed: Option<(EntryId, Timestamp)>,
    /// It is owed for too long.
    pub(super) silent: bool,
}

impl Current {
    /// The channel carries.
    pub(super) fn lives(&self) -> bool {
        self.channel == Channel::Open && self.path == PathState::Connected && !self.silent
    }

    /// The channel carries, and the other side listens.
    pub(super) fn talks(&self) -> bool {
        self.lives() && self.heard
    }

    pub(super) fn is_foreign(&self, epoch: &Epoch) -> bool {
        self.theirs.as_ref().is_some_and(|known| known != epoch)
    }
}
