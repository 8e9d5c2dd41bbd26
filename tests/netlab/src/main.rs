//! `isession-netlab [SEED]`: opens a lab, tells its places on a line of JSON, and carries out
//! orders, one line of JSON each, until the input ends or a signal comes. Then all is removed.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use isession_netlab::{Conditions, Counts, Lab, LabError, Leg, Nat, Places, Way};
use nix::sys::signal::{SigSet, Signal};
use serde::{Deserialize, Serialize};

/// What the lab can be told while it runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    Shape {
        leg: Leg,
        ways: Vec<Way>,
        conditions: Conditions,
    },
    Cut {
        from: Leg,
        to: Leg,
        cut: bool,
    },
    Nat {
        leg: Leg,
        nat: Nat,
    },
    Move {
        leg: Leg,
    },
    Counts {
        leg: Leg,
        way: Way,
    },
}

/// The answer to each order, and the first line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Places(Places),
    Counts(Counts),
    Failed(String),
}

enum Event {
    Order(String),
    End,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |seed| seed.parse());
    let seed = seed.map_err(|_| "isession-netlab [SEED]: the seed is a number")?;
    // Before there are threads, so that none of them is interrupted.
    let ends = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
    ends.thread_block().map_err(|error| error.to_string())?;
    let mut lab = Lab::open(seed).map_err(|error| error.to_string())?;
    let (events, orders) = sync_channel(16);
    let from_signals = events.clone();
    thread::spawn(move || {
        let _ = ends.wait();
        let _ = from_signals.send(Event::End);
    });
    thread::spawn(move || read_orders(&events));
    tell(&Answer::Places(lab.places()));
    while let Ok(Event::Order(line)) = orders.recv() {
        let answer = serde_json::from_str(&line)
            .map_err(|error| error.to_string())
            .and_then(|order| obey(&mut lab, order).map_err(|error| error.to_string()));
        tell(&answer.unwrap_or_else(Answer::Failed));
    }
    Ok(())
}

fn read_orders(events: &SyncSender<Event>) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        if events.send(Event::Order(line)).is_err() {
            return;
        }
    }
    let _ = events.send(Event::End);
}

fn obey(lab: &mut Lab, order: Order) -> Result<Answer, LabError> {
    match order {
        Order::Shape {
            leg,
            ways,
            conditions,
        } => {
            for way in ways {
                lab.shape(leg, way, conditions);
            }
        }
        Order::Cut { from, to, cut } => lab.cut(from, to, cut),
        Order::Nat { leg, nat } => lab.set_nat(leg, nat)?,
        Order::Move { leg } => lab.relocate(leg)?,
        Order::Counts { leg, way } => return Ok(Answer::Counts(lab.counts(leg, way))),
    }
    Ok(Answer::Places(lab.places()))
}

/// Whoever reads may be gone; then the input ends as well.
fn tell(answer: &Answer) {
    if let Ok(line) = serde_json::to_string(answer) {
        let _ = writeln!(io::stdout(), "{line}");
    }
}
