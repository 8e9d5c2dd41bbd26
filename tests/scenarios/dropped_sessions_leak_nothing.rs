//! Whoever forgets to end a session loses no task and no socket to it, neither to a direct path
//! nor to a relay's stream. A program of its own: what
//! it counts belongs to the whole process.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::sync::Arc;
use std::time::Duration;

use isession_node::{Config, SystemClock};
use isession_protocol::signaling::Path;
use isession_sdk::{Agent, Visitor, VisitorOptions};
use isession_tests::coturn::{Coturn, external};
use isession_tests::{Lab, accept, opens};
use tokio::runtime::Handle;

/// For what closing does in its own time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tasks of this runtime and open sockets of this process. (Files may become more at any time:
/// the database opens another connection when it has much to do.)
fn held() -> (usize, usize) {
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let sockets = open
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"));
    (
        Handle::current().metrics().num_alive_tasks(),
        sockets.count(),
    )
}

async fn talk_and_drop(lab: &Lab, agent: &mut Agent, relay_only: bool) {
    let options = VisitorOptions {
        relay_only,
        ..lab.visitor_options()
    };
    let mut visitor = Visitor::join(options).await.unwrap();
    let (mut agents, mut visitors) = accept(agent, &mut visitor).await;
    let path = opens(&mut visitors).await;
    assert_eq!(path == Path::RelayedTcp, relay_only, "{path:?}");
    opens(&mut agents).await;
    drop(visitors);
    drop(visitor);
    agents.end().await;
}

#[tokio::test]
async fn tasks_and_sockets_are_as_before() {
    let coturn = Coturn::start(&["--no-udp"]).await;
    let relay = |config: &mut Config| config.turn.external = external(vec![coturn.tcp()]);
    let lab = Lab::with(relay, Arc::new(SystemClock)).await;
    let mut agent = lab.agent("ada").await;
    // What the first session brings for good, such as pooled connections to the database.
    talk_and_drop(&lab, &mut agent, false).await;
    lab.until_metric("isession_sockets{role=\"visitor\"}", |count| count == 0.0)
        .await;
    let before = held();
    for _ in 0..3 {
        talk_and_drop(&lab, &mut agent, false).await;
        talk_and_drop(&lab, &mut agent, true).await;
    }
    let back = async {
        while held().0 > before.0 || held().1 > before.1 {
            tokio::task::yield_now().await;
        }
    };
    let outcome = tokio::time::timeout(PATIENCE, back).await;
    assert!(outcome.is_ok(), "before: {before:?}, now: {:?}", held());
}
