//! While a link rings, its relays reach each other and nobody else.

use std::{net::SocketAddr, time::Duration};

use isession_turn::{Effect, FiveTuple, Input, Limits, RING, Refusal};

use crate::support::{
    lab::Lab,
    wire::{Ask, Caller, indication},
};

const OUTSIDE: &str = "8.8.8.8:9";

fn outside() -> SocketAddr {
    OUTSIDE.parse().unwrap()
}

fn ringing(lab: &mut Lab, number: u16, link: &str) -> (FiveTuple, Caller, SocketAddr) {
    lab.allocated(number, &format!("{RING}{link}"))
}

#[test]
fn two_who_ring_meet_and_nobody_outside_hears_of_it() {
    let mut lab = Lab::new(Limits::default());
    let (one, mut caller, relay) = ringing(&mut lab, 1, "link");
    let (two, mut other, peer) = ringing(&mut lab, 2, "link");
    for ask in [Ask::permit(outside()), Ask::Bind(0x4000, outside())] {
        let reply = lab.ask(one, &mut caller, ask).unwrap();
        assert_eq!(reply.code, Some(403));
    }
    assert_eq!(lab.metrics().refused(Refusal::DeniedPeer), 2);
    let permitted = lab.ask(one, &mut caller, Ask::permit(peer)).unwrap();
    assert_eq!(permitted.code, None);
    let permitted = lab.ask(two, &mut other, Ask::permit(relay)).unwrap();
    assert_eq!(permitted.code, None);
    let heard = lab.send(one, &indication(peer, b"hello"));
    assert!(
        matches!(&heard[..], [Effect::ToClient { tuple, .. }] if *tuple == two),
        "{heard:?}"
    );
    // Permissions are per address: another port of it is no relay that lives.
    let nobody = SocketAddr::new(peer.ip(), 9);
    assert_eq!(lab.send(one, &indication(nobody, b"hello")), []);
    let data = b"hello";
    let from_outside = Input::FromPeer {
        relay,
        peer: nobody,
        data,
    };
    assert_eq!(lab.step(from_outside), []);
}

#[test]
fn the_accept_brings_credentials_that_reach_further() {
    let mut lab = Lab::new(Limits {
        allocations_per_link: 2,
        ..Limits::default()
    });
    ringing(&mut lab, 1, "link");
    let (tuple, mut caller, relay) = lab.allocated(2, "link");
    lab.ask(tuple, &mut caller, Ask::permit(outside())).unwrap();
    let (peer, data) = (outside(), b"hello".to_vec());
    let sent = Effect::ToPeer { relay, peer, data };
    assert_eq!(lab.send(tuple, &indication(peer, b"hello")), [sent]);
    // It is the same link: it has one quota, and one end.
    let mut third = Lab::caller("link");
    let reply = lab.ask(Lab::tuple(3), &mut third, Ask::Allocate).unwrap();
    assert_eq!(reply.code, Some(486));
    let linger = Duration::ZERO;
    lab.step(Input::EndLink {
        link: "link",
        linger,
    });
    assert_eq!(lab.open, []);
}
