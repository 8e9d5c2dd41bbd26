//! Those who have no allocation, yet or any more.

use std::collections::{BTreeSet, HashMap};

use turn_types::Instant;

use crate::{
    client::FiveTuple,
    limits::{Limits, Source},
};

/// Five-tuples by the time until which they are remembered, so the oldest first.
type ByAge = BTreeSet<(Instant, FiveTuple)>;

#[derive(Debug, Default)]
pub(crate) struct Strangers {
    all: ByAge,
    sources: HashMap<Source, ByAge>,
}

impl Strangers {
    /// Notes one; gives back who is to be forgotten for it, already taken out. A source that has
    /// more than it may, or more than its share where there are too many, makes room itself: the
    /// oldest of all goes only for one whose source has few.
    pub(crate) fn add(
        &mut self,
        limits: &Limits,
        until: Instant,
        tuple: FiveTuple,
    ) -> Option<FiveTuple> {
        self.all.insert((until, tuple));
        let source = tuple.client.ip().into();
        self.sources
            .entry(source)
            .or_default()
            .insert((until, tuple));
        let full = self.all.len() > limits.strangers;
        let share = self.all.len() / self.sources.len();
        let here = self.sources.get(&source)?;
        let crowded = if here.len() > limits.strangers_per_source || full && here.len() > share {
            here.first()
        } else {
            self.all.first().filter(|_| full)
        };
        let (until, oldest) = crowded.copied()?;
        self.remove(until, oldest);
        Some(oldest)
    }

    pub(crate) fn remove(&mut self, until: Instant, tuple: FiveTuple) {
        self.all.remove(&(until, tuple));
        let source = tuple.client.ip().into();
        if let Some(here) = self.sources.get_mut(&source) {
            here.remove(&(until, tuple));
            if here.is_empty() {
                self.sources.remove(&source);
            }
        }
    }
}
