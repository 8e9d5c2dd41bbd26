//! Pages, WebSockets and relaying come through one port, within TLS and without.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use isession_node::{Config, Offer};
use isession_protocol::signaling::{Details, FromVisitor, IceServer, Path, ToVisitor};
use isession_sdk::{Agent, AgentOptions, RootCertificates, Visitor, VisitorOptions};
use isession_tests::coturn::Certificates;
use isession_tests::{
    Lab, PASSWORD, Ws, accept, hears, http_on, live, opens, raw_visitor, raw_visitor_on, says,
    site, tls, told,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use turn_types::stun::attribute::XorMappedAddress;
use turn_types::stun::message::{
    BINDING, Message, MessageClass, MessageType, MessageWriteVec, TransactionId,
};
use turn_types::stun::prelude::MessageWrite as _;

const TOOL: &str = "turnutils_uclient";

/// A machine on which nothing listens stands for one whose UDP is swallowed.
fn without_udp(config: &mut Config) {
    config.turn.host = Some("127.0.0.2".to_owned());
}

/// An address of the node's one port.
fn address(lab: &Lab) -> SocketAddr {
    lab.node().address()
}

fn roots(certificates: &Certificates) -> RootCertificates {
    let authority = certificates.authority.as_bytes();
    RootCertificates::default().with(authority).unwrap()
}

async fn agent(lab: &Lab, roots: RootCertificates) -> Agent {
    lab.sign_in(AgentOptions {
        available: true,
        relay_only: true,
        root_certificates: roots,
        ..AgentOptions::new(lab.url(), "ada", PASSWORD)
    })
    .await
}

/// Two programs that may only relay reach each other this way.
async fn relayed(lab: &Lab, roots: RootCertificates, path: Path, transport: &str) {
    let mut visitor = Visitor::join(VisitorOptions {
        relay_only: true,
        root_certificates: roots.clone(),
        ..lab.visitor_options()
    })
    .await
    .unwrap();
    let mut agent = agent(lab, roots).await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    assert_eq!(opens(&mut agents).await, path);
    assert_eq!(opens(&mut visitors).await, path);
    agents.say("by one port").await.unwrap();
    assert_eq!(hears(&mut visitors).await, "by one port");
    lab.until_metric(&live(transport), |count| count >= 2.0)
        .await;
    // With its connection goes the allocation.
    drop((agents, visitors, agent, visitor));
    lab.until_metric(&live(transport), |count| count == 0.0)
        .await;
}

#[tokio::test]
async fn programs_relay_over_tcp_where_pages_are_served() {
    let lab = Lab::with(without_udp, std::sync::Arc::new(isession_node::SystemClock)).await;
    relayed(&lab, RootCertificates::default(), Path::RelayedTcp, "tcp").await;
}

#[tokio::test]
async fn programs_relay_over_tls_where_pages_are_served() {
    let certificates = Certificates::new();
    let lab = tls::lab(&certificates, |config| {
        without_udp(config);
        config.turn.tcp = Offer::Off;
    })
    .await;
    relayed(&lab, roots(&certificates), Path::RelayedTls, "tls").await;
}

#[tokio::test]
async fn plain_tcp_relays_beside_tls() {
    let certificates = Certificates::new();
    let lab = tls::lab(&certificates, without_udp).await;
    relayed(&lab, roots(&certificates), Path::RelayedTcp, "tcp").await;
}

#[tokio::test]
async fn whatever_protocol_is_offered_pages_are_served() {
    let certificates = Certificates::new();
    let lab = tls::lab(&certificates, |_| {}).await;
    for (offered, agreed) in [
        (&[][..], None),
        (&[&b"http/1.1"[..]], Some(&b"http/1.1"[..])),
        (&[b"h2", b"http/1.1"], Some(b"http/1.1")),
        (&[b"stun.turn"], Some(b"stun.turn")),
        (&[b"h2"], None),
        (&[b"webrtc", b"c-webrtc"], None),
    ] {
        let tls = tls::connect(address(&lab), &certificates.authority, offered);
        let tls = tls.await.unwrap();
        assert_eq!(tls.get_ref().1.alpn_protocol(), agreed);
        let answer = http_on(tls, &lab.url(), "GET", "/healthz", "", "").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(
            answer.contains("strict-transport-security: max-age="),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn cookies_are_secure_within_tls_and_for_trusted_proxies_that_had_it() {
    let certificates = Certificates::new();
    let body = format!(r#"{{"login":"ada","password":"{PASSWORD}"}}"#);
    let json = "Content-Type: application/json\r\n";
    let lab = tls::lab(&certificates, |_| {}).await;
    let io = tls::connect(address(&lab), &certificates.authority, &[]);
    let answer = http_on(
        io.await.unwrap(),
        &lab.url(),
        "POST",
        "/v1/login",
        json,
        &body,
    )
    .await;
    assert!(answer.contains("; Secure"), "{answer}");

    let proxied = format!("{json}X-Forwarded-Proto: https\r\n");
    for (trusted, secure) in [("127.0.0.1", true), ("10.0.0.0/8", false)] {
        let trust = |config: &mut Config| config.trusted_proxies = vec![trusted.to_owned()];
        let lab = Lab::with(trust, std::sync::Arc::new(isession_node::SystemClock)).await;
        let io = TcpStream::connect(address(&lab)).await.unwrap();
        let answer = http_on(io, &lab.url(), "POST", "/v1/login", &proxied, &body).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(answer.contains("; Secure"), secure, "{answer}");
    }
}

#[tokio::test]
async fn plain_http_is_told_to_come_by_https() {
    let certificates = Certificates::new();
    let lab = tls::lab(&certificates, |_| {}).await;
    let plain = TcpStream::connect(address(&lab)).await.unwrap();
    let answer = http_on(plain, &lab.url(), "GET", "/console", "", "").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("https://"), "{answer}");
    // Nothing that a browser would keep: it was not told by the node's own name.
    assert!(!answer.contains("strict-transport"), "{answer}");
}

#[tokio::test]
async fn both_families_come_by_one_listener_and_are_told_their_own_address() {
    let both = |config: &mut Config| {
        config.listen = "[::]:0".parse().unwrap();
        config.insecure_listen = true;
    };
    let lab = Lab::with(both, std::sync::Arc::new(isession_node::SystemClock)).await;
    let port = address(&lab).port();
    for loopback in [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        Ipv6Addr::LOCALHOST.into(),
    ] {
        let mut io = TcpStream::connect((loopback, port)).await.unwrap();
        let id = TransactionId::generate();
        let kind = MessageType::from_class_method(MessageClass::Request, BINDING);
        let binding = Message::builder(kind, id, MessageWriteVec::new()).finish();
        io.write_all(&binding).await.unwrap();
        let mut answer = vec![0; 20];
        io.read_exact(&mut answer).await.unwrap();
        answer.resize(20 + usize::from(answer[3]), 0);
        io.read_exact(&mut answer[20..]).await.unwrap();
        let answer = Message::from_bytes(&answer).unwrap();
        let mapped = answer.attribute::<XorMappedAddress>().unwrap().addr(id);
        assert_eq!(mapped, io.local_addr().unwrap());
    }
}

#[tokio::test]
async fn without_a_relay_its_messages_are_hung_up_on() {
    let lab = Lab::with(
        |config| config.turn.enabled = false,
        std::sync::Arc::new(isession_node::SystemClock),
    )
    .await;
    let mut io = TcpStream::connect(address(&lab)).await.unwrap();
    io.write_all(&[0, 1, 0, 0]).await.unwrap();
    assert!(matches!(io.read(&mut [0; 1]).await, Ok(0) | Err(_)));
}

/// Credentials of a ring, and what must stay for them to hold: its visitor and its agent.
async fn credentials<S>(
    lab: &Lab,
    mut visitor: Ws<S>,
    roots: RootCertificates,
) -> (IceServer, impl Sized)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let hello = FromVisitor::Hello {
        site: site(),
        ticket: None,
        details: Details::default(),
    };
    says(&mut visitor, &hello).await;
    let agent = agent(lab, roots).await;
    let ring = told(&mut visitor, |frame| match frame {
        ToVisitor::Ring(preconnect) => Some(preconnect),
        _ => None,
    });
    let server = ring.await.ice.pop().unwrap();
    (server, (visitor, agent))
}

/// coturn's own load tool: 4 clients send 50 messages each through the node and lose none.
async fn tool_passes(lab: &Lab, server: &IceServer, options: &[&str]) {
    let (user, password) = (server.username.as_ref(), server.credential.as_ref());
    let output = Command::new(TOOL)
        .args(["-u", user.unwrap(), "-w", password.unwrap()])
        .args(["-y", "-m", "4", "-n", "50", "-l", "201", "-c"])
        .args(options)
        .args(["-p", &address(lab).port().to_string(), "127.0.0.1"])
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("{TOOL} (Debian package coturn): {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("tot_send_msgs=200, tot_recv_msgs=200"),
        "{options:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coturns_client_passes_over_tcp() {
    let lab = Lab::start().await;
    let visitor = raw_visitor(&lab.url(), None).await.unwrap();
    let (server, _ring) = credentials(&lab, visitor, RootCertificates::default()).await;
    tool_passes(&lab, &server, &["-t"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coturns_client_passes_over_tls() {
    let certificates = Certificates::new();
    let lab = tls::lab(&certificates, |_| {}).await;
    let io = tls::connect(address(&lab), &certificates.authority, &[]).await;
    let visitor = raw_visitor_on(io.unwrap(), &lab.url()).await;
    let (server, _ring) = credentials(&lab, visitor, roots(&certificates)).await;
    tool_passes(&lab, &server, &["-t", "-S"]).await;
    tool_passes(&lab, &server, &["-t"]).await;
}
