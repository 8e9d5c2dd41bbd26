//! Several agents are rung; one wins, the others are told who.

use isession_protocol::signaling::RingEnd;
use isession_switchboard::{Effect, Policy};

use crate::driver::{Driver, card, rung, session, visitor};

#[test]
fn the_first_accept_wins_and_the_second_is_told_who() {
    let mut driver = Driver::new(Policy::default());
    driver.agent(1);
    driver.agent(2);
    let effects = driver.join(7);
    assert_eq!(rung(&effects, 7).len(), 2);
    let effects = driver.accept(2, 7);
    assert_eq!(session(&effects).unwrap().agent, card(2));
    let lost = Effect::RingEnded {
        agent: card(1).id,
        visitor: visitor(7),
        reason: RingEnd::Accepted { by: card(2) },
    };
    assert!(effects.contains(&lost));
    let late = driver.accept(1, 7);
    assert!(
        late.contains(&lost),
        "whoever is late is told as well: {late:?}"
    );
    assert!(session(&late).is_none());
}

#[test]
fn only_as_many_are_rung_as_the_policy_says() {
    let mut driver = Driver::new(Policy {
        ring_agents: 2,
        ..Policy::default()
    });
    for agent in 1..=4 {
        driver.agent(agent);
    }
    let effects = driver.join(7);
    assert_eq!(rung(&effects, 7).len(), 2);
}

#[test]
fn every_waiting_visitor_rings_before_one_rings_twice() {
    let mut driver = Driver::new(Policy::default());
    driver.join(7);
    driver.pass(1);
    driver.join(8);
    let effects = driver.agent_with(1, 1, Vec::new());
    assert_eq!(rung(&effects, 7), [card(1).id]);
    let effects = driver.agent_with(2, 1, Vec::new());
    assert_eq!(rung(&effects, 8), [card(2).id]);
}
