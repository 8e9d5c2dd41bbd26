use std::time::Duration;

use isession_turn::{Effect, Input, Limits};

use crate::support::{
    lab::Lab,
    wire::{Ask, channel_data, indication},
};

const PEER: &str = "8.8.8.8:9";

#[test]
fn an_allocation_that_is_not_refreshed_expires() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, relay) = lab.allocated(1, "link");
    lab.pass(Duration::from_secs(600));
    assert_eq!(lab.open, [relay]);
    lab.pass(Duration::from_secs(1));
    assert_eq!(lab.open, []);
    assert_eq!(lab.metrics().allocations_live, 0);
    let reply = lab.ask(tuple, &mut caller, Ask::permit(PEER.parse().unwrap()));
    assert_eq!(reply.unwrap().code, Some(437));
    // The same five-tuple may have another.
    let reply = lab.ask(tuple, &mut caller, Ask::Allocate).unwrap();
    assert!(reply.relay.is_some_and(|again| again != relay));
}

#[test]
fn an_allocation_lives_as_long_as_it_is_refreshed() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, relay) = lab.allocated(1, "link");
    for _ in 0..20 {
        lab.pass(Duration::from_secs(599));
        assert_eq!(
            lab.ask(tuple, &mut caller, Ask::Refresh(600)).unwrap().code,
            None
        );
    }
    assert_eq!(lab.open, [relay]);
}

#[test]
fn a_lifetime_is_kept_between_ten_minutes_and_an_hour() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    for (asked, granted) in [(1, 600), (600, 600), (1200, 1200), (u32::MAX, 3600)] {
        let reply = lab.ask(tuple, &mut caller, Ask::Refresh(asked)).unwrap();
        assert_eq!(reply.lifetime, Some(granted));
    }
}

#[test]
fn a_deleted_allocation_is_gone_at_once() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Refresh(0)).unwrap().code,
        None
    );
    assert_eq!(lab.open, []);
    assert_eq!(lab.metrics().allocations_live, 0);
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Refresh(0)).unwrap().code,
        Some(437)
    );
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Allocate).unwrap().code,
        None
    );
}

#[test]
fn permissions_and_channels_expire() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, relay) = lab.allocated(1, "link");
    let peer = PEER.parse().unwrap();
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Bind(0x4000, peer))
            .unwrap()
            .code,
        None
    );
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Refresh(3600))
            .unwrap()
            .code,
        None
    );
    let sent = Effect::ToPeer {
        relay,
        peer,
        data: b"hello".to_vec(),
    };
    assert_eq!(lab.send(tuple, &channel_data(0x4000, b"hello")), [sent]);
    lab.pass(Duration::from_secs(301));
    assert_eq!(lab.send(tuple, &channel_data(0x4000, b"hello")), []);
    assert_eq!(lab.send(tuple, &indication(peer, b"hello")), []);
    assert_eq!(
        lab.step(Input::FromPeer {
            relay,
            peer,
            data: b"hello"
        }),
        []
    );
    lab.pass(Duration::from_secs(300));
    // Nobody owns the number any more.
    let other = "8.8.4.4:9".parse().unwrap();
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Bind(0x4000, other))
            .unwrap()
            .code,
        None
    );
}

#[test]
fn what_has_expired_is_gone_before_the_next_tick() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, relay) = lab.allocated(1, "link");
    lab.now.monotonic += Duration::from_secs(601);
    let reply = lab.ask(tuple, &mut caller, Ask::Allocate).unwrap();
    assert!(reply.relay.is_some_and(|again| again != relay));
    assert_eq!(lab.open, [reply.relay.unwrap()]);
}
