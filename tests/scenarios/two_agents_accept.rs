//! Two agents accept the same visitor at once: one wins, the other is told who.

use isession_protocol::signaling::RingEnd;
use isession_tests::{Lab, agents_session, ring_ends, rings, visitors_session};

#[tokio::test]
async fn exactly_one_wins_and_the_other_learns_who() {
    let lab = Lab::start().await;
    let mut ada = lab.agent("ada").await;
    let mut ben = lab.agent("ben").await;
    let mut visitor = lab.visitor().await;
    let ringing = rings(&mut ada).await;
    assert_eq!(rings(&mut ben).await, ringing);
    let (first, second) = tokio::join!(ada.accept(ringing), ben.accept(ringing));
    first.unwrap();
    second.unwrap();
    let session = visitors_session(&mut visitor).await;
    let ends = tokio::join!(ring_ends(&mut ada), ring_ends(&mut ben));
    let (RingEnd::Accepted { by: told_ada }, RingEnd::Accepted { by: told_ben }) = ends else {
        panic!("a ring ended otherwise");
    };
    assert_eq!(told_ada, told_ben);
    let winner = if told_ada.id == ada.card().id {
        &mut ada
    } else {
        &mut ben
    };
    assert_eq!(agents_session(winner).await.1.id(), session.id());
}
