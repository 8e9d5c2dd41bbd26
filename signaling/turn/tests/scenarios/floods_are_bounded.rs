use std::time::Duration;

use isession_turn::{Limits, Refusal};

use crate::support::{
    lab::Lab,
    wire::{Ask, channel_data, indication},
};

/// Requests from these ports of one source, none of which answers a challenge.
fn flood(lab: &mut Lab, source: u16, ports: std::ops::Range<u16>) {
    let request = Lab::caller("flood").write(&Ask::Allocate);
    let mut tuple = Lab::tuple(source);
    for port in ports {
        tuple.client.set_port(port);
        lab.send(tuple, &request);
    }
}

#[test]
fn the_oldest_of_too_many_strangers_are_forgotten() {
    let mut lab = Lab::new(Limits {
        strangers: 10,
        ..Limits::default()
    });
    let (holder, mut caller, _) = lab.allocated(0, "link");
    for source in 1..=100 {
        flood(&mut lab, source, 1..2);
    }
    assert_eq!(lab.metrics().refused(Refusal::Flood), 90);
    // Holders are served as before.
    assert_eq!(
        lab.ask(holder, &mut caller, Ask::Refresh(600))
            .unwrap()
            .code,
        None
    );
    // Those that are remembered go by themselves as well.
    lab.pass(Duration::from_secs(31));
    for source in 200..210 {
        flood(&mut lab, source, 1..2);
    }
    assert_eq!(lab.metrics().refused(Refusal::Flood), 90);
}

#[test]
fn a_newcomer_is_served_during_a_flood() {
    let mut lab = Lab::new(Limits {
        strangers: 12,
        strangers_per_source: 4,
        stranger_packets_per_second: 1000,
        ..Limits::default()
    });
    let all = |lab: &mut Lab, ports: std::ops::Range<u16>| {
        for source in 1..=3 {
            flood(lab, source, ports.clone());
        }
    };
    all(&mut lab, 1..200);
    let (tuple, mut caller) = (Lab::tuple(4), Lab::caller("link"));
    let challenge = lab.ask_once(tuple, &caller.write(&Ask::Allocate));
    assert!(caller.learn(&challenge.unwrap()));
    // However many come before the newcomer's next packet.
    lab.pass(Duration::from_millis(100));
    all(&mut lab, 200..400);
    let reply = lab.ask_once(tuple, &caller.write(&Ask::Allocate)).unwrap();
    assert_eq!(reply.code, None);
    assert!(reply.relay.is_some());
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
