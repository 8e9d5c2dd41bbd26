//! A link that its two have done with gets no more relays, and keeps none.

use std::time::Duration;

use isession_turn::{Effect, Input, Limits, Refusal};

use crate::support::{
    lab::Lab,
    net::{Client, open_server, patiently},
    wire::{Ask, indication},
};

const LINGER: Duration = Duration::from_secs(5);

fn end(lab: &mut Lab, linger: Duration) {
    let link = "link";
    assert_eq!(lab.step(Input::EndLink { link, linger }), []);
}

#[test]
fn allocations_of_an_ended_link_are_gone_at_once_and_no_others() {
    let mut lab = Lab::new(Limits::default());
    let (one, mut caller, _) = lab.allocated(1, "link");
    lab.allocated(2, "link");
    let (_, _, other) = lab.allocated(3, "other");
    end(&mut lab, Duration::ZERO);
    assert_eq!(lab.open, [other]);
    assert_eq!(lab.metrics().allocations_live, 1);
    let reply = lab.ask(one, &mut caller, Ask::Refresh(600));
    assert_ne!(reply.unwrap().code, None);
}

#[test]
fn its_credentials_open_no_more_although_they_hold() {
    let mut lab = Lab::new(Limits::default());
    lab.allocated(1, "link");
    end(&mut lab, Duration::ZERO);
    // The same client, and one that never asked before.
    for number in [1, 2] {
        let mut caller = Lab::caller("link");
        let reply = lab.ask(Lab::tuple(number), &mut caller, Ask::Allocate);
        assert_eq!(reply.unwrap().code, Some(401));
    }
    assert_eq!(lab.metrics().refused(Refusal::ExpiredCredentials), 2);
    assert_eq!(lab.open, []);
}

#[test]
fn last_words_are_still_relayed_and_no_refresh_prolongs_them() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, relay) = lab.allocated(1, "link");
    let peer = "8.8.8.8:9".parse().unwrap();
    lab.ask(tuple, &mut caller, Ask::permit(peer)).unwrap();
    end(&mut lab, LINGER);
    let data = b"bye".to_vec();
    let sent = Effect::ToPeer { relay, peer, data };
    assert_eq!(lab.send(tuple, &indication(peer, b"bye")), [sent]);
    lab.ask(tuple, &mut caller, Ask::Refresh(3600)).unwrap();
    lab.pass(LINGER);
    assert_eq!(lab.open, [relay]);
    // Told once more, it does not begin anew.
    end(&mut lab, LINGER);
    lab.pass(Duration::from_millis(1));
    assert_eq!(lab.open, []);
    assert_eq!(lab.metrics().allocations_live, 0);
}

#[tokio::test]
async fn the_servers_sockets_are_closed_with_it() {
    let server = open_server();
    let (_client, relay) = Client::allocated(&server, "link").await;
    server.links().end("link", Duration::ZERO);
    assert_eq!(server.metrics().allocations_live, 0);
    // The port is free again once the reader is gone.
    patiently(async {
        while std::net::UdpSocket::bind(relay).is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let links = server.links();
    assert!(links.is_open());
    server.shutdown().await;
    assert!(!links.is_open());
}
