//! Native programs relay over UDP, TCP and TLS, whichever gets through, and say which it is.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use isession_node::SystemClock;
use isession_protocol::limits;
use isession_protocol::signaling::Path;
use isession_sdk::{AgentOptions, RootCertificates, Session, Visitor, VisitorOptions};
use isession_tests::coturn::{Coturn, external};
use isession_tests::{Lab, PASSWORD, accept, hears, opens};
use tokio::net::{TcpListener, UdpSocket};

/// Words and the largest of all messages, one way.
async fn send(from: &mut Session, to: &mut Session) {
    from.say("through the relay").await.unwrap();
    assert_eq!(hears(to).await, "through the relay");
    let large: Vec<u8> = (0..=u8::MAX)
        .cycle()
        .take(limits::CHANNEL_FRAME - 1)
        .collect();
    let (bulk, mut received) = (from.bulk(), to.take_bulk().unwrap());
    let (sent, received) = tokio::join!(bulk.send(&large), received.next());
    sent.unwrap();
    assert!(received.unwrap() == large);
}

/// Two people who may only relay, at these servers, reach each other this way.
async fn relayed(urls: Vec<String>, authority: &str, path: Path) {
    let lab = Lab::with(
        |config| config.turn.external = external(urls),
        Arc::new(SystemClock),
    )
    .await;
    let roots = RootCertificates::default();
    let roots = roots.with(authority.as_bytes()).unwrap();
    let options = VisitorOptions {
        relay_only: true,
        root_certificates: roots.clone(),
        ..lab.visitor_options()
    };
    let mut visitor = Visitor::join(options).await.unwrap();
    let options = AgentOptions {
        available: true,
        relay_only: true,
        root_certificates: roots,
        ..AgentOptions::new(lab.url(), "ada", PASSWORD)
    };
    let mut agent = lab.sign_in(options).await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    assert_eq!(opens(&mut agents).await, path);
    assert_eq!(opens(&mut visitors).await, path);
    send(&mut agents, &mut visitors).await;
    send(&mut visitors, &mut agents).await;
}

#[tokio::test]
async fn over_udp() {
    let coturn = Coturn::start(&[]).await;
    relayed(vec![coturn.udp()], coturn.authority(), Path::RelayedUdp).await;
}

#[tokio::test]
async fn over_tcp() {
    let coturn = Coturn::start(&["--no-udp"]).await;
    relayed(vec![coturn.tcp()], coturn.authority(), Path::RelayedTcp).await;
}

#[tokio::test]
async fn over_tls_of_an_authority_that_the_program_named() {
    let coturn = Coturn::start(&["--no-udp"]).await;
    relayed(vec![coturn.tls()], coturn.authority(), Path::RelayedTls).await;
}

#[tokio::test]
async fn tls_when_udp_and_tcp_are_swallowed() {
    let coturn = Coturn::start(&["--no-udp"]).await;
    let nothing = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let swallow = UdpSocket::bind(nothing).await.unwrap();
    let udp = format!("turn:{}?transport=udp", swallow.local_addr().unwrap());
    // Connections wait in the backlog, where nobody takes them up.
    let silent = TcpListener::bind(nothing).await.unwrap();
    let tcp = format!("turn:{}?transport=tcp", silent.local_addr().unwrap());
    let urls = vec![udp, tcp, coturn.tls()];
    relayed(urls, coturn.authority(), Path::RelayedTls).await;
}

#[tokio::test]
async fn no_connection_is_opened_where_udp_gets_through() {
    let coturn = Coturn::start(&[]).await;
    let unused = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = unused.local_addr().unwrap();
    let urls = vec![
        format!("turns:{address}"),
        format!("turn:{address}?transport=tcp"),
        coturn.udp(),
    ];
    relayed(urls, coturn.authority(), Path::RelayedUdp).await;
    tokio::select! {
        biased;
        _ = unused.accept() => panic!("a connection that nobody needs"),
        () = std::future::ready(()) => {}
    }
}
