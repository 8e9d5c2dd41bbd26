//! Places in the queue, positions and estimates.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use isession_protocol::Timestamp;
use isession_protocol::bounded::Department;
use isession_protocol::ids::{AgentId, LinkId, SiteId, VisitorId};
use isession_protocol::signaling::{Details, QueuePlace, VisitorCard};
use serde::{Deserialize, Serialize};

use crate::Switchboard;
use crate::agents::Agent;
use crate::effect::Effect;
use crate::rings::Tried;

/// Accepts that an estimate looks back on, at the most and at the least.
const MOST_ACCEPTS: usize = 20;
const FEWEST_ACCEPTS: usize = 3;
/// Visitors whose news agents are shown at once: what one visitor says is a frame for each agent, and
/// nobody who keeps talking may flood them.
const NEWS: usize = 16;
/// Departments of a site of which the pace is known.
const MOST_DEPARTMENTS: usize = 64;
/// Accepts before this time say nothing of now.
const RECENT: u64 = 30 * 60_000;

/// A visitor in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) site: SiteId,
    pub(crate) details: Details,
    pub(crate) since: Timestamp,
    pub(crate) state: WaitState,
    /// Agents who declined or let a ring pass.
    pub(crate) tried: BTreeMap<AgentId, Tried>,
    /// Said more than agents were shown.
    pub(crate) unshown: bool,
}

/// Visitors of a site who said more, the first to be shown first, and when the next are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct News {
    pub(crate) time: Timestamp,
    visitors: VecDeque<VisitorId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WaitState {
    Waiting,
    Ringing {
        /// Each with the link that the session will have if that agent accepts.
        agents: BTreeMap<AgentId, LinkId>,
        until: Timestamp,
    },
    /// The connection broke; passed over until it is back or the grace is over.
    Lost {
        until: Timestamp,
    },
}

impl Waiting {
    fn card(&self, id: VisitorId) -> VisitorCard {
        VisitorCard {
            id,
            site: self.site.clone(),
            details: self.details.clone(),
        }
    }

    /// This visitor, shown in the list of an agent.
    pub(crate) fn shown(&self, id: VisitorId, agent: AgentId) -> Effect {
        Effect::Waiting {
            agent,
            visitor: self.card(id),
            since: self.since,
        }
    }

    pub(crate) fn is_served_by(&self, agent: &Agent) -> bool {
        agent.serves(&self.site, self.details.department.as_ref())
    }
}

/// The paces of a site's departments, the busiest of late at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paces(Vec<(Option<Department>, Pace)>);

impl Paces {
    pub(crate) fn accepted(&mut self, department: Option<&Department>, now: Timestamp) {
        let of = |(known, _): &(Option<Department>, _)| known.as_ref() == department;
        let known = self.0.iter().position(of).map(|place| self.0.remove(place));
        let (_, mut pace) = known.unwrap_or_default();
        pace.accepted(now);
        // Visitors name departments as they like.
        if self.0.len() >= MOST_DEPARTMENTS {
            self.0.remove(0);
        }
        self.0.push((department.cloned(), pace));
    }

    fn of(&self, department: Option<&Department>) -> Option<&Pace> {
        let mut paces = self.0.iter();
        let found = paces.find(|(known, _)| known.as_ref() == department);
        found.map(|(_, pace)| pace)
    }
}

/// When the last accepts of a department were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace(VecDeque<Timestamp>);

impl Pace {
    pub(crate) fn accepted(&mut self, now: Timestamp) {
        if self.0.len() == MOST_ACCEPTS {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    /// Seconds until the visitor at this position is accepted, if things go on as they did.
    fn estimate(&self, position: u32, now: Timestamp) -> Option<u32> {
        let recent: Vec<_> = self
            .0
            .iter()
            .filter(|time| now.since(**time) <= RECENT)
            .collect();
        let first = recent.first().filter(|_| recent.len() >= FEWEST_ACCEPTS)?;
        // The time since the last accept counts too: a pace that falls off must show.
        let interval = now.since(**first) / recent.len() as u64;
        u32::try_from(interval.saturating_mul(u64::from(position)).div_ceil(1000)).ok()
    }
}

impl Switchboard {
    /// The place of a waiting visitor: who is ahead on the same site, in the same department.
    pub(crate) fn place(&self, visitor: VisitorId) -> Option<QueuePlace> {
        let me = self.state.waiting.get(&visitor)?;
        let queue = self.state.queues.get(&me.site)?;
        let mut place = (0, 0);
        for (_, other) in queue {
            let Some(waiting) = self.state.waiting.get(other) else {
                continue;
            };
            if waiting.details.department == me.details.department {
                place.1 += 1;
                if *other == visitor {
                    place.0 = place.1;
                }
            }
        }
        Some(self.told(me, place.0, place.1))
    }

    fn told(&self, me: &Waiting, position: u32, waiting: u32) -> QueuePlace {
        let mut agents = self.state.agents.values();
        let available = agents.any(|agent| agent.is_available() && me.is_served_by(agent));
        let paces = self.state.pace.get(&me.site).filter(|_| available);
        let pace = paces.and_then(|paces| paces.of(me.details.department.as_ref()));
        QueuePlace {
            position,
            waiting,
            estimate: pace.and_then(|pace| pace.estimate(position, self.state.now)),
            available,
        }
    }

    /// Adds a place to the order of its queue.
    pub(crate) fn enqueue(&mut self, visitor: VisitorId, site: &SiteId, since: Timestamp) {
        self.state
            .queues
            .entry(site.clone())
            .or_default()
            .insert((since, visitor));
        self.site_hears(site.clone());
    }

    /// Takes a place out of the order of its queue.
    pub(crate) fn dequeue(&mut self, visitor: VisitorId, waiting: &Waiting) {
        if let Some(queue) = self.state.queues.get_mut(&waiting.site) {
            queue.remove(&(waiting.since, visitor));
            if queue.is_empty() {
                self.state.queues.remove(&waiting.site);
            }
        }
        self.site_hears(waiting.site.clone());
    }

    /// The positions of this site changed: tell in a while, and all at once. That is a frame for
    /// each who waits, so a long queue is told less often: a millisecond apart for each of them.
    pub(crate) fn site_hears(&mut self, site: SiteId) {
        let waiting = self.state.queues.get(&site).map_or(0, BTreeSet::len) as u64;
        let time = self
            .state
            .now
            .plus(self.policy.notice_interval.max(waiting));
        self.state.notices.entry(site).or_insert(time);
    }

    /// Availability changed: all who wait are told in a while.
    pub(crate) fn everyone_hears(&mut self) {
        for site in self.state.queues.keys().cloned().collect::<Vec<_>>() {
            self.site_hears(site);
        }
    }

    /// Tells the positions of the sites whose time has come.
    pub(crate) fn give_notice(&mut self, effects: &mut Vec<Effect>) {
        let now = self.state.now;
        let due = self.state.notices.iter().filter(|(_, time)| **time <= now);
        for site in due.map(|(site, _)| site.clone()).collect::<Vec<_>>() {
            self.state.notices.remove(&site);
            self.tell_positions(&site, effects);
        }
    }

    /// Somebody who waits said more: agents are shown it in a while, and once.
    pub(crate) fn has_news(&mut self, visitor: VisitorId) {
        let Some(waiting) = self.state.waiting.get_mut(&visitor) else {
            return;
        };
        if !std::mem::replace(&mut waiting.unshown, true) {
            let news = self.state.news.entry(waiting.site.clone());
            let time = self.state.now.plus(self.policy.notice_interval);
            let visitors = VecDeque::new();
            let news = news.or_insert(News { time, visitors });
            news.visitors.push_back(visitor);
        }
    }

    /// Somebody who said more waits no longer.
    pub(crate) fn has_no_news(&mut self, visitor: VisitorId, waiting: &Waiting) {
        if let Some(news) = self.state.news.get_mut(&waiting.site)
            && waiting.unshown
        {
            news.visitors.retain(|other| *other != visitor);
            if news.visitors.is_empty() {
                self.state.news.remove(&waiting.site);
            }
        }
    }

    /// Shows agents the news whose time has come.
    pub(crate) fn show_news(&mut self, effects: &mut Vec<Effect>) {
        let now = self.state.now;
        let due = self.state.news.iter().filter(|(_, news)| news.time <= now);
        for site in due.map(|(site, _)| site.clone()).collect::<Vec<_>>() {
            let Some(mut news) = self.state.news.remove(&site) else {
                continue;
            };
            for visitor in news.visitors.drain(..NEWS.min(news.visitors.len())) {
                if let Some(waiting) = self.state.waiting.get_mut(&visitor) {
                    waiting.unshown = false;
                }
                self.show(visitor, effects);
            }
            if !news.visitors.is_empty() {
                news.time = now.plus(self.policy.notice_interval);
                self.state.news.insert(site, news);
            }
        }
    }

    fn tell_positions(&self, site: &SiteId, effects: &mut Vec<Effect>) {
        let Some(queue) = self.state.queues.get(site) else {
            return;
        };
        let visitors = || {
            queue
                .iter()
                .filter_map(|(_, id)| Some((*id, self.state.waiting.get(id)?)))
        };
        let mut totals: BTreeMap<_, u32> = BTreeMap::new();
        for (_, waiting) in visitors() {
            *totals.entry(&waiting.details.department).or_default() += 1;
        }
        let mut positions: BTreeMap<_, u32> = BTreeMap::new();
        for (visitor, waiting) in visitors() {
            let department = &waiting.details.department;
            let position = positions.entry(department).or_default();
            *position += 1;
            let total = totals.get(department).copied().unwrap_or(*position);
            effects.push(Effect::Position {
                visitor,
                place: self.told(waiting, *position, total),
            });
        }
    }
}
