//! `cargo xtask chaos`: breaks everything that can break while two people talk, for as long as
//! somebody likes; what is said after it is the run's own (`tests/chaos/chaos.mjs`).

use crate::run::{command, finish, run};
use crate::{Outcome, tools, web};

pub(crate) fn chaos() -> Outcome {
    tools::need_test_tools()?;
    if let Some(why) = tools::why_no_netlab() {
        return Err(format!("chaos needs the network laboratory: {why}"));
    }
    web::build()?;
    web::install("tests/browser")?;
    let build = ["build", "--package", "isession-netlab", "--package"];
    let node = ["isession-node", "--package", "isession-tests", "--bins"];
    run(
        ".",
        "cargo",
        &[&build[..], &node, &["--example", "chaos_peer"]].concat(),
    )?;
    finish(command("tests/chaos", "node", &["chaos.mjs"]).args(std::env::args().skip(2)))
}
