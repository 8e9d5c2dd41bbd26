//! Several agents are rung; one wins, the others are told who.

use isession_protocol::signaling::RingEnd;
use isession_switchboard::{Effect, Policy};

use crate::driver::{Driver, card, ring_end, ring_link, rung, session};

#[test]
fn the_first_accept_wins_and_the_second_is_told_who() {
    let mut driver = Driver::new(Policy::default());
    driver.agent(1);
    driver.agent(2);
    let effects = driver.join(7);
    assert_eq!(rung(&effects, 7).len(), 2);
    let effects = driver.accept(2, 7);
    assert_eq!(session(&effects).unwrap().agent, card(2));
    let lost = RingEnd::Accepted { by: card(2) };
    assert_eq!(ring_end(&effects, 1, 7), Some(&lost));
    let late = driver.accept(1, 7);
    assert_eq!(
        ring_end(&late, 1, 7),
        Some(&lost),
        "whoever is late is told as well"
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

#[test]
fn the_session_has_the_link_by_which_its_agent_was_rung() {
    let mut driver = Driver::new(Policy::default());
    driver.agent(1);
    driver.agent(2);
    let rings = driver.join(7);
    let links = [1, 2].map(|agent| ring_link(&rings, agent, 7).unwrap());
    assert_ne!(links[0], links[1]);
    let effects = driver.accept(2, 7);
    assert_eq!(session(&effects).unwrap().link, links[1]);
    let ended = effects.iter().filter_map(|effect| match effect {
        Effect::RingEnded { link, .. } => *link,
        _ => None,
    });
    assert_eq!(ended.collect::<Vec<_>>(), links);
}

#[test]
fn every_ring_has_a_link_of_its_own() {
    let mut driver = Driver::new(Policy::default());
    driver.agent(1);
    let first = ring_link(&driver.join(7), 1, 7).unwrap();
    let again = driver.pass(Policy::default().ring_timeout);
    assert_ne!(ring_link(&again, 1, 7).unwrap(), first);
}
