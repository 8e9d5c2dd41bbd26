//! Credentials are for one session, and a session has only so many allocations.

use std::sync::Arc;

use isession_node::SystemClock;
use isession_sdk::{Visitor, VisitorOptions};
use isession_tests::{Lab, accept, live};

#[tokio::test]
async fn more_allocations_than_a_session_may_have_are_refused_and_counted() {
    let none = |config: &mut isession_node::Config| config.turn.allocations_per_link = 1;
    let lab = Lab::with(none, Arc::new(SystemClock)).await;
    let relayed = VisitorOptions {
        relay_only: true,
        ..lab.visitor_options()
    };
    let mut visitor = Visitor::join(relayed).await.unwrap();
    let mut agent = lab.agent_with("ada", true).await;
    let _sessions = accept(&mut agent, &mut visitor).await;
    // Both sides ask for one; the second is over the quota.
    lab.until_metric(
        r#"isession_turn_refused_total{reason="link_quota"}"#,
        |count| count >= 1.0,
    )
    .await;
    lab.until_metric(&live("udp"), |count| count == 1.0).await;
}
