//! Connections that say nothing, or say it slowly, or are too many: others are served meanwhile,
//! and they are let go.

use std::net::SocketAddr;
use std::sync::Arc;

use isession_node::{Clock, Config, ManualClock, SystemClock};
use isession_protocol::Timestamp;
use isession_sdk::{RootCertificates, Visitor, VisitorOptions};
use isession_tests::coturn::Certificates;
use isession_tests::{Lab, http_on, place, tls};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// A connection from an address of its own.
async fn from(address: [u8; 4], node: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((address, 0))).unwrap();
    socket.connect(node).await.unwrap()
}

/// Waits until the node has hung up; what it says before does not matter.
async fn is_let_go(mut io: impl AsyncRead + Unpin) {
    let mut said = [0; 1024];
    while !matches!(io.read(&mut said).await, Ok(0) | Err(_)) {}
}

/// Says one byte after the other until nobody listens any more.
async fn drips(mut io: impl AsyncWrite + AsyncRead + Unpin) {
    let mut said = [0; 1024];
    loop {
        let alive = io.write_all(b"a").await.is_ok() && io.flush().await.is_ok();
        tokio::select! {
            biased;
            read = io.read(&mut said) => if matches!(read, Ok(0) | Err(_)) { return },
            () = tokio::task::yield_now() => {}
        }
        if !alive {
            return;
        }
    }
}

/// Time in which no rate recovers.
fn still() -> Arc<dyn Clock> {
    Arc::new(ManualClock::starting_at(Timestamp::ZERO))
}

fn hasty(config: &mut Config) {
    config.limits.handshake_timeout = 1;
}

#[tokio::test]
async fn within_tls() {
    let certificates = Certificates::new();
    let lab = tls::lab(&certificates, hasty).await;
    let node = lab.node().address();
    let connect = || tls::connect(node, &certificates.authority, &[]);

    let mute = TcpStream::connect(node).await.unwrap();
    let mut half = TcpStream::connect(node).await.unwrap();
    half.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let mute_within = connect().await.unwrap();
    let mut head = connect().await.unwrap();
    head.write_all(b"GET /healthz HTTP/1.1\r\nHost: ")
        .await
        .unwrap();
    head.flush().await.unwrap();
    let mut body = connect().await.unwrap();
    body.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET")
        .await
        .unwrap();
    body.flush().await.unwrap();

    let options = VisitorOptions {
        root_certificates: RootCertificates::default()
            .with(certificates.authority.as_bytes())
            .unwrap(),
        ..lab.visitor_options()
    };
    let mut visitor = Visitor::join(options).await.unwrap();
    assert_eq!(place(&mut visitor).await.position, 1);

    tokio::join!(
        is_let_go(mute),
        is_let_go(half),
        is_let_go(mute_within),
        is_let_go(head),
        is_let_go(body),
        drips(connect().await.unwrap()),
    );
}

#[tokio::test]
async fn without_tls() {
    let lab = Lab::with(hasty, Arc::new(SystemClock)).await;
    let node = lab.node().address();
    let mute = TcpStream::connect(node).await.unwrap();
    let mut head = TcpStream::connect(node).await.unwrap();
    head.write_all(b"GET /healthz HTTP/1.1\r\nHost: ")
        .await
        .unwrap();
    let dripping = TcpStream::connect(node).await.unwrap();
    let mut visitor = lab.visitor().await;
    assert_eq!(place(&mut visitor).await.position, 1);
    tokio::join!(is_let_go(mute), is_let_go(head), drips(dripping));
}

#[tokio::test]
async fn a_flood_of_connections_from_one_address() {
    let few = |config: &mut Config| {
        config.limits.connections_per_address = 5;
        config.limits.handshake_timeout = 600;
    };
    let lab = Lab::with(few, Arc::new(SystemClock)).await;
    let node = lab.node().address();
    let mut flood = Vec::new();
    for _ in 0..50 {
        flood.push(from([127, 0, 0, 7], node).await);
    }
    // All but five are hung up on, which are the first.
    for refused in flood.split_off(5) {
        is_let_go(refused).await;
    }
    let other = from([127, 0, 0, 8], node).await;
    let answer = http_on(other, &lab.url(), "GET", "/healthz", "", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // What is given back can be had again.
    drop(flood);
    let again = loop {
        let mut again = from([127, 0, 0, 7], node).await;
        if again
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .is_ok()
            && again.read_u8().await.is_ok()
        {
            break again;
        }
    };
    drop(again);
}

#[tokio::test]
async fn a_flood_of_streams_to_the_relay() {
    let few = |config: &mut Config| config.limits.connections_per_minute = 10;
    let lab = Lab::with(few, still()).await;
    let node = lab.node().address();
    // A Binding request.
    let mut binding = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    binding.extend([7; 12]);
    let mut answered = Vec::new();
    for _ in 0..30 {
        let mut io = from([127, 0, 0, 7], node).await;
        io.write_all(&binding).await.unwrap();
        if io.read_u8().await.is_ok() {
            answered.push(io);
        }
    }
    assert_eq!(answered.len(), 10);
    let mut other = from([127, 0, 0, 8], node).await;
    other.write_all(&binding).await.unwrap();
    assert_eq!(other.read_u8().await.unwrap(), 1);
}

#[tokio::test]
async fn whom_a_trusted_proxy_speaks_for_is_counted_and_not_the_proxy() {
    let trust = |config: &mut Config| {
        config.trusted_proxies = vec!["127.0.0.7".to_owned()];
        config.limits.logins_per_minute = 2;
        config.limits.connections_per_address = 5;
    };
    let lab = Lab::with(trust, still()).await;
    let node = lab.node().address();
    let ask = async |proxy: [u8; 4], sender: &str| {
        let io = from(proxy, node).await;
        let told = format!("X-Forwarded-For: 6.6.6.6, {sender}\r\n");
        let answer = http_on(io, &lab.url(), "POST", "/v1/check", &told, "").await;
        answer.starts_with("HTTP/1.1 200")
    };
    let proxy = [127, 0, 0, 7];
    for _ in 0..2 {
        assert!(ask(proxy, "1.1.1.1").await);
        assert!(ask(proxy, "1.1.1.2").await);
    }
    assert!(!ask(proxy, "1.1.1.1").await);
    assert!(!ask(proxy, "1.1.1.2").await);
    // Nobody else is believed.
    let stranger = [127, 0, 0, 8];
    assert!(ask(stranger, "1.1.1.3").await);
    assert!(ask(stranger, "1.1.1.4").await);
    assert!(!ask(stranger, "1.1.1.5").await);
    // Nor is the proxy held to what one address may have open.
    let mut many = Vec::new();
    for _ in 0..20 {
        many.push(from(proxy, node).await);
    }
    assert!(ask(proxy, "1.1.1.6").await);
}
