//! What comes before the accept does: nobody hears it until then.

use isession_protocol::channel::{Entry, Talk};

/// Entries that are kept: first words, or what a visitor wrote waiting.
const ENTRIES: usize = 16;
/// Signals and the like that are kept; nobody would repeat them.
const OTHERS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Held {
    entries: Vec<Entry>,
    others: Vec<Talk>,
    /// Entries came for which there was no room. They are to be asked for.
    pub(super) lost: bool,
}

impl Held {
    pub(super) fn hold(&mut self, talk: Talk) {
        match talk {
            Talk::Entry(entry) if self.entries.len() < ENTRIES => self.entries.push(entry),
            Talk::Entry(_) => self.lost = true,
            talk if self.others.len() < OTHERS => self.others.push(talk),
            _ => {}
        }
    }

    /// All that is held, entries first.
    pub(super) fn frames(&self) -> impl Iterator<Item = Talk> {
        let entries = self.entries.iter().cloned().map(Talk::Entry);
        entries.chain(self.others.iter().cloned())
    }
}
