//! A whole visit, and every kind of refusal, with the most talkative log that an operator can
//! ask for: no name, topic, address, ticket, token or password is in it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use isession_protocol::bounded::{Name, Topic, Url as Page};
use isession_protocol::signaling::Details;
use isession_sdk::{Agent, AgentOptions, Visitor, VisitorOptions};
use isession_tests::{PASSWORD, accept, hears, isession, opens, site};

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
    let mut node = Command::new(isession())
        .args(["serve", "--log", "json", "--set", "turn.listen=127.0.0.1:0"])
        .args(["--listen", "127.0.0.1:0", "--set", &database])
        .env("RUST_LOG", "trace")
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

    let ticket = visit(url).await;

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

/// Everything a visit can say; gives back the ticket.
async fn visit(node: url::Url) -> String {
    let details = Details {
        name: Some(Name::truncated("Canary-Name")),
        topic: Some(Topic::truncated("canary-topic")),
        page: Some(Page::truncated("https://canary-page.example/")),
        department: None,
    };
    let options = VisitorOptions {
        details,
        ..VisitorOptions::new(node.clone(), site())
    };
    let mut visitor = Visitor::join(options).await.unwrap();
    let wrong = AgentOptions {
        available: true,
        relay_only: true,
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
