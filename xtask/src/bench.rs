//! `cargo xtask bench`: figures, measured on this machine in one run.

use crate::run::{command, finish, run};
use crate::{Outcome, tools, web};

pub(crate) fn bench() -> Outcome {
    tools::need_test_tools()?;
    web::build()?;
    web::install("tests/browser")?;
    let release = [
        "build",
        "--release",
        "--package",
        "isession-node",
        "--package",
        "isession-sdk",
    ];
    run(
        ".",
        "cargo",
        &[&release[..], &["--examples", "--bins"]].concat(),
    )?;
    run(
        ".",
        "cargo",
        &[
            "run",
            "--release",
            "--package",
            "isession-tests",
            "--example",
            "memory",
        ],
    )?;
    finish(command("tests/browser", "node", &["bench.mjs"]).env("BUILD_PROFILE", "release"))
}
