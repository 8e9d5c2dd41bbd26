use std::{net::SocketAddr, time::Duration};

use isession_turn::{Limits, Refusal, TurnConfig, TurnServer};

use crate::support::{
    FUTURE,
    lab::Lab,
    net::{Client, config},
    secret,
    wire::{Ask, Caller, indication},
};

#[tokio::test]
async fn a_link_has_so_many_allocations_and_no_more() {
    let limits = Limits {
        allocations_per_link: 2,
        ..Limits::default()
    };
    let server = TurnServer::bind(TurnConfig { limits, ..config() }).unwrap();
    let (mut first, _) = Client::allocated(&server, "link").await;
    let _second = Client::allocated(&server, "link").await;
    let mut third = Client::new(&server, "link").await;
    assert_eq!(third.ask(Ask::Allocate).await.code, Some(486));
    assert_eq!(server.metrics().refused(Refusal::LinkQuota), 1);
    let _other = Client::allocated(&server, "other").await;
    assert_eq!(first.ask(Ask::Refresh(0)).await.code, None);
    assert_eq!(third.ask(Ask::Allocate).await.code, None);
    server.shutdown().await;
}

#[test]
fn newer_credentials_of_a_link_share_its_quota() {
    let mut lab = Lab::new(Limits {
        allocations_per_link: 1,
        ..Limits::default()
    });
    lab.allocated(1, "link");
    let mut again = Caller::new(secret().mint("link", FUTURE + 1));
    let reply = lab.ask(Lab::tuple(2), &mut again, Ask::Allocate).unwrap();
    assert_eq!(reply.code, Some(486));
}

#[test]
fn a_source_has_so_many_allocations_and_no_more() {
    let mut lab = Lab::new(Limits {
        allocations_per_source: 2,
        ..Limits::default()
    });
    let mut tuple = Lab::tuple(1);
    let mut codes = Vec::new();
    for (port, link) in (4000..).zip(["a", "b", "c"]) {
        tuple.client.set_port(port);
        codes.push(
            lab.ask(tuple, &mut Lab::caller(link), Ask::Allocate)
                .unwrap()
                .code,
        );
    }
    assert_eq!(codes, [None, None, Some(486)]);
    assert_eq!(lab.metrics().refused(Refusal::SourceQuota), 1);
    lab.allocated(2, "d");
}

#[test]
fn the_server_has_so_many_allocations_and_no_more() {
    let mut lab = Lab::new(Limits {
        allocations: 2,
        ..Limits::default()
    });
    lab.allocated(1, "a");
    lab.allocated(2, "b");
    let reply = lab
        .ask(Lab::tuple(3), &mut Lab::caller("c"), Ask::Allocate)
        .unwrap();
    assert_eq!(reply.code, Some(508));
    assert_eq!(lab.metrics().refused(Refusal::Capacity), 1);
    assert_eq!(lab.metrics().allocations_live, 2);
}

#[test]
fn permissions_and_channels_are_bounded() {
    let mut lab = Lab::new(Limits {
        peers_per_allocation: 2,
        ..Limits::default()
    });
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    let peer = |last| SocketAddr::from(([8, 8, 8, last], 9));
    let three = Ask::Permit(vec![peer(1), peer(2), peer(3)]);
    let asks = [
        three,
        Ask::permit(peer(1)),
        Ask::Bind(0x4000, peer(2)),
        Ask::permit(peer(3)),
    ];
    let codes = asks.map(|ask| lab.ask(tuple, &mut caller, ask).unwrap().code);
    assert_eq!(codes, [Some(508), None, None, Some(508)]);
    assert_eq!(lab.metrics().refused(Refusal::PeerQuota), 2);
}

#[test]
fn bandwidth_is_bounded_when_it_is_asked_for() {
    let mut lab = Lab::new(Limits {
        bytes_per_second: Some(500),
        ..Limits::default()
    });
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    let peer = "8.8.8.8:9".parse().unwrap();
    lab.ask(tuple, &mut caller, Ask::permit(peer)).unwrap();
    let packet = indication(peer, &[0; 100]);
    let sent = (0..20)
        .filter(|_| !lab.send(tuple, &packet).is_empty())
        .count();
    assert_eq!(sent, 10);
    assert_eq!(lab.metrics().refused(Refusal::Bandwidth), 10);
    lab.pass(Duration::from_secs(1));
    let sent = (0..20)
        .filter(|_| !lab.send(tuple, &packet).is_empty())
        .count();
    assert_eq!(sent, 5);
    assert_eq!(lab.metrics().bytes_to_peers, 1500);
}

#[test]
fn all_allocations_of_a_link_share_its_bandwidth() {
    let mut lab = Lab::new(Limits {
        bytes_per_second: Some(500),
        ..Limits::default()
    });
    let peer = "8.8.8.8:9".parse().unwrap();
    let packet = indication(peer, &[0; 100]);
    let mut sent = |number| {
        let (tuple, mut caller, _) = lab.allocated(number, "link");
        lab.ask(tuple, &mut caller, Ask::permit(peer)).unwrap();
        let passed = (0..8)
            .filter(|_| !lab.send(tuple, &packet).is_empty())
            .count();
        // An allocation that was given back does not take along what it has used up.
        lab.ask(tuple, &mut caller, Ask::Refresh(0)).unwrap();
        lab.pass(Duration::from_millis(1));
        passed
    };
    assert_eq!([sent(1), sent(2), sent(3)], [8, 2, 0]);
}

#[test]
fn what_stays_within_a_link_counts_once() {
    let mut lab = Lab::new(Limits {
        bytes_per_second: Some(500),
        ..Limits::default()
    });
    let (one, mut caller, relay) = lab.allocated(1, "link");
    let (two, mut other, peer) = lab.allocated(2, "link");
    lab.ask(one, &mut caller, Ask::permit(peer)).unwrap();
    lab.ask(two, &mut other, Ask::permit(relay)).unwrap();
    let packet = indication(peer, &[0; 100]);
    let heard = (0..20).filter(|_| !lab.send(one, &packet).is_empty());
    assert_eq!(heard.count(), 10);
}
