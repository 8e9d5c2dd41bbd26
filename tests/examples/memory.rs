//! Resident memory of the node for each waiting visitor:
//!
//!     cargo run --release -p isession-tests --example memory -- [VISITORS]
//!
//! A node of its own takes that many WebSockets (default 5,000), each with a visitor in the
//! queue. A smaller run before it brings what grows once and for all, such as the allocator's
//! arenas.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be set up has failed; its output is the point"
)]

use std::process::{Child, Command, Stdio};

use futures_util::{SinkExt, StreamExt};
use isession_protocol::signaling::{Details, FromVisitor};
use isession_tests::{Ws, isession, raw_visitor};
use tokio_tungstenite::tungstenite::Message;
use url::Url;

const WARM_UP: usize = 500;
const VISITORS: usize = 5_000;

#[tokio::main]
async fn main() {
    let visitors = std::env::args()
        .nth(1)
        .map_or(VISITORS, |count| count.parse().expect("a number"));
    let folder = std::env::temp_dir().join(format!("isession-memory-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the database");
    let mut node = start(&folder);
    let url = address(&mut node);
    let sockets = join(&url, WARM_UP).await;
    let before = resident(node.id());
    let more = join(&url, visitors).await;
    let after = resident(node.id());
    let each = after.saturating_sub(before) / visitors as u64;
    println!("memory: {each} bytes resident for each of {visitors} waiting visitors (goal: 5632)");
    println!("memory: {before} bytes before, {after} bytes after");
    drop((sockets, more));
    node.kill().expect("the node ends");
    node.wait().expect("the node ends");
    let _ = std::fs::remove_dir_all(&folder);
}

fn settings(folder: &std::path::Path) -> Vec<String> {
    let database = folder.join("isession.db");
    let all = [
        format!("database={}", database.display()),
        "listen=127.0.0.1:0".to_owned(),
        "turn.enabled=false".to_owned(),
        "limits.connections=20000".to_owned(),
        "limits.connections_per_address=20000".to_owned(),
        "limits.connections_per_minute=1000000".to_owned(),
        "limits.requests_per_minute=1000000".to_owned(),
        "limits.frames_per_minute=1000000".to_owned(),
    ];
    all.into_iter()
        .flat_map(|setting| ["--set".to_owned(), setting])
        .collect()
}

fn start(folder: &std::path::Path) -> Child {
    let settings = settings(folder);
    let site = ["site", "add", "shop", "--name", "The Shop"];
    let added = Command::new(isession())
        .args(site)
        .args(&settings)
        .stdout(Stdio::null())
        .status()
        .expect("the program is built");
    assert!(added.success(), "the site is added");
    Command::new(isession())
        .arg("serve")
        .args(&settings)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the node starts")
}

/// The node says on its first line where it listens.
fn address(node: &mut Child) -> Url {
    use std::io::BufRead;
    let output = node.stdout.take().expect("the node's output");
    let mut line = String::new();
    std::io::BufReader::new(output)
        .read_line(&mut line)
        .expect("the node speaks");
    let start = line.find("http://").expect("an address");
    let address = line[start..].split_whitespace().next();
    address
        .and_then(|address| address.parse().ok())
        .expect("an address")
}

async fn join(url: &Url, count: usize) -> Vec<Ws> {
    let hello = FromVisitor::Hello {
        site: "shop".parse().expect("a site"),
        ticket: None,
        details: Details::default(),
    };
    let hello = isession_protocol::encode(&hello);
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        let mut ws = raw_visitor(url, None).await.expect("a socket");
        ws.send(Message::text(hello.clone()))
            .await
            .expect("the node reads");
        // In the queue is who has been told a place.
        loop {
            let frame = ws.next().await.expect("an answer").expect("an answer");
            if frame.to_text().is_ok_and(|text| text.contains("position")) {
                break;
            }
        }
        sockets.push(ws);
    }
    sockets
}

/// Bytes that a process holds in memory.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("a size");
    let kib: u64 = line
        .split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .expect("a size");
    kib * 1024
}
