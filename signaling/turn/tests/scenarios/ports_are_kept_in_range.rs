use std::net::UdpSocket;

use isession_turn::{Refusal, TurnConfig, TurnServer};

use crate::support::{
    net::{Client, config, patiently},
    wire::Ask,
};

/// Two neighbouring ports that are free now.
fn free_pair() -> std::ops::RangeInclusive<u16> {
    for _ in 0..1000 {
        let one = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = one.local_addr().unwrap().port();
        if port < u16::MAX && UdpSocket::bind(("127.0.0.1", port + 1)).is_ok() {
            return port..=port + 1;
        }
    }
    panic!("no two free ports")
}

#[tokio::test]
async fn the_range_is_used_up_and_then_there_is_no_capacity() {
    let range = free_pair();
    let server = TurnServer::bind(TurnConfig {
        relay_ports: range.clone(),
        ..config()
    })
    .unwrap();
    let (mut one, one_relay) = Client::allocated(&server, "link").await;
    let (_two, two_relay) = Client::allocated(&server, "link").await;
    let mut ports = [one_relay.port(), two_relay.port()];
    ports.sort_unstable();
    assert_eq!(ports, [*range.start(), *range.end()]);

    let mut three = Client::new(&server, "link").await;
    assert_eq!(three.ask(Ask::Allocate).await.code, Some(508));
    assert_eq!(server.metrics().refused(Refusal::Capacity), 1);
    assert_eq!(server.metrics().allocations_live, 2);

    // The socket closes when its reader has ended, a moment after the answer.
    assert_eq!(one.ask(Ask::Refresh(0)).await.code, None);
    let relay = patiently(async {
        loop {
            let reply = three.ask(Ask::Allocate).await;
            match reply.code {
                Some(508) => tokio::task::yield_now().await,
                _ => break reply.relay,
            }
        }
    })
    .await;
    assert_eq!(relay, Some(one_relay));
    server.shutdown().await;
}

#[tokio::test]
async fn ports_of_other_programs_are_passed_over() {
    let range = free_pair();
    let taken = UdpSocket::bind(("127.0.0.1", *range.start())).unwrap();
    let server = TurnServer::bind(TurnConfig {
        relay_ports: range.clone(),
        ..config()
    })
    .unwrap();
    let (_one, relay) = Client::allocated(&server, "link").await;
    assert_eq!(relay.port(), *range.end());
    let mut two = Client::new(&server, "link").await;
    assert_eq!(two.ask(Ask::Allocate).await.code, Some(508));
    drop(taken);
    server.shutdown().await;
}

#[tokio::test]
async fn a_server_that_is_shut_down_leaves_no_socket_open() {
    let server = TurnServer::bind(config()).unwrap();
    let (_client, relay) = Client::allocated(&server, "link").await;
    let address = server.local_addr();
    assert!(UdpSocket::bind(relay).is_err() && UdpSocket::bind(address).is_err());
    server.shutdown().await;
    assert!(UdpSocket::bind(relay).is_ok() && UdpSocket::bind(address).is_ok());
}

#[tokio::test]
async fn a_server_that_is_dropped_closes_too() {
    let server = TurnServer::bind(config()).unwrap();
    let (_client, relay) = Client::allocated(&server, "link").await;
    let address = server.local_addr();
    drop(server);
    patiently(async {
        while UdpSocket::bind(relay).is_err() || UdpSocket::bind(address).is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let server = TurnServer::bind(config()).unwrap();
    let again = TurnServer::bind(TurnConfig {
        listen: server.local_addr(),
        ..config()
    });
    assert!(matches!(again, Err(isession_turn::TurnError::Listen(_))));
    server.shutdown().await;
}
