//! What a session's credentials open: the node's relay, and nothing behind it.
//!
//! The spellings of denied addresses, and that no packet gets out, are proven at the relay
//! itself, in `signaling/turn/tests`. Here the credentials are those a real session was given.

use isession_protocol::signaling::Path;
use isession_sdk::{Visitor, VisitorOptions};
use isession_tests::{Lab, accept, opens};

#[tokio::test]
async fn a_relayed_side_reaches_relays_but_no_address_of_this_machine() {
    let lab = Lab::start().await;
    let relayed = VisitorOptions {
        relay_only: true,
        ..lab.visitor_options()
    };
    let mut visitor = Visitor::join(relayed).await.unwrap();
    // The agent offers every address it has, all of them private or loopback; only its relay is
    // reachable from the visitor's.
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    assert_eq!(opens(&mut visitors).await, Path::RelayedUdp);
    assert_eq!(opens(&mut agents).await, Path::RelayedUdp);
    let metrics = lab.metrics().await;
    let denied = r#"isession_turn_refused_total{reason="denied_peer"} "#;
    let denied = metrics.lines().find_map(|line| line.strip_prefix(denied));
    assert!(denied.is_some_and(|count| count != "0"), "{metrics}");
}
