use std::time::Duration;

use isession_turn::{Limits, Refusal};

use crate::support::{
    lab::Lab,
    wire::{Ask, channel_data, indication},
};

#[test]
fn strangers_are_bounded_and_forgotten() {
    let mut lab = Lab::new(Limits {
        strangers: 10,
        ..Limits::default()
    });
    let (holder, mut caller, _) = lab.allocated(0, "link");
    let request = Lab::caller("link").write(&Ask::Allocate);
    let answered = (1..=100)
        .filter(|n| !lab.send(Lab::tuple(*n), &request).is_empty())
        .count();
    assert_eq!(answered, 10);
    assert_eq!(lab.metrics().refused(Refusal::Flood), 90);
    // Those already known, holders above all, are served as before.
    assert_eq!(
        lab.ask(holder, &mut caller, Ask::Refresh(600))
            .unwrap()
            .code,
        None
    );
    assert_eq!(
        lab.ask(Lab::tuple(5), &mut Lab::caller("b"), Ask::Allocate)
            .unwrap()
            .code,
        None
    );
    lab.pass(Duration::from_secs(31));
    let answered = (200..300)
        .filter(|n| !lab.send(Lab::tuple(*n), &request).is_empty())
        .count();
    assert_eq!(answered, 10);
}

#[test]
fn one_source_is_slowed_down() {
    let mut lab = Lab::new(Limits {
        stranger_packets_per_second: 5,
        ..Limits::default()
    });
    let request = Lab::caller("link").write(&Ask::Allocate);
    let mut tuple = Lab::tuple(1);
    let mut flood = |lab: &mut Lab, ports: std::ops::Range<u16>| {
        ports
            .filter(|port| {
                tuple.client.set_port(*port);
                !lab.send(tuple, &request).is_empty()
            })
            .count()
    };
    assert_eq!(flood(&mut lab, 1000..1100), 10);
    assert_eq!(lab.metrics().refused(Refusal::Flood), 90);
    lab.pass(Duration::from_secs(1));
    assert_eq!(flood(&mut lab, 2000..2100), 5);
    lab.allocated(2, "another source");
}

#[test]
fn a_holder_is_not_slowed_down() {
    let mut lab = Lab::new(Limits {
        stranger_packets_per_second: 5,
        ..Limits::default()
    });
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    let peer = "8.8.8.8:9".parse().unwrap();
    for _ in 0..100 {
        assert_eq!(
            lab.ask(tuple, &mut caller, Ask::permit(peer)).unwrap().code,
            None
        );
        assert_eq!(lab.send(tuple, &indication(peer, b"hello")).len(), 1);
    }
}

#[test]
fn what_is_no_request_gets_no_answer_and_leaves_no_trace() {
    let mut lab = Lab::new(Limits {
        strangers: 0,
        ..Limits::default()
    });
    let peer = "8.8.8.8:9".parse().unwrap();
    let packets = [
        indication(peer, b"hello"),
        channel_data(0x4000, b"hello"),
        vec![],
        vec![0; 20],
    ];
    for packet in packets {
        assert_eq!(lab.send(Lab::tuple(1), &packet), []);
    }
    // Nothing is remembered, so a table without room was never asked for any.
    assert_eq!(lab.metrics().refused(Refusal::Flood), 0);
    // A Binding request is answered from nothing but itself.
    let binding = Lab::caller("link").write(&Ask::Binding);
    assert_eq!(lab.send(Lab::tuple(1), &binding).len(), 1);
}
