//! Estimates come from what happened, and are absent when nothing is known.

use isession_protocol::signaling::Details;
use isession_switchboard::{Input, Policy, Presence, Sites};

use crate::driver::{Driver, card, department, place, site, visitor};

/// Accepts `count` visitors, one every `interval` milliseconds.
fn busy(count: u128, interval: u64) -> Driver {
    let mut driver = Driver::new(Policy::default());
    driver.agent_with(1, 1000, Vec::new());
    for n in 0..count {
        driver.join(100 + n);
        driver.accept(1, 100 + n);
        driver.pass(interval);
    }
    driver
}

#[test]
fn nothing_is_known_before_three_accepts() {
    let mut driver = busy(2, 60_000);
    assert_eq!(place(&driver.join(7), 7).unwrap().estimate, None);
}

#[test]
fn the_pace_of_the_last_accepts_times_the_position() {
    let mut driver = busy(4, 60_000);
    assert_eq!(place(&driver.join(7), 7).unwrap().estimate, Some(60));
    assert_eq!(place(&driver.join(8), 8).unwrap().estimate, Some(120));
}

#[test]
fn nothing_is_promised_when_nobody_is_available() {
    let mut driver = busy(4, 60_000);
    driver.presence(1, Presence::Away);
    let told = place(&driver.join(7), 7).unwrap();
    assert_eq!(told.estimate, None);
    assert!(!told.available);
}

#[test]
fn a_department_has_a_pace_and_agents_of_its_own() {
    let mut driver = Driver::new(Policy::default());
    let asks = |driver: &mut Driver, who: u128, wanted: u8| {
        let joined = driver.input(Input::VisitorJoined {
            visitor: visitor(who),
            site: site(),
            details: Details {
                department: Some(department(wanted)),
                ..Details::default()
            },
            since: None,
            session: None,
        });
        place(&joined, who).unwrap()
    };
    driver.input(Input::AgentJoined {
        agent: card(1),
        sites: Sites::All,
        departments: [department(1), department(2)].into(),
        capacity: 1000,
        available: true,
        sessions: Vec::new(),
    });
    for n in 0..4 {
        asks(&mut driver, 100 + n, 1);
        driver.accept(1, 100 + n);
        driver.pass(60_000);
    }
    assert_eq!(asks(&mut driver, 1, 1).estimate, Some(60));
    assert_eq!(asks(&mut driver, 2, 2).estimate, None);
    let is_available = |wanted: Option<u8>| {
        let wanted = wanted.map(department);
        driver.switchboard.is_available(&site(), wanted.as_ref())
    };
    assert_eq!(
        [None, Some(1), Some(3)].map(is_available),
        [true, true, false]
    );
}

#[test]
fn what_was_long_ago_says_nothing_of_now() {
    let mut driver = busy(4, 60_000);
    driver.pass(31 * 60_000);
    assert_eq!(place(&driver.join(7), 7).unwrap().estimate, None);
}

#[test]
fn those_who_wait_are_told_of_changes_in_one_go() {
    let mut driver = Driver::new(Policy::default());
    for who in 1..=50 {
        driver.join(who);
    }
    driver.agent_with(1, 2, Vec::new());
    driver.accept(1, 1);
    let told = driver.pass(250);
    assert_eq!(place(&told, 2).unwrap().position, 1);
    assert_eq!(place(&told, 50).unwrap().position, 49);
    assert_eq!(
        driver.pass(10_000).len(),
        0,
        "and not again while nothing changes"
    );
}
