//! Another life of the visitor's side: its connection is made beside the one that carries, and takes
//! its place once it is open. So nobody who goes from window to window is out of reach on the way.

use isession_protocol::Timestamp;
use isession_protocol::ids::Epoch;
use isession_protocol::signaling::Signal;

use super::current::{Channel, Current};
use super::{Effect, PATIENCE, PathState, PeerInput, SessionCore};

#[derive(Debug)]
pub(super) struct Beside {
    current: Current,
    theirs: Epoch,
    /// It takes the place then in any case.
    pub(super) by: Timestamp,
}

impl Beside {
    /// Whether a signal is of and for this life.
    fn is_meant(&self, epoch: &Epoch, to: Option<&Epoch>) -> bool {
        self.theirs == *epoch && to.is_none_or(|to| *to == self.current.epoch)
    }

    /// Whether there is nothing to wait for any more.
    fn is_ready(&self) -> bool {
        let Current {
            path,
            channel,
            seen,
            ..
        } = &self.current;
        let opened = *channel == Channel::Open && *path == PathState::Connected && seen.is_some();
        opened || *channel == Channel::Closed || *path == PathState::Failed
    }
}

impl SessionCore {
    pub(super) fn is_beside(&self, epoch: &Epoch) -> bool {
        self.beside
            .as_ref()
            .is_some_and(|beside| beside.current.epoch == *epoch)
    }

    /// Begins the life that this offer is of.
    pub(super) fn connect_beside(&mut self, theirs: Epoch, offer: Signal) {
        let epoch = (self.source.epoch)();
        let mut current = Current::new(epoch.clone());
        current.theirs = Some(theirs.clone());
        self.beside = Some(Beside {
            current,
            theirs,
            by: self.now.plus(PATIENCE),
        });
        self.effects.push(Effect::ConnectBeside(epoch));
        self.effects.push(Effect::TakeBeside(offer));
    }

    /// Gives back a signal that is not of or for that life.
    pub(super) fn take_beside(&mut self, signal: Signal) -> Option<Signal> {
        let meant = match (&signal, &self.beside) {
            (
                Signal::Description { epoch, to, .. } | Signal::Candidate { epoch, to, .. },
                Some(beside),
            ) => beside.is_meant(epoch, to.as_ref()),
            _ => false,
        };
        if meant {
            self.effects.push(Effect::TakeBeside(signal));
            return None;
        }
        Some(signal)
    }

    /// What that life's connection says. Its signals go through the node.
    pub(super) fn peer_beside(&mut self, input: PeerInput) {
        let seen = self.transcript.seen();
        let Some(beside) = &mut self.beside else {
            return;
        };
        let (epoch, to) = (beside.current.epoch.clone(), Some(beside.theirs.clone()));
        match input {
            PeerInput::Described { role, sdp } => {
                let signal = Signal::Description {
                    role,
                    sdp,
                    epoch,
                    to,
                    seen,
                };
                return self.effects.push(Effect::Signal(signal));
            }
            PeerInput::Candidate { candidate, mid } => {
                let signal = Signal::Candidate {
                    candidate,
                    mid,
                    epoch,
                    to,
                };
                return self.effects.push(Effect::Signal(signal));
            }
            PeerInput::Hear(talk) => {
                self.go_over();
                return self.hear(talk);
            }
            PeerInput::Taken { seen } => beside.current.seen = Some(seen),
            PeerInput::Path(path) => beside.current.path = path,
            PeerInput::Channel { open } => {
                beside.current.channel = if open { Channel::Open } else { Channel::Closed };
            }
        }
        if beside.is_ready() {
            self.go_over();
        }
    }

    /// It was waited for long enough.
    pub(super) fn tick_beside(&mut self) {
        if self
            .beside
            .as_ref()
            .is_some_and(|beside| beside.by <= self.now)
        {
            self.go_over();
        }
    }

    /// It takes the place of the current one, whether it is open or to be mended.
    pub(super) fn go_over(&mut self) {
        let Some(Beside { current, .. }) = self.beside.take() else {
            return;
        };
        self.effects.push(Effect::TakeUp(current.epoch.clone()));
        self.current = Some(current);
        self.flow();
        self.look();
    }
}
