//! What happens to a session, and what it wants done.

use isession_protocol::bounded::{CandidateLine, Sdp};
use isession_protocol::channel::{Body, Entry, EntryId, Seen, Talk};
use isession_protocol::ids::Epoch;
use isession_protocol::signaling::{DescriptionRole, MediaId, Signal};

/// How a session's connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    Connecting,
    Open,
    Reconnecting,
    Ended,
}

/// What a peer connection says of its path; `Lost` may yet come back by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    Connecting,
    Connected,
    Lost,
    Failed,
}

/// What happens to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Begins. `resumed`: this side was in the session before.
    Start { resumed: bool },
    /// Begins while it rings: an agent asks for an offer, and both wait for the accept.
    /// `relay_only`: better paths are not allowed before it. `offer_only`: nothing is, but an
    /// offer without addresses.
    Ring { relay_only: bool, offer_only: bool },
    /// This agent accepts: may speak, and is not heard before the node's word.
    Answer,
    /// The node's word that it was this agent.
    Accepted,
    /// The node is there again: whatever was under way may have been lost.
    NodeReturned,
    /// Fresh relay credentials have come.
    Ice,
    /// From the other side, through the node.
    Signal(Signal),
    /// From the connection of this epoch.
    Peer(Epoch, PeerInput),
    /// This side says something.
    Write(Body),
    /// Says goodbye.
    End,
    /// A deadline has come.
    Tick,
}

/// What a peer connection says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerInput {
    /// It has described itself.
    Described { role: DescriptionRole, sdp: Sdp },
    /// It has found a candidate.
    Candidate {
        candidate: CandidateLine,
        mid: MediaId,
    },
    /// It took a description of the other side, who had seen this much.
    Taken { seen: Seen },
    /// Its path changed.
    Path(PathState),
    /// Its `talk` channel opened or closed.
    Channel { open: bool },
    /// The other side said this.
    Hear(Talk),
}

/// What a session wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Makes a new connection and drops the one before; a visitor's offers.
    Connect(Epoch),
    /// The same, but for the search for addresses: the offer names none.
    Prepare(Epoch),
    /// Searches for them, with the credentials and the paths that are allowed by now.
    Gather,
    /// Looks for a new path, with the credentials and the paths that are allowed by now.
    Restart,
    /// Hands the other side's signal to the connection.
    Take(Signal),
    /// Sends a signal through the node; over the channel it is told.
    Signal(Signal),
    /// Sends these entries; they take the place of whatever has not left yet.
    Flow(Vec<Entry>),
    Entry(Entry),
    Tell(Talk),
    WantIce,
    Heard(Entry),
    Delivered(EntryId),
    Show(Connection),
    /// The transcript is full: the session ends.
    Full,
}
