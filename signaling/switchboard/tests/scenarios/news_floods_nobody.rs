//! What visitors say of themselves while they wait reaches the agents, however often it changes,
//! and never as a flood.

use isession_protocol::bounded::Topic;
use isession_protocol::signaling::Details;
use isession_switchboard::{Effect, Input, Policy};

use crate::driver::{Driver, visitor};

fn says(driver: &mut Driver, who: u128, topic: &str) -> Vec<Effect> {
    let details = Details {
        topic: Some(Topic::truncated(topic)),
        ..Details::default()
    };
    let visitor = visitor(who);
    driver.input(Input::VisitorUpdated { visitor, details })
}

/// The topics that agents are shown, in order.
fn shown(effects: &[Effect]) -> Vec<String> {
    let shown = effects.iter().filter_map(|effect| match effect {
        Effect::Waiting { visitor, .. } => visitor.details.topic.as_ref(),
        _ => None,
    });
    shown.map(|topic| topic.as_str().to_owned()).collect()
}

#[test]
fn only_the_last_word_of_an_interval_is_shown() {
    let policy = Policy::default();
    let interval = policy.notice_interval;
    let mut driver = Driver::new(policy);
    driver.agent(1);
    driver.join(1);
    driver.pass(interval);
    for n in 0..100 {
        assert_eq!(shown(&says(&mut driver, 1, &n.to_string())), [""; 0]);
    }
    assert_eq!(shown(&driver.pass(interval)), ["99"]);
    assert_eq!(shown(&driver.pass(10 * interval)), [""; 0]);
}

#[test]
fn many_who_talk_take_their_turns() {
    let policy = Policy::default();
    let interval = policy.notice_interval;
    let mut driver = Driver::new(policy);
    driver.agent(1);
    for who in 1..=100 {
        driver.join(who);
    }
    driver.pass(interval);
    for who in 1..=100 {
        says(&mut driver, who, &who.to_string());
    }
    let mut all = Vec::new();
    for _ in 0..7 {
        // Those who were shown talk on, and wait for those who were not.
        let now = shown(&driver.pass(interval));
        assert!(now.len() <= 16, "{}", now.len());
        for who in &now {
            says(&mut driver, who.parse().unwrap(), who);
        }
        all.extend(now);
    }
    let expected: Vec<_> = (1..=100).map(|who| who.to_string()).collect();
    assert_eq!(all[..100], expected);
}

#[test]
fn who_waits_no_longer_has_no_news() {
    let policy = Policy::default();
    let interval = policy.notice_interval;
    let mut driver = Driver::new(policy);
    driver.agent(1);
    driver.join(1);
    driver.pass(interval);
    says(&mut driver, 1, "never mind");
    driver.accept(1, 1);
    assert_eq!(shown(&driver.pass(interval)), [""; 0]);
}
