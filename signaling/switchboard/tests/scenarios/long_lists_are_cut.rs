//! An agent who joins is shown the head of a long queue, and never rings unseen.

use isession_switchboard::{Effect, Policy};

use crate::driver::{Driver, card, visitor};

#[test]
fn a_visitor_beyond_the_cut_is_shown_before_the_ring() {
    let mut driver = Driver::new(Policy::default());
    for who in 1..=501 {
        driver.join(who);
        driver.now = driver.now.plus(1);
    }
    let joined = driver.agent_with(1, 1, Vec::new());
    let agent = card(1).id;
    let shown = |effects: &[Effect]| {
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Waiting { .. }))
            .count()
    };
    assert_eq!(shown(&joined), 500);
    let last = visitor(501);
    let mut all = Vec::new();
    for who in 1..=500 {
        all.extend(driver.decline(1, who));
    }
    let ring = all.iter().position(
        |effect| matches!(effect, Effect::Ring { agent: rung, visitor, .. } if (*rung, *visitor) == (agent, last)),
    );
    let seen = all
        .iter()
        .position(|effect| matches!(effect, Effect::Waiting { visitor, .. } if visitor.id == last));
    assert!(seen.is_some() && seen < ring, "{seen:?} {ring:?}");
}

#[test]
fn a_long_queue_is_told_its_positions_less_often() {
    let policy = Policy::default();
    let interval = policy.notice_interval;
    let mut driver = Driver::new(policy);
    let told_within = |driver: &mut Driver| {
        let start = driver.now;
        let next = driver.switchboard.next_deadline().unwrap();
        driver.pass(next.since(start));
        next.since(start)
    };
    driver.join(1);
    assert_eq!(told_within(&mut driver), interval);
    for who in 2..=1000 {
        driver.join(who);
    }
    told_within(&mut driver);
    driver.join(1001);
    assert_eq!(told_within(&mut driver), 1001);
}
