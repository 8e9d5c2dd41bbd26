//! A whole visit, and every kind of refusal, with the most talkative log that an operator can
//! ask for: no name, topic, address, ticket, token or password is in it.

use std::io::{BufRead, BufReader, Read as _};
use std::process::{Command, Stdio};

use isession_protocol::bounded::{Name, Topic, Url as Page};
use isession_protocol::signaling::Details;
use isession_sdk::{Agent, AgentOptions, RootCertificates, Visitor, VisitorOptions};
use isession_tests::coturn::Certificates;
use isession_tests::{PASSWORD, accept, hears, isession, opens, site, tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CANARIES: [&str; 6] = [
    "Canary-Name",
    "canary-topic",
    "canary-page",
    "canary-message",
    "canary.example",
    PASSWORD,
];

#[tokio::test]
async fn of_a_whole_visit() {
    check(None).await;
}

#[tokio::test]
async fn of_a_whole_visit_within_tls_and_of_what_goes_wrong_there() {
    check(Some(Certificates::new())).await;
}

async fn check(certificates: Option<Certificates>) {
    let folder = std::env::temp_dir().join(format!("isession-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let database = format!("database={}", folder.join("isession.db").display());
    for (words, input) in [
        (&["site", "add", "shop"][..], ""),
        (&["agent", "add", "ada"][..], PASSWORD),
    ] {
        let mut child = Command::new(isession())
            .args(words)
            .args(["--set", &database])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
    let mut serve = Command::new(isession());
    serve
        .args(["serve", "--log", "json", "--set", "turn.listen=127.0.0.1:0"])
        .args(["--listen", "127.0.0.1:0", "--set", &database]);
    if let Some(certificates) = &certificates {
        let (certificate, key) = certificates.write(&folder);
        for setting in [
            format!("tls.certificate={}", certificate.display()),
            format!("tls.key={}", key.display()),
            // A machine on which nothing listens, so that relaying goes by TLS.
            "turn.host=127.0.0.2".to_owned(),
            "turn.tcp=off".to_owned(),
        ] {
            serve.args(["--set", &setting]);
        }
    }
    let mut node = serve
        .env(
            "RUST_LOG",
            "trace,turn_server_proto::server=trace,stun_proto::agent=trace,stun_types::message=trace",
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = node.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).unwrap();
        log
    });
    let mut first = String::new();
    BufReader::new(node.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    let url = first
        .trim()
        .strip_prefix("isession serves ")
        .unwrap()
        .parse::<url::Url>()
        .unwrap();

    let mut roots = RootCertificates::default();
    if let Some(certificates) = &certificates {
        mishaps(&url, certificates).await;
        roots = roots.with(certificates.authority.as_bytes()).unwrap();
    }
    let ticket = visit(url, roots).await;

    let pid = node.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(node.wait().unwrap().success());
    let log = log.join().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(log.contains("stopping"), "the log says what the node does");
    for canary in CANARIES.into_iter().chain([ticket.as_str()]) {
        assert!(!log.contains(canary), "{canary} is in the log");
    }
    for line in log.lines() {
        assert!(!has_address(line), "an address is in the log: {line}");
    }
}

/// Handshakes that fail in every way, and what is no handshake.
async fn mishaps(node: &url::Url, certificates: &Certificates) {
    let address = node.socket_addrs(|| None).unwrap()[0];
    let stranger = Certificates::new();
    let refused = tls::connect(address, &stranger.authority, &[]).await;
    assert!(refused.is_err(), "of an unknown authority");
    for bytes in [
        &b"GET /canary-page HTTP/1.1\r\nHost: canary.example\r\n\r\n"[..],
        // A handshake of nonsense, a STUN message cut short, what is no protocol.
        b"\x16\x03\x01\x00\x05canary-message",
        b"\0\x01\0\x10canary-message",
        b"\xff\xff\xff\xff",
    ] {
        let mut tcp = TcpStream::connect(address).await.unwrap();
        tcp.write_all(bytes).await.unwrap();
        tcp.shutdown().await.unwrap();
        let _ = tcp.read_to_end(&mut Vec::new()).await;
    }
    let tls = tls::connect(address, &certificates.authority, &[]).await;
    let mut tls = tls.unwrap();
    tls.write_all(b"\0\x01\0\x10canary-message").await.unwrap();
    let _ = tls.read_to_end(&mut Vec::new()).await;
}

/// Everything a visit can say; gives back the ticket.
async fn visit(node: url::Url, roots: RootCertificates) -> String {
    let details = Details {
        name: Some(Name::truncated("Canary-Name")),
        topic: Some(Topic::truncated("canary-topic")),
        page: Some(Page::truncated("https://canary-page.example/")),
        department: None,
    };
    let options = VisitorOptions {
        details,
        root_certificates: roots.clone(),
        ..VisitorOptions::new(node.clone(), site())
    };
    let mut visitor = Visitor::join(options).await.unwrap();
    let wrong = AgentOptions {
        available: true,
        relay_only: true,
        root_certificates: roots,
        ..AgentOptions::new(node.clone(), "ada", "wrong canary-message")
    };
    assert!(Agent::sign_in(wrong.clone()).await.is_err());
    let right = AgentOptions {
        password: PASSWORD.to_owned(),
        ..wrong
    };
    let mut agent = Agent::sign_in(right).await.unwrap();
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens(&mut agents).await;
    opens(&mut visitors).await;
    agents.say("canary-message").await.unwrap();
    hears(&mut visitors).await;
    agents.lead("https://canary.example/").await.unwrap();
    let ticket = visitor.ticket().unwrap().as_str().to_owned();
    agents.end().await;
    ticket
}

/// Four numbers with dots between, or an IPv6 loopback.
fn has_address(line: &str) -> bool {
    let words = line.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let dotted = |word: &str| {
        let parts: Vec<_> = word.trim_matches('.').split('.').collect();
        parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok())
    };
    words.into_iter().any(dotted) || line.contains("::1")
}
