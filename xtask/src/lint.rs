//! `cargo xtask lint`: what a reviewer should not have to say.

use crate::run::{command, finish, has, output, root, run};
use crate::{Outcome, web};

/// Lines that a source file may have.
const LONGEST_FILE: usize = 600;
const CARGO_DENY: &str = "0.20.2";

pub(crate) fn lint() -> Outcome {
    web::install("web")?;
    web::install("tests/browser")?;
    run(".", "cargo", &["fmt", "--all", "--check"])?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    run(".", "cargo", &clippy)?;
    let doc = ["doc", "--workspace", "--no-deps", "--quiet"];
    finish(command(".", "cargo", &doc).env("RUSTDOCFLAGS", "-D warnings"))?;
    run("web", "npm", &["run", "--silent", "check"])?;
    run(
        "web",
        "npx",
        &[
            "biome",
            "check",
            "../tests/browser",
            "../tests/netlab",
            "../tests/chaos",
            "demo",
        ],
    )?;
    run(
        ".",
        "cargo",
        &["test", "--quiet", "--package", "isession-protocol", "--lib"],
    )?;
    short_files()?;
    pure_switchboard()?;
    deny()
}

fn short_files() -> Outcome {
    let patterns = ["*.rs", "*.ts", "*.tsx", "*.mjs", "*.css"];
    let files = output(
        ".",
        "git",
        &[&["ls-files", "--"][..], &patterns[..]].concat(),
    )?;
    let mut long = Vec::new();
    for file in files.lines().filter(|file| !file.ends_with("generated.ts")) {
        let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            long.push(format!("{file}: {lines} lines, at most {LONGEST_FILE}"));
        }
    }
    if long.is_empty() {
        Ok(())
    } else {
        Err(long.join("\n"))
    }
}

/// The switchboard stays pure by what it can reach: no runtime, no randomness, no clock.
fn pure_switchboard() -> Outcome {
    let arguments = [
        "tree",
        "--package",
        "isession-switchboard",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ];
    let tree = output(".", "cargo", &arguments)?;
    for impure in [
        "tokio",
        "rand",
        "getrandom",
        "chrono",
        "time",
        "mio",
        "web-time",
    ] {
        if tree
            .lines()
            .any(|line| line.split(' ').next() == Some(impure))
        {
            return Err(format!("the switchboard depends on {impure}"));
        }
    }
    Ok(())
}

/// Licences and sources always; advisories where their database can be reached.
fn deny() -> Outcome {
    if !has("cargo-deny") {
        run(
            ".",
            "cargo",
            &["install", "--locked", "--version", CARGO_DENY, "cargo-deny"],
        )?;
    }
    run(
        ".",
        "cargo",
        &[
            "deny",
            "--all-features",
            "check",
            "bans",
            "licenses",
            "sources",
        ],
    )?;
    let fetched = output(".", "cargo", &["deny", "fetch", "db"]);
    match fetched {
        Ok(_) => run(".", "cargo", &["deny", "check", "advisories"]),
        Err(_) => {
            crate::run::complain("the advisory database cannot be reached: not checked");
            Ok(())
        }
    }
}
