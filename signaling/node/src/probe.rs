//! `isession check --url`: what a node is reached by, as seen from here.

mod node;
mod relay;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use isession_protocol::signaling::IceServer;
use tokio::time::timeout;
use url::Url;

use crate::commands::{complain, say};
use node::{Node, Unreachable};
use relay::Server;

/// How long one way may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Days before its end at which a certificate that nobody renewed is a fault.
const RENEW: i64 = 7;

/// Everything is open.
const FINE: u8 = 0;
/// Something is shut that matters.
const SHUT: u8 = 1;
/// The node could not be asked.
const NOT_ASKED: u8 = 2;

/// What became of one test: a remark, or why the way is shut.
type Outcome = Result<String, String>;

/// Prints a line for each test.
pub(crate) async fn run(url: &str, root_certificate: Option<&Path>) -> ExitCode {
    match ask(url, root_certificate).await {
        Ok(shut) if shut.is_empty() => {
            say("everything is open");
            FINE.into()
        }
        Ok(shut) => {
            for why in shut {
                say(&format!("it matters: {why}"));
            }
            SHUT.into()
        }
        Err(problem) => {
            complain(&problem);
            NOT_ASKED.into()
        }
    }
}

/// What is shut and matters; an error if the node could not be asked.
async fn ask(url: &str, root_certificate: Option<&Path>) -> Result<Vec<&'static str>, String> {
    let url: Url = url
        .parse()
        .map_err(|_| format!("{url} is not an address"))?;
    let node = Node::new(url, root_certificate).await?;
    let mut shut = Vec::new();
    let mut tell = |what: &str, outcome: Outcome, matters: &'static str| match outcome {
        Ok(remark) if remark.is_empty() => say(&format!("open     {what}")),
        Ok(remark) => say(&format!("open     {what}: {remark}")),
        Err(why) => {
            say(&format!("blocked  {what}: {why}"));
            shut.push(matters);
        }
    };
    match within(node.certificate()).await {
        Err(Unreachable::Refused(why)) => return Err(why),
        Err(Unreachable::Untrusted(why)) => {
            tell("certificate", Err(why), "browsers refuse to open the node");
            return Ok(shut);
        }
        Ok(None) => say("off      certificate: plain http"),
        Ok(Some(days)) if days < RENEW => {
            let why = format!("ends in {days} days");
            tell(
                "certificate",
                Err(why),
                "browsers will refuse the node soon",
            );
        }
        Ok(Some(days)) => tell("certificate", Ok(format!("{days} days left")), ""),
    }
    let health = flat(within(node.health()).await);
    let web = "nothing can be asked of the node";
    tell("http", health, web);
    let socket = flat(within(node.web_socket()).await);
    let sockets = "neither visitors nor agents can connect: let the proxy upgrade WebSockets";
    tell("websocket", socket, sockets);
    match within(node.servers()).await {
        Ok(servers) => relays(&node, &servers, &mut tell).await,
        Err(Unreachable::Refused(why) | Unreachable::Untrusted(why)) => {
            tell(
                "relays",
                Err(why),
                "it is not known how sessions can be relayed",
            );
        }
    }
    Ok(shut)
}

async fn relays(
    node: &Node,
    ice: &[IceServer],
    tell: &mut impl FnMut(&str, Outcome, &'static str),
) {
    let servers: Vec<Server> = ice.iter().flat_map(Server::all).collect();
    for (scheme, what, matters) in [
        (
            "stun",
            "stun",
            "people learn no address of theirs: open the UDP port",
        ),
        (
            "udp",
            "relay over udp",
            "the quickest relay is missing: open the UDP port",
        ),
        (
            "tcp",
            "relay over tcp",
            "networks without UDP lose a relay: open the TCP port",
        ),
        (
            "tls",
            "relay over tls",
            "networks that let only web traffic out have no relay",
        ),
    ] {
        let Some(server) = servers.iter().find(|server| server.way == scheme) else {
            say(&format!("off      {what}: not offered"));
            continue;
        };
        let tried = timeout(PATIENCE, server.try_out(node.roots())).await;
        let outcome = match tried {
            Ok(Ok(())) => Ok(String::new()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer".to_owned()),
        };
        tell(what, outcome, matters);
    }
}

async fn within<T>(work: impl Future<Output = Result<T, Unreachable>>) -> Result<T, Unreachable> {
    timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| Err(Unreachable::Refused("no answer".to_owned())))
}

fn flat(result: Result<(), Unreachable>) -> Outcome {
    match result {
        Ok(()) => Ok(String::new()),
        Err(Unreachable::Refused(why) | Unreachable::Untrusted(why)) => Err(why),
    }
}
