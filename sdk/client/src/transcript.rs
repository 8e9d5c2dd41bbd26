//! The session layer: what was said on both sides, so that nothing is lost, doubled or
//! reordered, whatever pages, networks and nodes do. Pure: time and epochs are arguments. The
//! same rules stand in `web/packages/peer/src/transcript.ts`.

use std::collections::{BTreeMap, BTreeSet};

use isession_protocol::channel::{
    Body, Consent, Entry, EntryId, Grant, Location, Permission, Seen,
};
use isession_protocol::ids::Epoch;
use isession_protocol::{Timestamp, limits};

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

    /// The agent asks and shows; the visitor decides, and says where things are.
    pub(crate) const fn may_write(self, body: &Body) -> bool {
        match body {
            Body::Lead { .. }
            | Body::Ask { .. }
            | Body::Release { .. }
            | Body::Travel { .. }
            | Body::Guide { .. }
            | Body::Highlight { .. } => matches!(self, Self::Agent),
            Body::Landing { .. }
            | Body::Consent { .. }
            | Body::Grant { .. }
            | Body::Location(_)
            | Body::Highlighted { .. } => matches!(self, Self::Visitor),
            Body::Message { .. } | Body::Bye => true,
            Body::Unknown => false,
        }
    }
}

/// How much one session holds, both sides together. Beyond `WORDS` what one says and asks is
/// refused. Answers, such as landings and goodbye, and what the other side had under way, may go
/// up to `ALL`; beyond that the session must end, because dropping an entry would be
/// silence. Browsers hold as much.
const WORDS: Room = Room {
    entries: 5000,
    weight: 3 * 1024 * 1024,
};
const ALL: Room = Room {
    entries: 6000,
    weight: 4 * 1024 * 1024,
};

#[derive(Clone, Copy)]
struct Room {
    entries: usize,
    weight: usize,
}

/// What an entry counts for: its text in UTF-8, and a flat share for the rest.
fn weigh(body: &Body) -> usize {
    100 + match body {
        Body::Message { text } => text.as_str().len(),
        Body::Lead { url } | Body::Guide { url } => url.as_str().len(),
        Body::Location(Location { url, title, .. }) => {
            title.as_str().len() + url.as_ref().map_or(0, |url| url.as_str().len())
        }
        Body::Highlighted { label, .. } => label.as_str().len(),
        _ => 0,
    }
}

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
    weight: usize,
    mine: Vec<Entry>,
    /// The last seen of the other side, by epoch; the epoch heard last comes last. No more epochs
    /// than can be told, so that a hostile side fills no memory.
    seen: Vec<(Epoch, u32)>,
    /// The last taken of the other side, by epoch: what is no longer in `seen` is still known.
    taken: BTreeMap<Epoch, u32>,
    /// The last of mine that the other side has seen, by epoch.
    delivered: BTreeMap<Epoch, u32>,
    consent: Consent,
    grants: BTreeMap<Permission, Grant>,
    /// What the agent gave back since it was granted.
    given_back: BTreeSet<Permission>,
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
            weight: 0,
            mine: Vec::new(),
            seen: Vec::new(),
            taken: BTreeMap::new(),
            delivered: BTreeMap::new(),
            consent: Consent::Ask,
            grants: BTreeMap::new(),
            given_back: BTreeSet::new(),
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

    /// The visitor's standing word on a permission, if there was any.
    pub fn grant(&self, permission: Permission) -> Option<Grant> {
        let there = !self.given_back.contains(&permission);
        self.grants.get(&permission).copied().filter(|_| there)
    }

    /// Whether what was permitted was given back, and nothing was said to that yet: the agent's
    /// side may hear the grant after it gave back, and believe that it is permitted.
    pub fn is_given_back(&self, permission: Permission) -> bool {
        let grant = self.grants.get(&permission);
        self.given_back.contains(&permission)
            && matches!(grant, Some(Grant::Granted | Grant::Paused))
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
        let words = !matches!(
            entry.body,
            Body::Landing { .. }
                | Body::Consent { .. }
                | Body::Grant { .. }
                | Body::Release { .. }
                | Body::Highlighted { .. }
                | Body::Bye
        );
        self.make_room(&entry.body, if words { WORDS } else { ALL })?;
        self.seq += 1;
        self.note(&entry.body);
        self.mine.push(entry.clone());
        Ok(entry)
    }

    /// The id of the entry of this side that was written last.
    pub fn last_written(&self) -> EntryId {
        EntryId {
            epoch: self.epoch.clone(),
            seq: self.seq,
        }
    }

    /// Takes an entry of the other side.
    pub fn receive(&mut self, entry: &Entry) -> Receipt {
        let last = self.last_seen(&entry.id.epoch);
        if entry.id.seq <= last {
            return Receipt::Double;
        }
        if entry.id.seq > last + 1 {
            return Receipt::Gap;
        }
        if !self.role.other().may_write(&entry.body) {
            self.see(&entry.id);
            return Receipt::PassedOver;
        }
        if self.make_room(&entry.body, ALL).is_err() {
            return Receipt::Full;
        }
        self.see(&entry.id);
        self.taken.insert(entry.id.epoch.clone(), entry.id.seq);
        self.note(&entry.body);
        Receipt::New
    }

    /// The other side has seen this side's entries up to this one.
    pub fn acknowledge(&mut self, id: &EntryId) {
        // Acknowledgements of what was never written count for nothing.
        let written = self
            .mine
            .iter()
            .rev()
            .find(|entry| entry.id.epoch == id.epoch);
        let Some(written) = written else { return };
        let seq = id.seq.min(written.id.seq);
        let delivered = self.delivered.entry(id.epoch.clone()).or_insert(0);
        *delivered = seq.max(*delivered);
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

    /// What this side has seen of the other.
    pub fn seen(&self) -> Seen {
        Seen::try_from(self.seen.iter().cloned().collect::<BTreeMap<_, _>>()).unwrap_or_default()
    }

    fn last_seen(&self, epoch: &Epoch) -> u32 {
        let told = self.seen.iter().find(|(known, _)| known == epoch);
        let taken = || self.taken.get(epoch).copied();
        told.map(|(_, seq)| *seq).or_else(taken).unwrap_or(0)
    }

    fn see(&mut self, id: &EntryId) {
        self.seen.retain(|(known, _)| *known != id.epoch);
        if self.seen.len() == limits::SEEN_EPOCHS {
            self.seen.remove(0);
        }
        self.seen.push((id.epoch.clone(), id.seq));
    }

    fn make_room(&mut self, body: &Body, room: Room) -> Result<(), Full> {
        let weight = self.weight + weigh(body);
        if self.entries >= room.entries || weight > room.weight {
            return Err(Full);
        }
        self.entries += 1;
        self.weight = weight;
        Ok(())
    }

    fn note(&mut self, body: &Body) {
        match body {
            Body::Consent {
                consent: Consent::Unknown,
            } => self.consent = Consent::Stop,
            Body::Consent { consent } => self.consent = *consent,
            Body::Grant { permission, grant } => {
                let grant = match grant {
                    Grant::Unknown => Grant::Withdrawn,
                    known => *known,
                };
                self.grants.insert(*permission, grant);
                self.given_back.remove(permission);
            }
            Body::Release { permission } => {
                self.given_back.insert(*permission);
                if *permission == Permission::View {
                    // Worth nothing without it.
                    self.given_back.insert(Permission::Point);
                }
            }
            Body::Bye => self.ended = true,
            _ => {}
        }
    }
}
