//! coturn's own load tool (Debian package `coturn`) against this server, end to end: it gets its
//! password from the shared secret by itself.

use std::process::Output;

use isession_turn::{Limits, TurnConfig, TurnServer};
use tokio::process::Command;

use crate::support::{
    SECRET,
    net::{config, open_server, socket},
};

const TOOL: &str = "turnutils_uclient";

async fn run(server: &TurnServer, options: &[&str]) -> Output {
    let address = server.local_addr();
    Command::new(TOOL)
        .args([
            "-W", SECRET, "-u", "link", "-m", "4", "-n", "50", "-l", "200", "-c",
        ])
        .args(["-p", &address.port().to_string()])
        .args(options)
        .arg(address.ip().to_string())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("{TOOL} (Debian package coturn) does not start: {error}"))
}

/// The tool prints its totals last: 4 clients sent 50 messages each and lost none.
fn assert_whole(output: &Output) {
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let last = |text: &str| {
        printed
            .lines()
            .rfind(|line| line.contains(text))
            .unwrap_or_default()
    };
    let totals = last("tot_send_msgs=");
    assert!(
        totals.contains("tot_send_msgs=200, tot_recv_msgs=200"),
        "{printed}"
    );
    assert!(
        last("Total lost packets").contains("Total lost packets 0 (0.000000%)"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_to_client() {
    // Without allowed peers: the clients meet relay to relay.
    let server = TurnServer::bind(config()).unwrap();
    let (channels, indications) = tokio::join!(run(&server, &["-y"]), run(&server, &["-y", "-s"]));
    assert_whole(&channels);
    assert_whole(&indications);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_to_peer() {
    let server = open_server();
    let peer = socket().await;
    let port = peer.local_addr().unwrap().port().to_string();
    let echo = async {
        let mut buffer = [0; 2048];
        loop {
            let (length, from) = peer.recv_from(&mut buffer).await.unwrap();
            peer.send_to(&buffer[..length], from).await.unwrap();
        }
    };
    let options = ["-e", "127.0.0.1", "-r", &port];
    tokio::select! {
        () = echo => {}
        output = run(&server, &options) => assert_whole(&output),
    }
    assert!(server.metrics().bytes_to_peers > 0);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_its_quota_it_is_told_so() {
    let limits = Limits {
        allocations_per_link: 2,
        ..Limits::default()
    };
    let server = TurnServer::bind(TurnConfig { limits, ..config() }).unwrap();
    let output = run(&server, &["-y"]).await;
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("486"), "{printed}");
    server.shutdown().await;
}
