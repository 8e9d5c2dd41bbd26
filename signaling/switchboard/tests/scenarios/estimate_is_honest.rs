//! Estimates come from what happened, and are absent when nothing is known.

use isession_switchboard::{Policy, Presence};

use crate::driver::{Driver, place};

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
