//! `cargo xtask demo`: a node, two websites and an agent, ready to be tried.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use crate::run::{Running, command, finish, root, run, say};
use crate::{Outcome, web};

const SITE: &str = "demo";
const LOGIN: &str = "ada";

pub(crate) fn demo() -> Outcome {
    web::build()?;
    run(".", "cargo", &["build", "--package", "isession-node"])?;
    let folder = root().join("target/demo");
    // Every demo starts from nothing, so that its password is the one it prints.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let [node, shop, elsewhere] = [8080, 8081, 8082].map(free_port);
    let (node, shop, elsewhere) = (node?, shop?, elsewhere?);
    let password = password()?;
    let database = folder.join("isession.db");
    prepare(&database, shop, elsewhere, &password)?;
    let running = start_node(&database, node)?;
    let _sites = start_sites(node, shop, elsewhere)?;
    say(&format!(
        "
  iSession is running. Open two browser windows, side by side:

    the agent    http://localhost:{node}/console
                 login {LOGIN}, password {password}; switch Available on

    the visitor  http://shop.localhost:{shop}/
                 click the help button, or the plain link in the text

  Accept the visitor, talk, and lead to http://elsewhere.localhost:{elsewhere}/
  or any other address. Ctrl+C ends everything.
"
    ));
    wait_for_the_end(running)
}

fn prepare(database: &Path, shop: u16, elsewhere: u16, password: &str) -> Outcome {
    let isession = root().join("target/debug/isession");
    let isession = isession.to_string_lossy();
    let database = format!("database={}", database.display());
    let shop = format!("http://shop.localhost:{shop}");
    let elsewhere = format!("http://elsewhere.localhost:{elsewhere}");
    let destinations = [
        format!("Lamps={shop}/"),
        format!("Basket={shop}/cart"),
        format!("Somebody else's website={elsewhere}/"),
        format!("A page that cuts openers={elsewhere}/coop"),
    ];
    let mut site = command(
        ".",
        &isession,
        &[
            "site",
            "add",
            SITE,
            "--name",
            "Lantern & Co.",
            "--development",
            "--origin",
            &shop,
        ],
    );
    for destination in &destinations {
        site.args(["--destination", destination]);
    }
    finish(site.args(["--set", &database]).stdout(Stdio::null()))?;
    let mut agent = command(".", &isession, &["agent", "add", LOGIN, "--name", "Ada"])
        .args(["--set", &database])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("isession agent add: {error}"))?;
    if let Some(mut stdin) = agent.stdin.take() {
        writeln!(stdin, "{password}").map_err(|error| error.to_string())?;
    }
    let status = agent.wait().map_err(|error| error.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("isession agent add: {status}"))
    }
}

fn start_node(database: &Path, port: u16) -> Result<Running, String> {
    let isession = root().join("target/debug/isession");
    command(".", &isession.to_string_lossy(), &["serve"])
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .args(["--set", &format!("database={}", database.display())])
        .args(["--set", "turn.listen=127.0.0.1:0"])
        .stdout(Stdio::null())
        .spawn()
        .map(Running)
        .map_err(|error| format!("isession serve: {error}"))
}

fn start_sites(node: u16, shop: u16, elsewhere: u16) -> Result<Running, String> {
    command("web/demo", "node", &["server.mjs"])
        .args(["--node", &format!("http://localhost:{node}")])
        .args([
            "--shop",
            &shop.to_string(),
            "--elsewhere",
            &elsewhere.to_string(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map(Running)
        .map_err(|error| format!("node server.mjs: {error}"))
}

/// Ctrl+C reaches the node as well, which says goodbye and ends.
fn wait_for_the_end(mut node: Running) -> Outcome {
    let status = node.0.wait().map_err(|error| error.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("the node ended: {status}"))
    }
}

/// The wanted port, or any other that is free.
fn free_port(wanted: u16) -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", wanted))
        .or_else(|_| TcpListener::bind(("127.0.0.1", 0)))
        .map_err(|error| format!("no free port: {error}"))?;
    listener
        .local_addr()
        .map(|address| address.port())
        .map_err(|error| error.to_string())
}

/// Sixteen hexadecimal digits of the kernel's randomness.
fn password() -> Result<String, String> {
    let mut bytes = [0; 8];
    fs::File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .map_err(|error| format!("/dev/urandom: {error}"))?;
    Ok(bytes.map(|byte| format!("{byte:02x}")).concat())
}
