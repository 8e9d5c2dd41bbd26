//! What RFC 8489 and RFC 8656 ask for, probe by probe: `conformance.md` says what is sent, what
//! this server answers and what coturn answers, and both are asked.

use std::{net::SocketAddr, ops::RangeInclusive};

use isession_turn::{Limits, Movable, TurnConfig, TurnServer};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    support::{REALM, SECRET, lab::Lab, net::config, script::Script, stages::Sockets},
    turnserver::Turnserver,
};

const TABLE: &str = include_str!("conformance.md");

/// In the place of an answer: what is no datagram's or no stream's to ask.
const NOT_ASKED: &str = "-";
/// Allocations of one name. The table's quota probe goes one beyond it.
const QUOTA: usize = 3;
/// How the steps begin that are asked of a server with so few relay ports.
const FEW: &str = "few-ports; ";
const FEW_PORTS: u16 = 4;

/// One line of the table.
#[derive(Clone, Copy, Debug)]
struct Probe {
    name: &'static str,
    section: &'static str,
    steps: &'static str,
    ours: &'static str,
    coturn: &'static str,
    why: &'static str,
}

impl Probe {
    fn all() -> Vec<Self> {
        let rows = TABLE
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| -"));
        let probes = rows.map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let &[name, section, steps, ours, coturn, why] = &cells[..] else {
                panic!("{line} has no six cells")
            };
            let steps = steps.trim_matches('`');
            Self {
                name,
                section,
                steps,
                ours,
                coturn,
                why,
            }
        });
        probes.filter(|probe| probe.name != "probe").collect()
    }

    /// Whether it takes hours, which only the engine can be given.
    fn waits(self) -> bool {
        self.steps.contains("wait ")
    }
}

/// A cell holds one answer, or one for UDP and one for TCP.
fn expected(cell: &'static str, over_tcp: bool) -> &'static str {
    match cell.split_once(" / ") {
        Some((_, tcp)) if over_tcp => tcp,
        Some((udp, _)) => udp,
        None => cell,
    }
}

/// Collects what was answered otherwise, in the table's own form.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn note(&mut self, probe: Probe, expected: &str, answer: &str) {
        if expected != answer {
            let Probe { name, steps, .. } = probe;
            self.0.push(format!(
                "{name}: {steps}\n    expected {expected}\n    answered {answer}"
            ));
        }
    }

    fn assert_none(&self) {
        assert!(self.0.is_empty(), "\n{}\n", self.0.join("\n"));
    }
}

/// How many relay ports a server has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ports {
    Many,
    Few,
}

impl Ports {
    /// A range below the one that ports are given from by chance: few of them are for one test of
    /// one process, as far as that can be.
    fn range(self, number: u16) -> RangeInclusive<u16> {
        let process = u16::try_from(std::process::id() % 500).unwrap();
        match self {
            Self::Many => 10_000..=19_999,
            Self::Few => {
                let first = 20_000 + (4 * process + number) * FEW_PORTS;
                first..=first + FEW_PORTS - 1
            }
        }
    }
}

fn server(relay_ports: RangeInclusive<u16>) -> TurnServer {
    TurnServer::bind(TurnConfig {
        allow_peers: vec!["127.0.0.0/8".parse().unwrap()],
        relay_ports,
        limits: Limits {
            allocations_per_link: QUOTA,
            stranger_packets_per_second: 10_000,
            ..Limits::default()
        },
        ..config()
    })
    .unwrap()
}

async fn coturn(ports: RangeInclusive<u16>) -> Turnserver {
    let options = [
        "--user-quota",
        &QUOTA.to_string(),
        "--min-port",
        &ports.start().to_string(),
        "--max-port",
        &ports.end().to_string(),
        "--denied-peer-ip",
        "10.0.0.0-10.255.255.255",
        "--no-tls",
        // All in one thread, or a packet may overtake another.
        "-m",
        "0",
    ];
    let mut coturn = Turnserver::start(SECRET, REALM, &options).await;
    coturn.answers().await;
    coturn
}

/// Asks one server all that it is to be asked.
async fn ask(
    server: SocketAddr,
    over_tcp: bool,
    ports: Ports,
    cell: impl Fn(Probe) -> &'static str,
) -> Differences {
    let mut sockets = Sockets::new(server, over_tcp).await;
    let mut differences = Differences::default();
    for probe in Probe::all().into_iter().filter(|probe| !probe.waits()) {
        let few = probe.steps.strip_prefix(FEW);
        let expected = expected(cell(probe), over_tcp);
        if expected == NOT_ASKED || few.is_some() != (ports == Ports::Few) {
            continue;
        }
        let steps = few.unwrap_or(probe.steps);
        let answer = Script::new(&mut sockets, probe.name).play(steps).await;
        sockets.renew();
        differences.note(probe, expected, &answer);
    }
    differences
}

#[test]
fn the_table_is_whole_and_explains_every_difference() {
    let probes = Probe::all();
    assert!(probes.len() >= 40, "{} probes", probes.len());
    for (index, probe) in probes.iter().enumerate() {
        assert!(probe.section.starts_with("8489 §") || probe.section.starts_with("8656 §"));
        let others = &probes[..index];
        assert!(
            others.iter().all(|other| other.name != probe.name),
            "{}",
            probe.name
        );
        let is_explained = probe.ours == probe.coturn || !probe.why.is_empty();
        assert!(is_explained, "{}", probe.name);
    }
}

#[tokio::test]
async fn this_server_answers_over_udp_as_the_table_says() {
    for ports in [Ports::Many, Ports::Few] {
        let server = server(ports.range(0));
        let address = server.local_addr();
        let differences = ask(address, false, ports, |probe| probe.ours).await;
        server.shutdown().await;
        differences.assert_none();
    }
}

#[tokio::test]
async fn this_server_answers_over_tcp_as_the_table_says() {
    for ports in [Ports::Many, Ports::Few] {
        let server = server(ports.range(1));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = async {
            let mut served = JoinSet::new();
            loop {
                let (io, client) = listener.accept().await.unwrap();
                let streams = server.streams();
                let io = Movable::from(io);
                served.spawn(async move {
                    streams
                        .serve(io, Movable::settle, false, address, client)
                        .await
                });
            }
        };
        tokio::select! {
            () = serve => {}
            differences = ask(address, true, ports, |probe| probe.ours) => {
                differences.assert_none();
            }
        }
        server.shutdown().await;
    }
}

#[tokio::test]
async fn coturn_answers_over_udp_as_the_table_says() {
    for ports in [Ports::Many, Ports::Few] {
        let coturn = coturn(ports.range(2)).await;
        let differences = ask(coturn.address(), false, ports, |probe| probe.coturn).await;
        differences.assert_none();
    }
}

#[tokio::test]
async fn coturn_answers_over_tcp_as_the_table_says() {
    for ports in [Ports::Many, Ports::Few] {
        let coturn = coturn(ports.range(3)).await;
        let differences = ask(coturn.address(), true, ports, |probe| probe.coturn).await;
        differences.assert_none();
    }
}

#[tokio::test]
async fn what_takes_time_happens_in_virtual_time() {
    let mut differences = Differences::default();
    for probe in Probe::all().into_iter().filter(|probe| probe.waits()) {
        let mut lab = Lab::new(Limits::default());
        let answer = Script::new(&mut lab, probe.name).play(probe.steps).await;
        differences.note(probe, probe.ours, &answer);
    }
    differences.assert_none();
}
