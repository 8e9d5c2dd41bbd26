//! What RFC 8656 asks for and the protocol crate gets wrong or leaves to others.

use isession_turn::{Effect, FiveTuple, Limits, Transport};
use turn_types::{AddressFamily, stun::message::Message};

use crate::support::{
    lab::Lab,
    wire::{Ask, Incoming, TCP, UDP, channel_data, indication},
};

#[test]
fn a_second_allocation_is_a_mismatch() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Allocate).unwrap().code,
        Some(437)
    );
}

#[test]
fn a_client_that_lost_the_answer_gets_it_again() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller) = (Lab::tuple(1), Lab::caller("link"));
    let challenge = lab.ask_once(tuple, &caller.write(&Ask::Allocate)).unwrap();
    caller.learn(&challenge);
    let request = caller.write(&Ask::Allocate);
    let first = lab.send(tuple, &request);
    assert_eq!(lab.send(tuple, &request), first);
    assert_eq!(lab.open.len(), 1);
}

#[test]
fn the_answer_is_signed_also_when_policy_gives_it() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, caller, _) = lab.allocated(1, "link");
    let effects = lab.send(
        tuple,
        &caller.write(&Ask::permit("10.0.0.1:9".parse().unwrap())),
    );
    let [Effect::ToClient { packet, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    let message = Message::from_bytes(packet).unwrap();
    assert!(
        message
            .validate_integrity(&caller.key(crate::support::REALM))
            .is_ok()
    );
}

#[test]
fn channel_and_peer_belong_to_each_other() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    let (one, two) = ("8.8.8.8:1".parse().unwrap(), "8.8.8.8:2".parse().unwrap());
    let asks = [
        (Ask::Bind(0x4000, one), None),
        (Ask::Bind(0x4000, one), None),
        (Ask::Bind(0x4000, two), Some(400)),
        (Ask::Bind(0x4001, one), Some(400)),
        (Ask::Bind(0x3fff, two), Some(400)),
        (Ask::Bind(0x8000, two), Some(400)),
        (Ask::Bind(0x4001, two), None),
    ];
    for (ask, code) in asks {
        assert_eq!(
            lab.ask(tuple, &mut caller, ask.clone()).unwrap().code,
            code,
            "{ask:?}"
        );
    }
}

#[test]
fn only_udp_relays_of_the_servers_family_are_given() {
    let mut lab = Lab::new(Limits::default());
    let asks = [
        (Ask::AllocateKind(99), Some(442)),
        (Ask::AllocateKind(TCP), Some(442)),
        (Ask::AllocateFamily(AddressFamily::IPV6), Some(440)),
        (Ask::AllocateKind(UDP), None),
        (Ask::AllocateFamily(AddressFamily::IPV4), None),
        // Both were asked for and one is given.
        (Ask::AllocateBoth, Some(440)),
    ];
    for (number, (ask, code)) in (1..).zip(asks) {
        let tuple = Lab::tuple(number);
        let reply = lab
            .ask(tuple, &mut Lab::caller("link"), ask.clone())
            .unwrap();
        if matches!(ask, Ask::AllocateBoth) {
            assert!(reply.relay.is_some_and(|relay| relay.is_ipv4()));
        } else {
            assert_eq!(reply.code, code, "{ask:?}");
        }
    }
    assert_eq!(lab.open.len(), 3);
    let (tuple, mut caller, _) = lab.allocated(9, "other");
    let peer = "[2606:4700::1111]:9".parse().unwrap();
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::permit(peer)).unwrap().code,
        Some(443)
    );
}

#[test]
fn a_server_with_ipv6_relays_gives_those() {
    let mut lab = Lab::at(Limits::default(), "2a00:1::1".parse().unwrap());
    let (v4, v6) = (
        "8.8.8.8:9".parse().unwrap(),
        "[2606:4700::1111]:9".parse().unwrap(),
    );
    let ask = Ask::AllocateFamily(AddressFamily::IPV4);
    let reply = lab
        .ask(Lab::tuple(1), &mut Lab::caller("link"), ask)
        .unwrap();
    assert_eq!(reply.code, Some(440));
    for (number, ask) in [
        (2, Ask::AllocateFamily(AddressFamily::IPV6)),
        (3, Ask::AllocateBoth),
    ] {
        let (tuple, mut caller) = (Lab::tuple(number), Lab::caller("link"));
        let reply = lab.ask(tuple, &mut caller, ask).unwrap();
        assert!(reply.relay.is_some_and(|relay| relay.is_ipv6()));
        assert_eq!(
            lab.ask(tuple, &mut caller, Ask::permit(v4)).unwrap().code,
            Some(443)
        );
        assert_eq!(
            lab.ask(tuple, &mut caller, Ask::permit(v6)).unwrap().code,
            None
        );
        let sent = lab.send(tuple, &indication(v6, b"hello"));
        assert!(
            matches!(sent[..], [Effect::ToPeer { peer, .. }] if peer == v6),
            "{sent:?}"
        );
    }
    assert_eq!(lab.open.len(), 2);
}

#[test]
fn a_relay_over_tcp_is_refused_on_a_stream_too() {
    let mut lab = Lab::new(Limits::default());
    let tuple = stream();
    let reply = lab
        .ask(tuple, &mut Lab::caller("link"), Ask::AllocateKind(TCP))
        .unwrap();
    assert_eq!(reply.code, Some(442));
    assert_eq!(lab.open, []);
}

#[test]
fn the_engine_serves_streams_as_well() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller) = (stream(), Lab::caller("link"));
    let relay = lab
        .ask(tuple, &mut caller, Ask::Allocate)
        .unwrap()
        .relay
        .unwrap();
    let peer = "8.8.8.8:9".parse().unwrap();
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Bind(0x4000, peer))
            .unwrap()
            .code,
        None
    );
    for length in 0..9 {
        let data = vec![7; length];
        let mut padded = channel_data(0x4000, &data);
        padded.resize(padded.len().next_multiple_of(4), 0);
        let expected = Effect::ToPeer {
            relay,
            peer,
            data: data.clone(),
        };
        assert_eq!(lab.send(tuple, &padded), [expected]);
        let back = lab.step(isession_turn::Input::FromPeer {
            relay,
            peer,
            data: &data,
        });
        let [Effect::ToClient { packet, .. }] = &back[..] else {
            panic!("{back:?}")
        };
        assert_eq!(
            Incoming::read(packet),
            Incoming::Channel {
                number: 0x4000,
                data
            }
        );
    }
}

fn stream() -> FiveTuple {
    FiveTuple {
        transport: Transport::Stream,
        ..Lab::tuple(1)
    }
}
