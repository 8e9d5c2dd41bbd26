//! Whoever only checks the way here gets an allocation, and nothing is relayed for it.

use std::{net::SocketAddr, time::Duration};

use isession_turn::{CHECK, Limits};

use crate::support::{
    PAST,
    lab::Lab,
    secret,
    wire::{Ask, Caller, channel_data, indication},
};

#[test]
fn an_allocation_and_no_peer() {
    let mut lab = Lab::new(Limits::default());
    let tuple = Lab::tuple(1);
    let peer = "8.8.8.8:9".parse().unwrap();
    let mut caller = Caller::new(secret().mint(&format!("{CHECK}1"), PAST + 60));
    let reply = lab.ask(tuple, &mut caller, Ask::Allocate).unwrap();
    assert!(reply.relay.is_some());
    for ask in [Ask::permit(peer), Ask::Bind(0x4000, peer)] {
        let reply = lab.ask(tuple, &mut caller, ask).unwrap();
        assert_eq!(reply.code, Some(403));
    }
    assert_eq!(lab.send(tuple, &indication(peer, b"hello")), []);
    assert_eq!(lab.send(tuple, &channel_data(0x4000, b"hello")), []);
    let reply = lab.ask(tuple, &mut caller, Ask::Refresh(600)).unwrap();
    assert_eq!(reply.code, None);

    // It is not kept beyond its time, nor is another one made.
    lab.pass(Duration::from_secs(61));
    assert_eq!(lab.open, []);
    assert_eq!(lab.metrics().allocations_live, 0);
    let reply = lab.ask(tuple, &mut caller, Ask::Allocate).unwrap();
    assert_eq!(reply.code, Some(401));
}

/// A check's allocation, and the relay that it is told of.
fn check(lab: &mut Lab, number: u16, name: &str) -> Option<SocketAddr> {
    let mut caller = Caller::new(secret().mint(&format!("{CHECK}{name}"), PAST + 60));
    lab.ask(Lab::tuple(number), &mut caller, Ask::Allocate)?
        .relay
}

#[test]
fn a_check_has_one_allocation_and_the_newest_stays() {
    let mut lab = Lab::new(Limits::default());
    let relays = [1, 2, 3].map(|number| check(&mut lab, number, "one").unwrap());
    assert_eq!(lab.open, relays[2..]);
    assert_eq!(lab.metrics().allocations_live, 1);
}

#[test]
fn all_checks_together_have_a_few_and_take_none_from_links() {
    let mut lab = Lab::new(Limits {
        checks: 3,
        ..Limits::default()
    });
    let (_, _, session) = lab.allocated(100, "link");
    let relays: Vec<_> = (1..=20)
        .map(|number| check(&mut lab, number, &number.to_string()).unwrap())
        .collect();
    assert_eq!(lab.open[0], session);
    assert_eq!(lab.open[1..], relays[17..]);
}
