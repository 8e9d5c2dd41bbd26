//! How visits begin and end.

use std::collections::BTreeMap;

use isession_protocol::Timestamp;
use isession_protocol::ids::{SiteId, VisitorId};
use isession_protocol::signaling::{Details, EndReason, RingEnd};
use serde::{Deserialize, Serialize};

use crate::effect::{Departed, Effect, Outcome};
use crate::input::{Departure, SessionClaim, Side};
use crate::queue::{WaitState, Waiting};
use crate::{Switchboard, Timer};

/// Visits remembered after their end, at the most. Beyond it the oldest are forgotten, and their
/// tickets count again until they run out.
pub const SPENT: usize = 100_000;

/// A visit that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Why its session ended, if it had one.
    pub served: Option<EndReason>,
    /// When that was. What began later is another visit.
    pub ended: Timestamp,
}

impl Switchboard {
    pub(crate) fn visitor_joined(
        &mut self,
        visitor: VisitorId,
        site: SiteId,
        details: Details,
        since: Option<Timestamp>,
        claim: Option<Box<SessionClaim>>,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(session) = self.state.in_session.get(&visitor) {
            return self.visitor_in_session(*session, true, effects);
        }
        let spent = self.state.spent.get(&visitor).copied();
        let claim = claim.filter(|claim| claim.visitor == visitor);
        let began = claim.as_ref().map(|claim| claim.started).or(since);
        let spent = spent.filter(|spent| began.is_none_or(|began| began <= spent.ended));
        if self.state.waiting.contains_key(&visitor) && (claim.is_none() || spent.is_some()) {
            return self.visitor_came_back(visitor, details, effects);
        }
        match (claim, spent) {
            (Some(claim), Some(spent)) => {
                // It ended while the visitor was away.
                let reason = spent.served.unwrap_or(EndReason::Expired);
                let side = Side::Visitor;
                effects.push(Effect::Over {
                    claim: *claim,
                    side,
                    reason,
                });
            }
            (Some(claim), None) => self.visitor_claims(*claim, effects),
            (None, spent) => {
                // The ticket of a visit that ended buys no place.
                let since = since.filter(|_| spent.is_none());
                self.begin_waiting(visitor, site, details, since, effects);
            }
        }
    }

    fn begin_waiting(
        &mut self,
        visitor: VisitorId,
        site: SiteId,
        details: Details,
        since: Option<Timestamp>,
        effects: &mut Vec<Effect>,
    ) {
        let now = self.state.now;
        // Nobody came tomorrow, and nobody waits for longer than anyone may.
        let since = since
            .filter(|since| *since <= now && now.since(*since) < self.policy.max_wait)
            .unwrap_or(now);
        self.enqueue(visitor, &site, since);
        let end = since.plus(self.policy.max_wait);
        self.state.timers.insert((end, Timer::MaxWait(visitor)));
        let waiting = Waiting {
            site,
            details,
            since,
            state: WaitState::Waiting,
            tried: BTreeMap::new(),
            unshown: false,
        };
        self.state.waiting.insert(visitor, waiting);
        self.show(visitor, effects);
        self.tell_place(visitor, effects);
    }

    fn visitor_came_back(
        &mut self,
        visitor: VisitorId,
        details: Details,
        effects: &mut Vec<Effect>,
    ) {
        // A new page of the visitor knows of no ring: those that still go on are rung anew.
        self.end_rings_of_visitor(visitor, effects);
        if let Some(waiting) = self.state.waiting.get_mut(&visitor)
            && let WaitState::Lost { until } = waiting.state
        {
            waiting.state = WaitState::Waiting;
            self.state.timers.remove(&(until, Timer::Grace(visitor)));
        }
        if details != Details::default() {
            self.visitor_updated(visitor, details);
        }
        self.tell_place(visitor, effects);
    }

    /// Who is asked for was settled on joining: agents' lists rely on it.
    pub(crate) fn visitor_updated(&mut self, visitor: VisitorId, details: Details) {
        let Some(waiting) = self.state.waiting.get_mut(&visitor) else {
            return;
        };
        let department = waiting.details.department.take();
        let page = waiting.details.page.take();
        waiting.details = Details {
            department,
            page: details.page.or(page),
            ..details
        };
        self.has_news(visitor);
    }

    pub(crate) fn visitor_left(
        &mut self,
        visitor: VisitorId,
        how: Departure,
        effects: &mut Vec<Effect>,
    ) {
        let session = self.state.in_session.get(&visitor).copied();
        match (how, session) {
            (Departure::Left, None) => self.depart(visitor, Outcome::Abandoned, effects),
            (Departure::Left, Some(session)) => self.session_ended(session, Side::Visitor, effects),
            (Departure::Lost, None) => self.visitor_lost(visitor, effects),
            (Departure::Lost, Some(session)) => self.visitor_in_session(session, false, effects),
        }
    }

    /// Ends all rings of a visitor who cannot be connected by them. They are nobody's miss.
    fn end_rings_of_visitor(&mut self, visitor: VisitorId, effects: &mut Vec<Effect>) {
        for agent in self.agents_rung(visitor).into_keys() {
            self.end_ring_at(visitor, agent, RingEnd::Left, effects);
        }
    }

    fn visitor_lost(&mut self, visitor: VisitorId, effects: &mut Vec<Effect>) {
        self.end_rings_of_visitor(visitor, effects);
        let Some(waiting) = self.state.waiting.get_mut(&visitor) else {
            return;
        };
        if matches!(waiting.state, WaitState::Lost { .. }) {
            return;
        }
        let until = self.state.now.plus(self.policy.grace);
        waiting.state = WaitState::Lost { until };
        self.state.timers.insert((until, Timer::Grace(visitor)));
    }

    /// Ends the visit of someone who waits.
    pub(crate) fn depart(
        &mut self,
        visitor: VisitorId,
        outcome: Outcome,
        effects: &mut Vec<Effect>,
    ) {
        let Some(waiting) = self.stop_waiting(visitor, effects) else {
            return;
        };
        self.spend(visitor, None, self.state.now);
        effects.push(Effect::Departed(Departed {
            visitor,
            site: waiting.site,
            outcome,
            reason: match outcome {
                Outcome::Abandoned => EndReason::Abandoned,
                Outcome::Unanswered => EndReason::Unanswered,
                Outcome::Expired | Outcome::Served => EndReason::Expired,
            },
            waited: self.state.now.since(waiting.since),
            session: None,
        }));
    }

    /// Takes a visitor out of the queue, with ring, timers and places in agents' lists.
    pub(crate) fn stop_waiting(
        &mut self,
        visitor: VisitorId,
        effects: &mut Vec<Effect>,
    ) -> Option<Waiting> {
        self.end_rings_of_visitor(visitor, effects);
        for agent in self.onlookers(visitor) {
            effects.push(Effect::Gone { agent, visitor });
        }
        let waiting = self.state.waiting.remove(&visitor)?;
        let end = waiting.since.plus(self.policy.max_wait);
        self.state.timers.remove(&(end, Timer::MaxWait(visitor)));
        let own = match waiting.state {
            WaitState::Lost { until } => Some((until, Timer::Grace(visitor))),
            WaitState::Ringing { until, .. } => Some((until, Timer::Ring(visitor))),
            WaitState::Waiting => None,
        };
        if let Some(own) = own {
            self.state.timers.remove(&own);
        }
        for tried in waiting.tried.values() {
            self.state
                .timers
                .remove(&(tried.not_before, Timer::Retry(visitor)));
        }
        self.has_no_news(visitor, &waiting);
        self.dequeue(visitor, &waiting);
        Some(waiting)
    }

    /// Shows a waiting visitor in the lists of the agents concerned.
    pub(crate) fn show(&self, visitor: VisitorId, effects: &mut Vec<Effect>) {
        let Some(waiting) = self.state.waiting.get(&visitor) else {
            return;
        };
        for agent in self.onlookers(visitor) {
            effects.push(waiting.shown(visitor, agent));
        }
    }

    fn tell_place(&self, visitor: VisitorId, effects: &mut Vec<Effect>) {
        if let Some(place) = self.place(visitor) {
            effects.push(Effect::Position { visitor, place });
        }
    }

    /// Remembers that a visit ended, so that its tickets buy no place and revive no session, also
    /// when the visitor comes again.
    pub(crate) fn spend(
        &mut self,
        visitor: VisitorId,
        served: Option<EndReason>,
        ended: Timestamp,
    ) {
        self.unspend(visitor);
        if self.state.spent.len() >= SPENT {
            let timers = self.state.timers.iter();
            let oldest = timers.filter_map(|(_, timer)| match timer {
                Timer::Spent(visitor) => Some(*visitor),
                _ => None,
            });
            if let Some(oldest) = oldest.into_iter().next() {
                self.unspend(oldest);
            }
        }
        let until = ended.plus(self.policy.ticket_ttl);
        self.state.spent.insert(visitor, Spent { served, ended });
        self.state.timers.insert((until, Timer::Spent(visitor)));
    }

    /// Forgets that a visit ended.
    fn unspend(&mut self, visitor: VisitorId) {
        if let Some(spent) = self.state.spent.remove(&visitor) {
            let until = spent.ended.plus(self.policy.ticket_ttl);
            let timer = (until, Timer::Spent(visitor));
            self.state.timers.remove(&timer);
        }
    }
}
