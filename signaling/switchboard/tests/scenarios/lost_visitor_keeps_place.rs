//! Places survive lost connections and lost nodes, and old tickets buy nothing.

use isession_protocol::signaling::{Details, RingEnd};
use isession_switchboard::{Departure, Effect, Input, Outcome, Policy};

use crate::driver::{Driver, place, ring_end, ring_link, rung, session, site, visitor};

#[test]
fn a_lost_visitor_is_passed_over_and_comes_back_to_the_place() {
    let mut driver = Driver::new(Policy::default());
    driver.join(7);
    driver.pass(5);
    driver.join(8);
    driver.lose(7);
    let effects = driver.agent_with(1, 1, Vec::new());
    assert!(rung(&effects, 7).is_empty());
    assert_eq!(rung(&effects, 8).len(), 1);
    let back = driver.join(7);
    assert_eq!(place(&back, 7).unwrap().position, 1);
}

#[test]
fn whoever_takes_over_while_it_rings_is_rung_anew() {
    let mut driver = Driver::new(Policy::default());
    driver.agent(1);
    let before = ring_link(&driver.join(7), 1, 7).unwrap();
    driver.pass(5);
    let back = driver.join(7);
    assert_eq!(ring_end(&back, 1, 7), Some(&RingEnd::Left));
    assert_ne!(ring_link(&back, 1, 7).unwrap(), before);
    assert_eq!(place(&back, 7).unwrap().position, 1);
    assert!(session(&driver.accept(1, 7)).is_some());
}

#[test]
fn the_place_is_given_up_after_the_grace_and_the_old_ticket_buys_none() {
    let mut driver = Driver::new(Policy::default());
    let old = driver.now;
    driver.join(7);
    driver.lose(7);
    let effects = driver.pass(120_000);
    let gone = effects.iter().find_map(|effect| match effect {
        Effect::Departed(departed) => Some((departed.visitor, departed.outcome)),
        _ => None,
    });
    assert_eq!(gone, Some((visitor(7), Outcome::Expired)));
    driver.join(8);
    driver.pass(5);
    let back = driver.input(Input::VisitorJoined {
        visitor: visitor(7),
        site: site(),
        details: Details::default(),
        since: Some(old),
        session: None,
    });
    assert_eq!(place(&back, 7).unwrap().position, 2);
}

#[test]
fn a_fresh_switchboard_rebuilds_the_order_from_tickets() {
    let mut driver = Driver::new(Policy::default());
    let (first, second) = (driver.now, driver.now.plus(10));
    driver.pass(50);
    for (who, since) in [(8, second), (7, first)] {
        driver.input(Input::VisitorJoined {
            visitor: visitor(who),
            site: site(),
            details: Details::default(),
            since: Some(since),
            session: None,
        });
    }
    let told = driver.pass(250);
    assert_eq!(place(&told, 7).unwrap().position, 1);
    assert_eq!(place(&told, 8).unwrap().position, 2);
}

#[test]
fn nobody_waits_for_longer_than_anyone_may() {
    let mut driver = Driver::new(Policy::default());
    driver.join(7);
    let effects = driver.pass(2 * 60 * 60_000);
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Departed(departed) if departed.outcome == Outcome::Unanswered
    )));
}

#[test]
fn whoever_leaves_is_gone_at_once() {
    let mut driver = Driver::new(Policy::default());
    driver.join(7);
    let effects = driver.input(Input::VisitorLeft {
        visitor: visitor(7),
        how: Departure::Left,
    });
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Departed(departed) if departed.outcome == Outcome::Abandoned
    )));
    assert_eq!(driver.switchboard.counts().waiting, 0);
}
