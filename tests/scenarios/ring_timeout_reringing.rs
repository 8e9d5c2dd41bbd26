//! A ring that nobody answers ends for that agent and goes on at the next.

use std::sync::Arc;

use isession_node::ManualClock;
use isession_protocol::Timestamp;
use isession_protocol::signaling::RingEnd;
use isession_tests::{Lab, ring_ends, rings, visitors_session};

#[tokio::test]
async fn the_next_agent_is_rung_when_the_first_lets_it_pass() {
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_795_500_000_000));
    let one_at_a_time = |config: &mut isession_node::Config| config.queue.ring_agents = 1;
    let lab = Lab::with(one_at_a_time, Arc::new(clock.clone())).await;
    let mut ada = lab.agent("ada").await;
    let mut visitor = lab.visitor().await;
    let ringing = rings(&mut ada).await;
    let mut ben = lab.agent("ben").await;
    clock.advance(20_000);
    assert_eq!(ring_ends(&mut ada).await, RingEnd::Timeout);
    assert_eq!(rings(&mut ben).await, ringing);
    // Told again, and not counted again.
    ada.decline(ringing).await.unwrap();
    assert_eq!(ring_ends(&mut ada).await, RingEnd::Timeout);
    ben.accept(ringing).await.unwrap();
    visitors_session(&mut visitor).await;
    assert!(
        lab.metrics()
            .await
            .contains("isession_ring_timeouts_total 1")
    );
}
