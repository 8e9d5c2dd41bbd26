//! Programs that tests need and cargo cannot bring.

use crate::Outcome;
use crate::run::{complain, has, output, run};

/// A program and Debian's package that brings it.
struct Tool {
    program: &'static str,
    package: &'static str,
}

const TEST_TOOLS: [Tool; 5] = [
    Tool {
        program: "chromium",
        package: "chromium",
    },
    Tool {
        program: "firefox-esr",
        package: "firefox-esr",
    },
    Tool {
        program: "turnserver",
        package: "coturn",
    },
    Tool {
        program: "turnutils_uclient",
        package: "coturn",
    },
    Tool {
        program: "openssl",
        package: "openssl",
    },
];

/// What the network laboratory needs beside root.
const NETLAB_TOOLS: [Tool; 3] = [
    Tool {
        program: "certutil",
        package: "libnss3-tools",
    },
    Tool {
        program: "ip",
        package: "iproute2",
    },
    Tool {
        program: "nft",
        package: "nftables",
    },
];

/// Makes sure that what the tests need is there: installs it as root, or says what is missing.
pub(crate) fn need_test_tools() -> Outcome {
    need(&TEST_TOOLS)
}

/// Why there can be no network laboratory here, if so. As root, what it needs is installed.
pub(crate) fn why_no_netlab() -> Option<String> {
    if !is_root() {
        return Some("it needs root".to_owned());
    }
    let probe = format!("isnl-{}-xtask", std::process::id());
    let namespace = |word| output(".", "ip", &["netns", word, &probe]);
    need(&NETLAB_TOOLS)
        .and_then(|()| namespace("add"))
        .and_then(|_| namespace("delete"))
        .err()
}

fn need(tools: &[Tool]) -> Outcome {
    let missing = missing(tools);
    if missing.is_empty() {
        return Ok(());
    }
    let command = format!("apt-get install -y {}", missing.join(" "));
    if !(has("apt-get") && is_root()) {
        return Err(format!(
            "The tests need programs that are not here. As root: {command}"
        ));
    }
    complain(&format!("installing what the tests need: {command}"));
    run(".", "apt-get", &["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&missing);
    run(".", "apt-get", &arguments)?;
    let missing = self::missing(tools);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("still missing: {}", missing.join(" ")))
    }
}

fn missing(tools: &[Tool]) -> Vec<&'static str> {
    let mut packages: Vec<_> = tools
        .iter()
        .filter(|tool| !has(tool.program))
        .map(|tool| tool.package)
        .collect();
    packages.dedup();
    packages
}

/// The owner of this process, as the kernel tells it.
fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        uid.and_then(|uid| uid.split_whitespace().next()) == Some("0")
    })
}
