use std::net::SocketAddr;

use isession_turn::{TurnConfig, TurnServer};

use crate::support::{
    net::{Client, config},
    wire::{Ask, Incoming, channel_data, indication},
};

/// Two relayed sides of one link talk, although no peer address is allowed.
async fn talk(server: &TurnServer) -> [SocketAddr; 2] {
    let (mut one, one_relay) = Client::allocated(server, "link").await;
    let (mut two, two_relay) = Client::allocated(server, "link").await;
    assert_eq!(one.ask(Ask::Bind(0x4000, two_relay)).await.code, None);
    assert_eq!(two.ask(Ask::permit(one_relay)).await.code, None);

    one.send(&channel_data(0x4000, b"from one")).await;
    let expected = Incoming::Data {
        peer: one_relay,
        data: b"from one".to_vec(),
    };
    assert_eq!(two.receive().await, expected);
    two.send(&indication(one_relay, b"from two")).await;
    let expected = Incoming::Channel {
        number: 0x4000,
        data: b"from two".to_vec(),
    };
    assert_eq!(one.receive().await, expected);
    assert_eq!(
        (
            server.metrics().bytes_to_peers,
            server.metrics().bytes_to_clients
        ),
        (16, 16)
    );

    // Once the other relay is closed, its address is one of the machine's like any other.
    assert_eq!(two.ask(Ask::Refresh(0)).await.code, None);
    assert_eq!(one.ask(Ask::permit(two_relay)).await.code, Some(403));
    [one_relay, two_relay]
}

#[tokio::test]
async fn two_relays_on_loopback_meet() {
    let server = TurnServer::bind(config()).unwrap();
    let relays = talk(&server).await;
    assert!(relays.iter().all(|relay| relay.ip().is_loopback()));
    server.shutdown().await;
}

#[tokio::test]
async fn two_relays_behind_an_external_address_meet() {
    let external = "198.20.0.1".parse().unwrap();
    let config = TurnConfig {
        external_ip: Some(external),
        ..config()
    };
    let server = TurnServer::bind(config).unwrap();
    let relays = talk(&server).await;
    assert!(relays.iter().all(|relay| relay.ip() == external));
    server.shutdown().await;
}
