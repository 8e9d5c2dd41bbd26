//! `cargo xtask test`: everything that must hold.

use crate::run::{command, complain, finish, has, root, run};
use crate::{Outcome, tools, web};

/// Milliseconds that one test file may take: some wait for outages that last, none for ever.
const LONGEST_FILE: u32 = 30 * 60 * 1000;

pub(crate) fn test() -> Outcome {
    tools::need_test_tools()?;
    web::build()?;
    web::install("tests/browser")?;
    run("web", "npm", &["test", "--silent"])?;
    // One build serves the Rust tests, the examples and the browsers.
    run(".", "cargo", &["build", "--workspace", "--all-targets"])?;
    rust()?;
    browsers()?;
    netlab()
}

fn rust() -> Outcome {
    if has("cargo-nextest") {
        return run(".", "cargo", &["nextest", "run", "--workspace"]);
    }
    run(
        ".",
        "cargo",
        &["test", "--workspace", "--lib", "--bins", "--tests"],
    )
}

/// One browser scenario after the other: two cores hold no more than one pair of browsers.
fn browsers() -> Outcome {
    scenarios("tests/browser/scenarios", 1)
}

/// Two labs side by side: the browsers of one mostly wait for an outage to end.
fn netlab() -> Outcome {
    if let Some(why) = tools::why_no_netlab() {
        complain(&format!("the network laboratory was skipped: {why}"));
        return Ok(());
    }
    scenarios("tests/netlab", 2)?;
    scenarios("tests/chaos", 1)
}

/// Runs the test files of a folder, so many at once.
fn scenarios(folder: &str, at_once: usize) -> Outcome {
    let path = root().join(folder);
    let entries = std::fs::read_dir(&path).map_err(|error| format!("{path:?}: {error}"))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    let at_once = format!("--test-concurrency={at_once}");
    let longest = format!("--test-timeout={LONGEST_FILE}");
    let options = ["--test", &at_once, &longest, "--test-reporter=spec"];
    finish(command(folder, "node", &options).args(files))
}
