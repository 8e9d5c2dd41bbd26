//! `cargo xtask test`: everything that must hold.

use crate::run::{command, finish, has, root, run};
use crate::{Outcome, tools, web};

pub(crate) fn test() -> Outcome {
    tools::need_test_tools()?;
    web::build()?;
    web::install("tests/browser")?;
    run("web", "npm", &["test", "--silent"])?;
    // One build serves the Rust tests, the examples and the browsers.
    run(".", "cargo", &["build", "--workspace", "--all-targets"])?;
    rust()?;
    browsers()
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
    let folder = root().join("tests/browser/scenarios");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{folder:?}: {error}"))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    let options = ["--test", "--test-concurrency=1", "--test-reporter=spec"];
    finish(command("tests/browser", "node", &options).args(files))
}
