//! Rings that nobody answers, and rings that are declined.

use isession_protocol::signaling::RingEnd;
use isession_switchboard::{Policy, Presence};

use crate::driver::{Driver, card, ring_end, rung};

fn one_at_a_time() -> Driver {
    Driver::new(Policy {
        ring_agents: 1,
        ..Policy::default()
    })
}

#[test]
fn a_timeout_rings_the_next_agent_and_then_the_first_again() {
    let mut driver = one_at_a_time();
    driver.agent(1);
    driver.agent(2);
    assert_eq!(rung(&driver.join(7), 7), [card(1).id]);
    let effects = driver.pass(20_000);
    assert_eq!(ring_end(&effects, 1, 7), Some(&RingEnd::Timeout));
    assert_eq!(rung(&effects, 7), [card(2).id]);
    assert_eq!(rung(&driver.pass(20_000), 7), [card(1).id]);
}

#[test]
fn whoever_declines_is_left_in_peace_for_a_while() {
    let mut driver = one_at_a_time();
    driver.agent(1);
    driver.join(7);
    let effects = driver.decline(1, 7);
    assert!(rung(&effects, 7).is_empty());
    assert!(rung(&driver.pass(59_999), 7).is_empty());
    assert_eq!(rung(&driver.pass(1), 7), [card(1).id]);
}

#[test]
fn an_agent_who_goes_away_stops_ringing_and_the_next_is_rung() {
    let mut driver = one_at_a_time();
    driver.agent(1);
    driver.join(7);
    driver.agent(2);
    for (from, to, presence) in [(1, 2, Presence::Away), (2, 1, Presence::Lost)] {
        let effects = driver.presence(from, presence);
        assert_eq!(ring_end(&effects, from, 7), Some(&RingEnd::Left));
        if from == 1 {
            assert_eq!(rung(&effects, 7), [card(to).id]);
        }
    }
}
