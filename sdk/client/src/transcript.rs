//! The session layer: what was said on both sides, so that nothing is lost, doubled or
//! reordered, whatever pages, networks and nodes do. Pure: time and epochs are arguments. The
//! same rules stand in `web/packages/peer/src/transcript.ts`.

use std::collections::BTreeMap;

use isession_protocol::channel::{Body, Consent, Entry, EntryId, Seen};
use isession_protocol::ids::Epoch;
use isession_protocol::{Timestamp, encode, limits};

/// Which of the two people this side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Asks for help, and decides.
    Visitor,
    /// Helps, and leads.
    Agent,
}

impl Role {
    const fn other(self) -> Self {
        match self {
            Self::Visitor => Self::Agent,
            Self::Agent => Self::Visitor,
        }
    }

    /// Leads are the agent's, landings and consent are the visitor's.
    pub(crate) const fn may_write(self, body: &Body) -> bool {
        match body {
            Body::Lead { .. } => matches!(self, Self::Agent),
            Body::Landing { .. } | Body::Consent { .. } => matches!(self, Self::Visitor),
            Body::Message { .. } | Body::Bye => true,
            Body::Unknown => false,
        }
    }
}

/// Entries and bytes of one session at the most. One's own beyond it are refused; the other
/// side's end the session, because dropping one would be silence.
const MOST_ENTRIES: usize = 5000;
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The conversation holds all that it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this conversation is full")]
pub struct Full;

/// What came of an entry of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Seen for the first time.
    New,
    /// Seen before.
    Double,
    /// Something before it is missing: ask for it with `resume`.
    Gap,
    /// There is no room: the session ends.
    Full,
    /// Seen, and passed over: not the other side's to say, or of a newer version.
    PassedOver,
}

/// Both sides' entries, as one side has them.
#[derive(Clone, Debug)]
pub struct Transcript {
    role: Role,
    epoch: Epoch,
    seq: u32,
    entries: usize,
    bytes: usize,
    mine: Vec<Entry>,
    /// The last seen of each epoch of the other side, and when the epoch was first seen.
    seen: BTreeMap<Epoch, (usize, u32)>,
    /// The last of mine that the other side has seen, by epoch.
    delivered: BTreeMap<Epoch, u32>,
    consent: Consent,
    ended: bool,
}

impl Transcript {
    /// An empty one. The epoch is random and of this life of the program only.
    pub const fn new(role: Role, epoch: Epoch) -> Self {
        Self {
            role,
            epoch,
            seq: 0,
            entries: 0,
            bytes: 0,
            mine: Vec::new(),
            seen: BTreeMap::new(),
            delivered: BTreeMap::new(),
            consent: Consent::Ask,
            ended: false,
        }
    }

    /// Which side this is.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The visitor's standing word. A word of a newer version is taken as the safest one.
    pub const fn consent(&self) -> Consent {
        self.consent
    }

    /// Whether either side said goodbye.
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Writes an entry of this side.
    pub fn write(&mut self, body: Body, at: Timestamp) -> Result<Entry, Full> {
        let id = EntryId {
            epoch: self.epoch.clone(),
            seq: self.seq + 1,
        };
        let entry = Entry { id, at, body };
        self.make_room(&entry)?;
        self.seq += 1;
        self.note(&entry.body);
        self.mine.push(entry.clone());
        Ok(entry)
    }

    /// Takes an entry of the other side.
    pub fn receive(&mut self, entry: &Entry) -> Receipt {
        let last = self.seen.get(&entry.id.epoch).map_or(0, |(_, seq)| *seq);
        if entry.id.seq <= last {
            return Receipt::Double;
        }
        if entry.id.seq > last + 1 {
            return Receipt::Gap;
        }
        let theirs = self.role.other().may_write(&entry.body);
        if theirs && self.make_room(entry).is_err() {
            return Receipt::Full;
        }
        let order = self.seen.len();
        let seen = self
            .seen
            .entry(entry.id.epoch.clone())
            .or_insert((order, 0));
        seen.1 = entry.id.seq;
        if !theirs {
            return Receipt::PassedOver;
        }
        self.note(&entry.body);
        Receipt::New
    }

    /// The other side has seen this side's entries up to this one.
    pub fn acknowledge(&mut self, id: &EntryId) {
        let delivered = self.delivered.entry(id.epoch.clone()).or_insert(0);
        *delivered = id.seq.max(*delivered);
        // An acknowledgement of something never written must not grow the map.
        if !self.mine.iter().any(|entry| entry.id.epoch == id.epoch) {
            self.delivered.remove(&id.epoch);
        }
    }

    /// What to send on a new channel, once it is known what the other side has seen.
    pub fn missing(&mut self, seen: &Seen) -> Vec<Entry> {
        for (epoch, seq) in seen.iter() {
            self.acknowledge(&EntryId {
                epoch: epoch.clone(),
                seq,
            });
        }
        // A full list leaves older epochs out: what was acknowledged stands for them. Otherwise
        // an epoch that is not in the list was never seen, or forgotten, and is sent again.
        let full = seen.iter().count() >= limits::SEEN_EPOCHS;
        let known = |epoch: &Epoch| match seen.of(epoch) {
            0 if full => self.delivered.get(epoch).copied().unwrap_or(0),
            seq => seq,
        };
        self.mine
            .iter()
            .filter(|entry| entry.id.seq > known(&entry.id.epoch))
            .cloned()
            .collect()
    }

    /// What this side has seen of the other: the latest epochs.
    pub fn seen(&self) -> Seen {
        let mut epochs: Vec<_> = self.seen.iter().collect();
        epochs.sort_unstable_by_key(|(_, (order, _))| std::cmp::Reverse(*order));
        let latest = epochs.into_iter().take(limits::SEEN_EPOCHS);
        let latest: BTreeMap<_, _> = latest
            .map(|(epoch, (_, seq))| (epoch.clone(), *seq))
            .collect();
        Seen::try_from(latest).unwrap_or_default()
    }

    fn make_room(&mut self, entry: &Entry) -> Result<(), Full> {
        let bytes = encode(entry).len();
        if self.entries >= MOST_ENTRIES || self.bytes + bytes > MOST_BYTES {
            return Err(Full);
        }
        self.entries += 1;
        self.bytes += bytes;
        Ok(())
    }

    const fn note(&mut self, body: &Body) {
        match body {
            Body::Consent {
                consent: Consent::Unknown,
            } => self.consent = Consent::Stop,
            Body::Consent { consent } => self.consent = *consent,
            Body::Bye => self.ended = true,
            _ => {}
        }
    }
}
