//! What relaying costs, beside coturn in the same run (goal: 1.1 times its CPU time):
//!
//!     cargo build --release -p isession-turn --examples
//!     cargo run --release -p isession-turn --example bench -- [udp] [tcp] [tls]
//!
//! Both servers are processes of their own, with one relay thread in coturn. CPU time is user and
//! system time by the kernel's account, per gigabyte of payload that passes the server; runs of
//! the two take turns, and the median counts. In `bursts` clients send windows full of packets,
//! as file transfers do; in `one by one` each waits for its packet to come back.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement that cannot be set up has failed; its output is the point"
)]

mod load;
mod servers;
#[expect(
    unreachable_pub,
    reason = "the end-to-end tests have it as well, and need more of it"
)]
#[path = "../../../../tests/src/turnserver.rs"]
mod turnserver;
#[expect(dead_code, reason = "the tests have it as well, and need more of it")]
#[path = "../../tests/scenarios/support/wire.rs"]
mod wire;

use std::time::Instant;

use load::{Client, Load};
use servers::{Server, Transport};

/// Runs of each server.
const RUNS: usize = 5;
/// Allocations whose rate and memory are measured, after as many that bring what grows once.
const ALLOCATIONS: usize = 2_000;

const LOADS: [Load; 2] = [
    Load {
        name: "bursts",
        clients: 4,
        window: 32,
        rounds: 150,
    },
    Load {
        name: "one by one",
        clients: 8,
        window: 1,
        rounds: 1_500,
    },
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let is_asked = |it: &Transport| asked.is_empty() || asked.iter().any(|name| name == it.name());
    let mut servers = [Server::ours(), Server::coturn().await];
    println!("turn: CPU seconds per gigabyte relayed, median of {RUNS} runs");
    println!("turn: transport  load            ours   coturn   ratio");
    for transport in Transport::ALL.into_iter().filter(is_asked) {
        for load in &LOADS {
            let mut costs = [Vec::new(), Vec::new()];
            for _ in 0..RUNS {
                for (server, costs) in servers.iter_mut().zip(&mut costs) {
                    costs.push(cost(server, transport, load).await);
                }
            }
            let [ours, coturn] = costs.map(median);
            println!(
                "turn: {:9}  {:10} {ours:9.2} {coturn:8.2} {:7.2}",
                transport.name(),
                load.name,
                ours / coturn
            );
        }
    }
    println!("turn: allocations (UDP)      ours   coturn   ratio");
    let mut rates = [0.0; 2];
    let mut memory = [0.0; 2];
    for ((server, rate), memory) in servers.iter_mut().zip(&mut rates).zip(&mut memory) {
        let warm = allocate(server).await;
        let before = server.resident();
        let begin = Instant::now();
        let held = allocate(server).await;
        *rate = ALLOCATIONS as f64 / begin.elapsed().as_secs_f64();
        *memory = server.resident().saturating_sub(before) as f64 / ALLOCATIONS as f64;
        drop((warm, held));
    }
    for (name, [ours, coturn]) in [("per second", rates), ("bytes each", memory)] {
        println!(
            "turn: {name:18} {ours:12.0} {coturn:8.0} {:7.2}",
            ours / coturn
        );
    }
}

/// CPU seconds per gigabyte.
async fn cost(server: &Server, transport: Transport, load: &Load) -> f64 {
    let mut clients = Vec::new();
    for _ in 0..load.clients {
        clients.push(Client::bound(server, transport).await);
    }
    let before = server.cpu_seconds();
    let bytes = load.run(clients).await;
    (server.cpu_seconds() - before) / (bytes as f64 / 1e9)
}

/// As many clients with an allocation.
async fn allocate(server: &Server) -> Vec<Client> {
    let mut clients = Vec::with_capacity(ALLOCATIONS);
    for _ in 0..ALLOCATIONS {
        clients.push(Client::allocated(server, Transport::Udp).await);
    }
    clients
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
