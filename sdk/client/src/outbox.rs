//! What goes out on `talk`, no faster than the channel takes it: a session never waits for its
//! channel. Entries that wait are of the transcript, whose size is bounded; asked again and again,
//! the queue starts anew and does not grow. Of acks and the like the newest of each kind waits.

use std::collections::VecDeque;

use isession_protocol::channel::{Entry, Talk};
use isession_protocol::ids::Epoch;
use isession_protocol::limits;

/// Signals that wait; nothing repeats them, and an exchange has hardly as many.
const SIGNALS: usize = 64;

/// What a frame says the newest of.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Ack(Epoch),
    Resume,
    Other,
}

impl Kind {
    fn of(talk: &Talk) -> Self {
        match talk {
            Talk::Ack { id } => Self::Ack(id.epoch.clone()),
            Talk::Resume { .. } => Self::Resume,
            _ => Self::Other,
        }
    }
}

/// Frames that wait for room.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// It found no room.
    again: Option<Talk>,
    signals: VecDeque<Talk>,
    told: VecDeque<(Kind, Talk)>,
    entries: VecDeque<Entry>,
}

impl Outbox {
    pub(crate) fn tell(&mut self, talk: Talk) {
        if let Talk::Signal { .. } = talk {
            if self.signals.len() < SIGNALS {
                self.signals.push_back(talk);
            }
            return;
        }
        let kind = Kind::of(&talk);
        self.told.retain(|(known, _)| *known != kind);
        if self.told.len() == limits::SEEN_EPOCHS {
            self.told.pop_front();
        }
        self.told.push_back((kind, talk));
    }

    pub(crate) fn add(&mut self, entry: Entry) {
        self.entries.push_back(entry);
    }

    /// Sends these; what waited is among them.
    pub(crate) fn replace(&mut self, entries: Vec<Entry>) {
        self.again.take_if(|talk| matches!(talk, Talk::Entry(_)));
        self.entries = entries.into();
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_empty(&self) -> bool {
        let none = self.signals.is_empty() && self.told.is_empty() && self.entries.is_empty();
        none && self.again.is_none()
    }

    /// There was no room for this, and it comes next.
    pub(crate) fn put_back(&mut self, talk: Talk) {
        self.again = Some(talk);
    }

    /// The next frame to send.
    pub(crate) fn next(&mut self) -> Option<Talk> {
        let told = |told: &mut VecDeque<(Kind, Talk)>| told.pop_front().map(|(_, talk)| talk);
        let again = self.again.take();
        again
            .or_else(|| self.signals.pop_front())
            .or_else(|| told(&mut self.told))
            .or_else(|| self.entries.pop_front().map(Talk::Entry))
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test that cannot be set up has failed"
    )]

    use isession_protocol::Timestamp;
    use isession_protocol::channel::{Body, EntryId, Seen};
    use isession_protocol::signaling::Signal;

    use super::*;

    fn epoch(text: &str) -> Epoch {
        Epoch::try_from(text.to_owned()).unwrap()
    }

    fn id(name: &str, seq: u32) -> EntryId {
        EntryId {
            epoch: epoch(name),
            seq,
        }
    }

    fn ack(name: &str, seq: u32) -> Talk {
        Talk::Ack { id: id(name, seq) }
    }

    fn entry(seq: u32) -> Entry {
        Entry {
            id: id("mine", seq),
            at: Timestamp::ZERO,
            body: Body::Bye,
        }
    }

    fn signal() -> Talk {
        let epoch = epoch("life");
        Talk::Signal {
            signal: Signal::Ready { epoch },
        }
    }

    fn drain(outbox: &mut Outbox) -> Vec<Talk> {
        std::iter::from_fn(|| outbox.next()).collect()
    }

    #[test]
    fn the_newest_of_each_kind_waits_and_entries_come_last() {
        let mut outbox = Outbox::default();
        outbox.add(entry(1));
        let resume = Talk::Resume {
            seen: Seen::default(),
        };
        for talk in [
            ack("old", 1),
            ack("new", 1),
            resume.clone(),
            ack("new", 2),
            resume.clone(),
        ] {
            outbox.tell(talk);
        }
        outbox.tell(signal());
        let sent = drain(&mut outbox);
        let last = Talk::Entry(entry(1));
        assert_eq!(sent, [signal(), ack("old", 1), ack("new", 2), resume, last]);
        assert!(outbox.is_empty());
    }

    #[test]
    fn what_found_no_room_comes_next_and_an_entry_of_it_only_once() {
        let mut outbox = Outbox::default();
        outbox.add(entry(1));
        outbox.add(entry(2));
        let first = outbox.next().unwrap();
        outbox.put_back(first);
        assert!(!outbox.is_empty());
        outbox.replace(vec![entry(1), entry(2)]);
        let sent = drain(&mut outbox);
        assert_eq!(sent, [Talk::Entry(entry(1)), Talk::Entry(entry(2))]);
        outbox.put_back(ack("a", 1));
        outbox.replace(Vec::new());
        assert_eq!(drain(&mut outbox), [ack("a", 1)]);
    }

    #[test]
    fn however_often_it_is_asked_it_does_not_grow() {
        let mut outbox = Outbox::default();
        for seq in 0..10_000 {
            outbox.tell(signal());
            outbox.tell(ack(&format!("e{seq}"), 1));
            outbox.replace(vec![entry(1), entry(2)]);
        }
        let most = SIGNALS + limits::SEEN_EPOCHS + 2;
        assert_eq!(drain(&mut outbox).len(), most);
    }
}
