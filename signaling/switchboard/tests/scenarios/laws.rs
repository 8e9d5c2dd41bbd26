//! The seven laws, over random histories with snapshots in between.

use std::collections::{BTreeMap, BTreeSet};

use isession_protocol::Timestamp;
use isession_protocol::ids::{AgentId, LinkId, SessionId, VisitorId};
use isession_protocol::signaling::Details;
use isession_switchboard::{
    Answer, Departure, Effect, Input, Policy, Presence, SessionClaim, Side, Sites, Switchboard,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::driver::{card, department, site, visitor};

const VISITORS: u128 = 6;
const AGENTS: u128 = 4;
const CAPACITY: u32 = 2;

/// One thing that happens, after some time.
#[derive(Clone, Debug)]
struct Moment {
    after: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Visit {
        who: u128,
        department: Option<u8>,
    },
    /// Tickets of any session there ever was.
    VisitWithTicket {
        session: usize,
    },
    WorkWithTickets {
        agent: u128,
    },
    Leave {
        who: u128,
        how: Departure,
    },
    Work {
        agent: u128,
        available: bool,
    },
    Presence {
        agent: u128,
        presence: Presence,
    },
    Accept {
        agent: u128,
        who: u128,
    },
    Decline {
        agent: u128,
        who: u128,
    },
    End {
        session: u128,
        by: Side,
    },
    Nothing,
    Snapshot,
}

fn what() -> impl Strategy<Value = What> {
    let who = 1..=VISITORS;
    let agent = 1..=AGENTS;
    prop_oneof![
        4 => (who.clone(), prop::option::of(0u8..2))
            .prop_map(|(who, department)| What::Visit { who, department }),
        1 => (0usize..12).prop_map(|session| What::VisitWithTicket { session }),
        1 => agent.clone().prop_map(|agent| What::WorkWithTickets { agent }),
        2 => (who.clone(), prop_oneof![Just(Departure::Left), Just(Departure::Lost)])
            .prop_map(|(who, how)| What::Leave { who, how }),
        3 => (agent.clone(), any::<bool>())
            .prop_map(|(agent, available)| What::Work { agent, available }),
        1 => (agent.clone(), prop_oneof![
                Just(Presence::Available), Just(Presence::Away), Just(Presence::Lost)])
            .prop_map(|(agent, presence)| What::Presence { agent, presence }),
        5 => (agent.clone(), who.clone()).prop_map(|(agent, who)| What::Accept { agent, who }),
        2 => (agent, who).prop_map(|(agent, who)| What::Decline { agent, who }),
        3 => (0u128..12, prop_oneof![Just(Side::Visitor), Just(Side::Agent)])
            .prop_map(|(session, by)| What::End { session, by }),
        1 => Just(What::Nothing),
        1 => Just(What::Snapshot),
    ]
}

fn history() -> impl Strategy<Value = Vec<Moment>> {
    let after = prop_oneof![Just(0), 1u64..2000, 10_000u64..200_000, Just(1_000_000)];
    prop::collection::vec(
        (after, what()).prop_map(|(after, what)| Moment { after, what }),
        1..80,
    )
}

/// What an outside observer knows from effects alone.
#[derive(Default)]
struct Observer {
    /// Visitors who joined and have not departed.
    present: BTreeSet<VisitorId>,
    departed: u64,
    joined: u64,
    rings: BTreeMap<(AgentId, VisitorId), LinkId>,
    /// Every link there ever was.
    links: BTreeSet<LinkId>,
    sessions: BTreeMap<SessionId, (VisitorId, AgentId)>,
    places: BTreeMap<VisitorId, (Timestamp, Option<u8>)>,
    /// Every session there ever was.
    claims: Vec<SessionClaim>,
}

impl Observer {
    fn see(&mut self, effect: &Effect) {
        match effect {
            Effect::Ring {
                agent,
                visitor,
                link,
                ..
            } => {
                let before = self.rings.insert((*agent, *visitor), *link);
                assert!(before.is_none(), "rung twice at one agent");
                assert!(self.links.insert(*link), "two rings by one link");
                let load = self.load(*agent);
                assert!(load <= CAPACITY as usize, "law 4: a load of {load}");
            }
            Effect::RingEnded {
                agent,
                visitor,
                link,
                ..
            } => {
                let rang = self.rings.remove(&(*agent, *visitor));
                assert_eq!(rang, *link, "a ring ends by its own link");
            }
            Effect::Session {
                claim, side: None, ..
            } => {
                let taken = self
                    .sessions
                    .values()
                    .any(|(visitor, _)| *visitor == claim.visitor);
                assert!(!taken, "law 1: a visitor in two sessions");
                self.claims.push(claim.clone());
                let ends = (claim.visitor, claim.agent.id);
                assert!(
                    self.sessions.insert(claim.session, ends).is_none(),
                    "law 2: won twice"
                );
                self.places.remove(&claim.visitor);
                let load = self.load(claim.agent.id);
                assert!(load <= CAPACITY as usize, "law 4: a load of {load}");
            }
            Effect::Session {
                claim,
                side: Some(_),
                ..
            } => {
                assert!(
                    self.sessions.contains_key(&claim.session),
                    "law 5: an ended session was revived"
                );
            }
            Effect::Departed(departed) => {
                assert!(
                    self.present.remove(&departed.visitor),
                    "law 5: departed twice"
                );
                self.departed += 1;
                self.places.remove(&departed.visitor);
                if let Some(claim) = &departed.session {
                    self.sessions.remove(&claim.session);
                }
            }
            _ => {}
        }
    }

    fn load(&self, agent: AgentId) -> usize {
        let rings = self.rings.keys().filter(|(rung, _)| *rung == agent).count();
        rings
            + self
                .sessions
                .values()
                .filter(|(_, holder)| *holder == agent)
                .count()
    }

    /// Law 3: positions told are in the order of places, department by department.
    fn check_order(&self, effects: &[Effect]) {
        let told: Vec<_> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Position { visitor, place } => {
                    Some((self.places.get(visitor)?, *visitor, place.position))
                }
                _ => None,
            })
            .collect();
        for (place, visitor, position) in &told {
            for (other_place, other, other_position) in &told {
                let same = place.1 == other_place.1;
                if same && (place.0, *visitor) < (other_place.0, *other) {
                    assert!(
                        position < other_position,
                        "law 3: {position} {other_position}"
                    );
                }
            }
        }
    }
}

/// Law 3 of rings as well: those who begin to ring at once do so in the order of their places.
fn check_ring_order(observer: &Observer, effects: &[Effect]) {
    let mut ringing: BTreeSet<_> = observer.rings.keys().copied().collect();
    let mut begun = Vec::new();
    for effect in effects {
        match effect {
            Effect::RingEnded { agent, visitor, .. } => {
                ringing.remove(&(*agent, *visitor));
            }
            Effect::Ring { agent, visitor, .. } => {
                let rings = ringing.iter().any(|(_, other)| other == visitor);
                ringing.insert((*agent, *visitor));
                let place = observer.places.get(visitor).filter(|_| !rings);
                begun.extend(place.map(|(since, _)| (*since, *visitor)));
            }
            _ => {}
        }
    }
    assert!(begun.is_sorted(), "law 3: rung in the order {begun:?}");
}

struct World {
    switchboard: Switchboard,
    now: Timestamp,
    observer: Observer,
    next_session: u128,
}

impl World {
    fn new() -> Self {
        Self {
            switchboard: Switchboard::new(Policy::default()),
            now: Timestamp::from_millis(1_000_000),
            observer: Observer::default(),
            next_session: 0,
        }
    }

    fn input(&mut self, input: Input) -> Vec<Effect> {
        // Law 7: a copy restored from JSON does the same.
        let snapshot = serde_json::to_string(&self.switchboard.snapshot()).unwrap();
        let snapshot = serde_json::from_str(&snapshot).unwrap();
        let mut copy = Switchboard::restore(Policy::default(), snapshot);
        let effects = self.switchboard.handle(self.now, input.clone());
        assert_eq!(effects, copy.handle(self.now, input), "law 7");
        assert_eq!(
            self.switchboard.next_deadline(),
            copy.next_deadline(),
            "law 7"
        );
        check_ring_order(&self.observer, &effects);
        for effect in &effects {
            self.observer.see(effect);
        }
        let rings = self.observer.rings.keys();
        let ringing: BTreeSet<_> = rings.map(|(_, visitor)| visitor).collect();
        let counted = self.switchboard.counts().ringing;
        assert_eq!(counted, ringing.len() as u64, "who rings is counted");
        effects
    }

    fn pass(&mut self, millis: u64) {
        let end = self.now.plus(millis);
        while let Some(time) = self.switchboard.next_deadline().filter(|time| *time <= end) {
            self.now = self.now.max(time);
            let effects = self.input(Input::Tick);
            self.observer.check_order(&effects);
        }
        self.now = end;
    }

    fn step(&mut self, what: What) {
        match what {
            What::Visit { who, department: d } => self.visit(who, d),
            What::VisitWithTicket { session } => {
                if let Some(claim) = self.observer.claims.get(session).cloned() {
                    self.visit_with_ticket(claim);
                }
            }
            What::WorkWithTickets { agent } => {
                let claims = self.observer.claims.clone();
                self.work(agent, true, claims);
            }
            What::Leave { who, how } => {
                let visitor = visitor(who);
                self.input(Input::VisitorLeft { visitor, how });
            }
            What::Work { agent, available } => self.work(agent, available, Vec::new()),
            What::Presence { agent, presence } => {
                let agent = card(agent).id;
                self.input(Input::AgentPresence { agent, presence });
            }
            What::Accept { agent, who } => self.accept(agent, who),
            What::Decline { agent, who } => {
                self.input(Input::Answered {
                    agent: card(agent).id,
                    visitor: visitor(who),
                    answer: Answer::Decline,
                });
            }
            What::End { session, by } => {
                let session = SessionId::new(Uuid::from_u128(session));
                self.input(Input::SessionEnded { session, by });
            }
            What::Nothing => {
                self.input(Input::Tick);
            }
            What::Snapshot => {
                let snapshot = self.switchboard.snapshot();
                self.switchboard = Switchboard::restore(Policy::default(), snapshot);
            }
        }
    }

    fn work(&mut self, agent: u128, available: bool, sessions: Vec<SessionClaim>) {
        self.input(Input::AgentJoined {
            agent: card(agent),
            sites: Sites::All,
            departments: BTreeSet::new(),
            capacity: CAPACITY,
            available,
            sessions,
        });
    }

    /// Resumes a session that goes on, or is told that it is over and begins no visit.
    fn visit_with_ticket(&mut self, claim: SessionClaim) {
        let (visitor, session) = (claim.visitor, claim.session);
        let goes_on = self.observer.sessions.contains_key(&session);
        let effects = self.input(Input::VisitorJoined {
            visitor,
            site: site(),
            details: Details::default(),
            since: None,
            session: Some(Box::new(claim)),
        });
        let resumed = effects
            .iter()
            .any(|e| matches!(e, Effect::Session { claim, .. } if claim.session == session));
        assert_eq!(resumed, goes_on, "law 5: sessions end once");
    }

    fn visit(&mut self, who: u128, wanted: Option<u8>) {
        let id = visitor(who);
        let waits = self.observer.places.contains_key(&id);
        if self.observer.present.insert(id) {
            self.observer.joined += 1;
            self.observer.places.insert(id, (self.now, wanted));
        }
        let before = self.observer.places.get(&id).copied();
        let effects = self.input(Input::VisitorJoined {
            visitor: id,
            site: site(),
            details: Details {
                department: wanted.map(department),
                ..Details::default()
            },
            since: None,
            session: None,
        });
        if waits {
            // A visitor who comes back keeps the place that an observer has on record.
            assert_eq!(self.observer.places.get(&id).copied(), before);
            assert!(
                effects
                    .iter()
                    .any(|e| matches!(e, Effect::Position { visitor, .. } if *visitor == id))
            );
        }
    }

    fn accept(&mut self, agent: u128, who: u128) {
        let (agent, visitor) = (card(agent).id, visitor(who));
        let rang = self.observer.rings.contains_key(&(agent, visitor));
        self.next_session += 1;
        let id = Uuid::from_u128(self.next_session);
        let effects = self.input(Input::Answered {
            agent,
            visitor,
            answer: Answer::Accept {
                session: SessionId::new(id),
            },
        });
        let began = effects
            .iter()
            .filter(|e| matches!(e, Effect::Session { .. }))
            .count();
        assert_eq!(
            began,
            usize::from(rang),
            "law 2: whoever rings wins, and nobody else"
        );
    }

    /// Everyone leaves, and time runs out for all that is left.
    fn finish(&mut self) {
        for who in 1..=VISITORS {
            self.step(What::Leave {
                who,
                how: Departure::Lost,
            });
        }
        for agent in 1..=AGENTS {
            self.step(What::Presence {
                agent,
                presence: Presence::Lost,
            });
        }
        self.pass(24 * 60 * 60_000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn hold_over_any_history(history in history()) {
        let mut world = World::new();
        for Moment { after, what } in history {
            world.pass(after);
            world.step(what);
        }
        world.finish();
        let observer = &world.observer;
        prop_assert!(observer.rings.is_empty(), "law 6: a ring goes on");
        prop_assert!(observer.present.is_empty(), "law 5: somebody vanished");
        prop_assert_eq!(observer.joined, observer.departed, "law 5");
        prop_assert!(observer.sessions.is_empty());
        prop_assert_eq!(world.switchboard.counts().waiting, 0);
        prop_assert_eq!(world.switchboard.next_deadline(), None, "nothing is left to happen");
    }
}
