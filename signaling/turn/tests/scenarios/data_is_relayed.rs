use isession_turn::{Metrics, TurnConfig, TurnServer};

use crate::support::{
    net::{Client, config, open_server, receive, socket},
    wire::{Ask, Incoming, channel_data, indication},
};

#[tokio::test]
async fn indications_go_both_ways() {
    let server = open_server();
    let (mut client, relay) = Client::allocated(&server, "link").await;
    let peer = socket().await;
    let address = peer.local_addr().unwrap();
    assert_eq!(client.ask(Ask::permit(address)).await.code, None);

    client.send(&indication(address, b"to the peer")).await;
    assert_eq!(receive(&peer).await, (relay, b"to the peer".to_vec()));
    peer.send_to(b"to the client", relay).await.unwrap();
    let expected = Incoming::Data {
        peer: address,
        data: b"to the client".to_vec(),
    };
    assert_eq!(client.receive().await, expected);

    let Metrics {
        bytes_to_peers,
        bytes_to_clients,
        ..
    } = server.metrics();
    assert_eq!((bytes_to_peers, bytes_to_clients), (11, 13));
    server.shutdown().await;
}

#[tokio::test]
async fn channel_data_goes_both_ways_in_every_length() {
    let server = open_server();
    let (mut client, relay) = Client::allocated(&server, "link").await;
    let peer = socket().await;
    assert_eq!(
        client
            .ask(Ask::Bind(0x4001, peer.local_addr().unwrap()))
            .await
            .code,
        None
    );
    for length in [0, 1, 2, 3, 4, 5, 1199, 1200, 8000] {
        let data = vec![7; length];
        client.send(&channel_data(0x4001, &data)).await;
        assert_eq!(receive(&peer).await, (relay, data.clone()));
        peer.send_to(&data, relay).await.unwrap();
        assert_eq!(
            client.receive().await,
            Incoming::Channel {
                number: 0x4001,
                data
            }
        );
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_burst_is_relayed_whole_and_in_order() {
    let server = open_server();
    let (mut client, _) = Client::allocated(&server, "link").await;
    let peer = socket().await;
    assert_eq!(
        client
            .ask(Ask::Bind(0x4001, peer.local_addr().unwrap()))
            .await
            .code,
        None
    );
    for number in 0..100u8 {
        client.send(&channel_data(0x4001, &[number; 1000])).await;
    }
    for number in 0..100u8 {
        assert_eq!(receive(&peer).await.1, [number; 1000]);
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_stranger_gets_nothing_through() {
    let server = open_server();
    let (mut client, relay) = Client::allocated(&server, "link").await;
    let (peer, stranger) = (socket().await, socket().await);
    // A permission is for an address, a channel for one port of it. To tell a stranger on this
    // machine from the peer it takes another address of loopback.
    let elsewhere = tokio::net::UdpSocket::bind("127.0.0.2:0").await.unwrap();
    assert_eq!(
        client
            .ask(Ask::permit(peer.local_addr().unwrap()))
            .await
            .code,
        None
    );
    elsewhere.send_to(b"from elsewhere", relay).await.unwrap();
    stranger
        .send_to(b"from the peer's machine", relay)
        .await
        .unwrap();
    let Incoming::Data { data, .. } = client.receive().await else {
        panic!("no data")
    };
    assert_eq!(data, b"from the peer's machine");
    server.shutdown().await;
}

#[tokio::test]
async fn an_external_address_stands_for_the_relays_own_port_by_port() {
    let allow_peers = vec!["127.0.0.0/8".parse().unwrap()];
    let external_ip = "198.20.0.1".parse().ok();
    let server = TurnServer::bind(TurnConfig {
        allow_peers,
        external_ip,
        ..config()
    })
    .unwrap();
    let (mut client, relay) = Client::allocated(&server, "link").await;
    assert_eq!(Some(relay.ip()), external_ip);
    let peer = socket().await;
    let address = peer.local_addr().unwrap();
    assert_eq!(client.ask(Ask::permit(address)).await.code, None);
    client.send(&indication(address, b"out")).await;
    let (from, data) = receive(&peer).await;
    assert_eq!((from.port(), &data[..]), (relay.port(), &b"out"[..]));
    peer.send_to(b"back", from).await.unwrap();
    let expected = Incoming::Data {
        peer: address,
        data: b"back".to_vec(),
    };
    assert_eq!(client.receive().await, expected);
    server.shutdown().await;
}
