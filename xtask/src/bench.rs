//! `cargo xtask bench`: figures, measured on this machine in one run.

use crate::run::{command, complain, finish, run};
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
        "--package",
        "isession-netlab",
        "--package",
        "isession-turn",
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
    run(
        ".",
        "cargo",
        &[
            "run",
            "--release",
            "--package",
            "isession-turn",
            "--example",
            "bench",
        ],
    )?;
    finish(command("tests/browser", "node", &["bench.mjs"]).env("BUILD_PROFILE", "release"))?;
    if let Some(why) = tools::why_no_netlab() {
        complain(&format!("the benches of the netlab were skipped: {why}"));
        return Ok(());
    }
    for bench in ["setup.bench.mjs", "travel.bench.mjs"] {
        finish(command("tests/netlab", "node", &[bench]).env("BUILD_PROFILE", "release"))?;
    }
    Ok(())
}
