//! `cargo xtask demo | test | lint | chaos | bench | web`: everything this repository can do for a
//! person, in plain std so that it builds in a moment.

mod bench;
mod chaos;
mod demo;
mod lint;
mod run;
mod test;
mod tools;
mod web;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo    build everything, start a node with two websites, print what to open
cargo xtask test    run every test: Rust, TypeScript, browsers
cargo xtask lint    formats, lints, licences, generated types, file lengths
cargo xtask chaos   break everything while two people talk: --faults N, --seed S
cargo xtask bench   measure sizes, memory and latencies
cargo xtask web     build the pages that the node carries";

/// What went wrong, for a person.
pub(crate) type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let done = match command.as_str() {
        "demo" => demo::demo(),
        "test" => test::test(),
        "lint" => lint::lint(),
        "chaos" => chaos::chaos(),
        "bench" => bench::bench(),
        "web" => web::build(),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            run::complain(&message);
            ExitCode::FAILURE
        }
    }
}
