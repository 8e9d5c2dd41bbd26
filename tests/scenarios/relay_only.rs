//! Two peers that may only relay talk through the node's own TURN.

use isession_protocol::signaling::Path;
use isession_sdk::{Visitor, VisitorOptions};
use isession_tests::{Lab, accept, hears, live, opens};

#[tokio::test]
async fn relayed_both_ways_and_counted() {
    let lab = Lab::start().await;
    let options = VisitorOptions {
        relay_only: true,
        ..lab.visitor_options()
    };
    let mut visitor = Visitor::join(options).await.unwrap();
    let mut agent = lab.agent_with("ada", true).await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    assert_eq!(opens(&mut agents).await, Path::RelayedUdp);
    assert_eq!(opens(&mut visitors).await, Path::RelayedUdp);
    agents.say("through the relay").await.unwrap();
    assert_eq!(hears(&mut visitors).await, "through the relay");
    lab.until_metric(&live("udp"), |count| count >= 2.0).await;
    lab.until_metric("isession_turn_bytes_to_peers_total", |bytes| bytes > 0.0)
        .await;
}
