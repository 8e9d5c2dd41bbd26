//! Clients over TCP and TLS: served as those over UDP are, bounded, and forgotten with their
//! connections.

use std::{net::SocketAddr, time::Duration};

use isession_turn::{Limits, Refusal, StreamEnd, Transport, TurnConfig, TurnServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    net::{StreamClient, awake, config, open_server, receive, socket},
    wire::{Ask, Incoming, channel_data, indication},
};

fn client(number: u16) -> SocketAddr {
    SocketAddr::from(([9, 9, 9, 9], number))
}

fn with(limits: Limits) -> TurnServer {
    TurnServer::bind(TurnConfig {
        allow_peers: vec!["127.0.0.0/8".parse().unwrap()],
        limits,
        ..config()
    })
    .unwrap()
}

/// Waits until there are no more allocations than this. Who lets a stream go does not wait for the
/// server's thread.
async fn ended(server: &TurnServer, left: usize) {
    awake(async {
        while server.metrics().allocations_live != left {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// For tests in virtual time.
fn hasty() -> Limits {
    Limits {
        stream_patience: Duration::from_secs(4),
        ..Limits::default()
    }
}

#[tokio::test]
async fn data_is_relayed_both_ways_with_padding() {
    let server = open_server();
    let mut client = StreamClient::new(&server, client(1), "link");
    let relay = client.ask(Ask::Allocate).await.relay.unwrap();
    assert_eq!(server.metrics().live(Transport::Stream), 1);
    let peer = socket().await;
    let at = peer.local_addr().unwrap();
    assert_eq!(client.ask(Ask::Bind(0x4000, at)).await.code, None);
    for length in [0, 1, 2, 3, 4, 5, 1200] {
        let data = vec![7; length];
        let mut frame = channel_data(0x4000, &data);
        frame.resize(frame.len().next_multiple_of(4), 0);
        // Byte by byte and in one piece.
        for byte in &frame {
            client.io.write_all(&[*byte]).await.unwrap();
        }
        client.io.write_all(&frame).await.unwrap();
        for _ in 0..2 {
            assert_eq!(receive(&peer).await, (relay, data.clone()));
        }
        peer.send_to(&data, relay).await.unwrap();
        let number = 0x4000;
        assert_eq!(
            Incoming::read(&client.receive().await),
            Incoming::Channel { number, data }
        );
    }
    server.shutdown().await;
    assert_eq!(client.end().await, StreamEnd::Over);
}

#[tokio::test]
async fn an_ipv4_client_is_told_its_ipv4_address() {
    let server = open_server();
    let mapped: SocketAddr = "[::ffff:9.9.9.9]:7".parse().unwrap();
    let mut client = StreamClient::new(&server, mapped, "link");
    let mapped = client.ask(Ask::Binding).await.mapped;
    assert_eq!(mapped, "9.9.9.9:7".parse().ok());
    assert!(client.ask(Ask::Allocate).await.relay.is_some());
}

#[tokio::test]
async fn an_allocation_ends_with_its_stream() {
    let server = with(Limits {
        allocations_per_link: 1,
        ..Limits::default()
    });
    let peer = socket().await;
    for number in 1..=3 {
        let mut client = StreamClient::new(&server, client(number), "link");
        let relay = client.ask(Ask::Allocate).await.relay.unwrap();
        let permit = Ask::permit(peer.local_addr().unwrap());
        assert_eq!(client.ask(permit).await.code, None);
        assert_eq!(server.metrics().allocations_live, 1);
        let StreamClient { io, served, .. } = client;
        if number == 2 {
            // However it ends.
            served.abort();
            assert!(served.await.unwrap_err().is_cancelled());
            ended(&server, 0).await;
        } else {
            drop(io);
            assert_eq!(served.await.unwrap(), StreamEnd::Closed);
        }
        assert_eq!(server.metrics().allocations_live, 0);
        assert_eq!(server.metrics().live(Transport::Stream), 0);
        // The relay's port is free once its reader has been let go.
        while tokio::net::UdpSocket::bind(relay).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn what_is_no_frame_ends_the_stream() {
    let server = open_server();
    let hello = b"GET / HTTP/1.1\r\nHost: turn\r\n\r\n";
    for bytes in [&b"\x80"[..], b"\0\x01\0\0cookie", hello, &[0xff; 64]] {
        let mut client = StreamClient::new(&server, client(1), "link");
        client.ask(Ask::Allocate).await.relay.unwrap();
        client.io.write_all(bytes).await.unwrap();
        assert_eq!(client.end().await, StreamEnd::NoFrame, "{bytes:?}");
        assert_eq!(server.metrics().allocations_live, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn who_makes_no_allocation_is_let_go() {
    let server = with(hasty());
    let mute = StreamClient::new(&server, client(1), "link");
    assert_eq!(mute.end().await, StreamEnd::Idle);

    let mut halfway = StreamClient::new(&server, client(2), "link");
    halfway.io.write_all(&[0, 1, 0]).await.unwrap();
    assert_eq!(halfway.end().await, StreamEnd::Idle);

    let mut chatty = StreamClient::new(&server, client(3), "link");
    for _ in 1..4 {
        awake(chatty.ask(Ask::Binding)).await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(chatty.end().await, StreamEnd::Idle);

    // Whoever has an allocation stays, however silent, until it lets it go.
    let mut holder = StreamClient::new(&server, client(4), "link");
    awake(holder.ask(Ask::Allocate)).await.relay.unwrap();
    let later = StreamClient::new(&server, client(5), "link");
    assert_eq!(later.end().await, StreamEnd::Idle);
    assert_eq!(awake(holder.ask(Ask::Refresh(0))).await.code, None);
    assert_eq!(holder.end().await, StreamEnd::Idle);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_holds_up_nobody_and_is_let_go() {
    let server = with(hasty());
    let peer = socket().await;
    let at = peer.local_addr().unwrap();
    let mut slow = StreamClient::new(&server, client(1), "slow");
    let relay = awake(slow.ask(Ask::Allocate)).await.relay.unwrap();
    assert_eq!(awake(slow.ask(Ask::Bind(0x4000, at))).await.code, None);
    let mut other = StreamClient::new(&server, client(2), "other");
    let its_relay = awake(other.ask(Ask::Allocate)).await.relay.unwrap();
    assert_eq!(awake(other.ask(Ask::Bind(0x4000, at))).await.code, None);

    let data = [7; 1000];
    while server.metrics().refused(Refusal::Backlog) == 0 && !slow.served.is_finished() {
        peer.send_to(&data, relay).await.unwrap();
        tokio::task::yield_now().await;
    }
    peer.send_to(b"meanwhile", its_relay).await.unwrap();
    let number = 0x4000;
    assert_eq!(
        Incoming::read(&awake(other.receive()).await),
        Incoming::Channel {
            number,
            data: b"meanwhile".to_vec()
        }
    );
    assert_eq!(slow.end().await, StreamEnd::Stalled);
    ended(&server, 1).await;
}

#[tokio::test]
async fn a_flood_of_streams_is_refused_and_leaves_nothing() {
    let server = with(Limits {
        streams: 10,
        streams_per_source: 6,
        ..Limits::default()
    });
    let mut all = Vec::new();
    for source in 0..4 {
        for port in 1..=10 {
            let from = SocketAddr::from(([9, 9, 9, source], port));
            all.push(StreamClient::new(&server, from, "link"));
        }
    }
    let mut served = Vec::new();
    for mut client in all {
        let binding = client.caller.write(&Ask::Binding);
        // Whoever was refused is hung up on.
        let _ = client.io.write_all(&binding).await;
        match client.io.read_u8().await {
            Ok(_) => served.push(client),
            Err(_) => assert_eq!(client.end().await, StreamEnd::Refused),
        }
    }
    assert_eq!(served.len(), 10);
    assert_eq!(server.metrics().refused(Refusal::Flood), 30);
    for client in served {
        drop(client.io);
        assert_eq!(client.served.await.unwrap(), StreamEnd::Closed);
    }
    let mut client = StreamClient::new(&server, client(1), "link");
    assert!(client.ask(Ask::Allocate).await.relay.is_some());
    let send = indication("8.8.8.8:9".parse().unwrap(), b"no permission");
    client.io.write_all(&send).await.unwrap();
    assert_eq!(client.ask(Ask::Refresh(600)).await.code, None);
}
