//! Tickets rebuild the queue, in its order, and sessions, on a node that has forgotten all.

use isession_protocol::signaling::Path;
use isession_tests::{Lab, accept, hears, opens_by, place};

#[tokio::test]
async fn places_are_kept_in_order() {
    let mut lab = Lab::start().await;
    let mut first = lab.visitor().await;
    assert_eq!(place(&mut first).await.position, 1);
    let mut second = lab.visitor().await;
    while place(&mut second).await.position != 2 {}
    lab.restart().await;
    // Whoever comes back first is alone for a moment; the order is by the tickets.
    while place(&mut first).await.waiting != 2 {}
    while place(&mut second).await.waiting != 2 {}
    let mut agent = lab.agent("ada").await;
    let (_, session) = accept(&mut agent, &mut first).await;
    drop(session);
}

#[tokio::test]
async fn a_running_session_does_not_need_the_node() {
    let mut lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    lab.restart().await;
    agents.say("are you still there?").await.unwrap();
    assert_eq!(hears(&mut visitors).await, "are you still there?");
    visitors.say("of course").await.unwrap();
    assert_eq!(hears(&mut agents).await, "of course");
}
