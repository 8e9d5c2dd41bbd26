//! The TURN server by itself, for the bench to measure beside coturn:
//!
//!     cargo run --release -p isession-turn --example turn_server -- SECRET
//!
//! It listens on a free port of loopback, prints the address, and serves until its input ends.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "an example that cannot be set up has failed; its output is the point"
)]

use isession_turn::{Limits, Secret, TurnConfig, TurnServer};
use tokio::io::AsyncReadExt as _;

#[tokio::main]
async fn main() {
    let secret = std::env::args().nth(1).expect("a secret");
    let secret = Secret::new(&secret).expect("a secret of some length");
    let listen = "127.0.0.1:0".parse().expect("an address");
    // One source asks for everything, and as fast as it can.
    let limits = Limits {
        allocations_per_link: usize::MAX,
        allocations_per_source: usize::MAX,
        allocations: usize::MAX,
        strangers: usize::MAX,
        stranger_packets_per_second: u32::MAX,
        ..Limits::default()
    };
    let allow_peers = vec!["127.0.0.0/8".parse().expect("a network")];
    let server = TurnServer::bind(TurnConfig {
        limits,
        allow_peers,
        ..TurnConfig::new(listen, secret)
    })
    .expect("a free port");
    println!("{}", server.local_addr());
    let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
    server.shutdown().await;
}
