use std::net::{IpAddr, SocketAddr};

use isession_turn::{Effect, Limits, Network, Refusal, TurnConfig, TurnServer};

use crate::support::{
    lab::Lab,
    net::{Client, config, is_empty, receive, socket},
    wire::{Ask, channel_data, indication},
};

const REFUSED: [&str; 40] = [
    "0.0.0.0",
    "0.0.0.1",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.0.1",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.251",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "64:ff9b::127.0.0.1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::10.0.0.1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:c0a8:101::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
];

#[test]
fn every_spelling_is_forbidden_and_nothing_gets_out() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    for (number, text) in (0x4000..).zip(REFUSED) {
        let peer = SocketAddr::new(text.parse().unwrap(), 9);
        for ask in [Ask::permit(peer), Ask::Bind(number, peer)] {
            assert_eq!(
                lab.ask(tuple, &mut caller, ask).unwrap().code,
                Some(403),
                "{text}"
            );
        }
        assert_eq!(lab.send(tuple, &indication(peer, b"hello")), [], "{text}");
        assert_eq!(
            lab.send(tuple, &channel_data(number, b"hello")),
            [],
            "{text}"
        );
    }
    assert_eq!(
        lab.metrics().refused(Refusal::DeniedPeer),
        2 * REFUSED.len() as u64
    );
    assert_eq!(lab.metrics().bytes_to_peers, 0);
}

#[test]
fn one_private_peer_among_public_ones_forbids_them_all() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    let public: SocketAddr = "9.9.9.9:9".parse().unwrap();
    let mixed = Ask::Permit(vec![public, "10.0.0.1:9".parse().unwrap()]);
    assert_eq!(lab.ask(tuple, &mut caller, mixed).unwrap().code, Some(403));
    assert_eq!(lab.send(tuple, &indication(public, b"hello")), []);
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::permit(public))
            .unwrap()
            .code,
        None
    );
    let sent = lab.send(tuple, &indication(public, b"hello"));
    assert!(
        matches!(sent[..], [Effect::ToPeer { peer, .. }] if peer == public),
        "{sent:?}"
    );
}

#[test]
fn a_permission_for_a_relay_reaches_no_other_port_of_the_server() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller, _) = lab.allocated(1, "link");
    let (_, _, relay) = lab.allocated(2, "link");
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::permit(relay))
            .unwrap()
            .code,
        None
    );
    let before = lab.metrics().refused(Refusal::DeniedPeer);
    let beside = SocketAddr::new(relay.ip(), 22);
    assert_eq!(lab.send(tuple, &indication(beside, b"hello")), []);
    assert_eq!(lab.metrics().refused(Refusal::DeniedPeer), before + 1);
    // Nor does what stands there reach the client.
    let peer_sent = isession_turn::Input::FromPeer {
        relay: lab.open[0],
        peer: beside,
        data: b"x",
    };
    assert_eq!(lab.step(peer_sent), []);
}

#[tokio::test]
async fn a_real_peer_on_loopback_gets_nothing() {
    let server = TurnServer::bind(config()).unwrap();
    let (mut client, _) = Client::allocated(&server, "link").await;
    let peer = socket().await;
    let address = peer.local_addr().unwrap();
    assert_eq!(client.ask(Ask::permit(address)).await.code, Some(403));
    assert_eq!(client.ask(Ask::Bind(0x4000, address)).await.code, Some(403));
    client.send(&indication(address, b"hello")).await;
    client.send(&channel_data(0x4000, b"hello")).await;
    // The answer to this comes after whatever was sent on account of the two before.
    assert_eq!(client.ask(Ask::Binding).await.code, None);
    assert!(is_empty(&peer));
    server.shutdown().await;
}

#[tokio::test]
async fn the_same_peer_is_reached_when_its_network_is_allowed() {
    let loopback: Network = "127.0.0.1".parse().unwrap();
    assert!(loopback.contains(IpAddr::from([127, 0, 0, 1])));
    let config = TurnConfig {
        allow_peers: vec![loopback],
        ..config()
    };
    let server = TurnServer::bind(config).unwrap();
    let (mut client, relay) = Client::allocated(&server, "link").await;
    let peer = socket().await;
    let address = peer.local_addr().unwrap();
    assert_eq!(client.ask(Ask::permit(address)).await.code, None);
    client.send(&indication(address, b"hello")).await;
    assert_eq!(receive(&peer).await, (relay, b"hello".to_vec()));
    server.shutdown().await;
}
