//! What a link was given of the relay ends with it, whoever still holds credentials.

use std::sync::Arc;

use isession_node::{Clock, ManualClock, SystemClock};
use isession_protocol::ids::{SessionId, VisitorId};
use isession_protocol::signaling::{FromAgent, IceServer, ToAgent, ToVisitor};
use isession_tests::relay::allocate;
use isession_tests::{Lab, Ws, agent_there, says, told, visitor_there};

const LIVE: &str = r#"isession_turn_allocations_live{transport="udp"}"#;

async fn rings(agent: &mut Ws) -> VisitorId {
    told(agent, |frame| match frame {
        ToAgent::Ring { visitor, .. } => Some(visitor),
        _ => None,
    })
    .await
}

async fn accepted(agent: &mut Ws) -> (SessionId, Vec<IceServer>) {
    let visitor = rings(agent).await;
    says(agent, &FromAgent::Accept { visitor }).await;
    told(agent, |frame| match frame {
        ToAgent::Accepted { session, ice, .. } => Some((session, ice)),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn of_a_ring_that_came_to_nothing_at_once() {
    let lab = Lab::start().await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let mut visitor = visitor_there(&lab.url()).await;
    let ring = told(&mut visitor, |frame| match frame {
        ToVisitor::Ring(preconnect) => Some(preconnect),
        _ => None,
    });
    let ice = ring.await.ice;
    assert_eq!(allocate(&ice).await, Ok(()));
    let visitor_id = rings(&mut ada).await;
    let decline = FromAgent::Decline {
        visitor: visitor_id,
    };
    says(&mut ada, &decline).await;
    told(&mut visitor, |frame| {
        matches!(frame, ToVisitor::RingEnded { .. }).then_some(())
    })
    .await;
    lab.until_metric(LIVE, |live| live == 0.0).await;
    assert_eq!(allocate(&ice).await, Err(401));
}

#[tokio::test]
async fn of_a_session_that_was_ended_after_the_last_words() {
    let lab = Lab::start().await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let mut visitor = visitor_there(&lab.url()).await;
    let (session, ice) = accepted(&mut ada).await;
    assert_eq!(allocate(&ice).await, Ok(()));
    says(&mut ada, &FromAgent::End { session }).await;
    told(&mut visitor, |frame| {
        matches!(frame, ToVisitor::Ended { .. }).then_some(())
    })
    .await;
    assert_eq!(allocate(&ice).await, Err(401));
    lab.until_metric(LIVE, |live| live == 0.0).await;
}

#[tokio::test]
async fn but_not_of_two_who_were_lost_to_the_node_and_may_talk_on() {
    let clock = ManualClock::starting_at(SystemClock.now());
    let lab = Lab::with(|_| {}, Arc::new(clock.clone())).await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let visitor = visitor_there(&lab.url()).await;
    let (_, ice) = accepted(&mut ada).await;
    assert_eq!(allocate(&ice).await, Ok(()));
    drop((ada, visitor));
    for role in ["agent", "visitor"] {
        let sockets = format!("isession_sockets{{role=\"{role}\"}}");
        lab.until_metric(&sockets, |count| count == 0.0).await;
    }
    while lab.metrics().await.contains("isession_sessions 1") {
        clock.advance(60_000);
    }
    lab.until_metric(LIVE, |live| live == 1.0).await;
    assert_eq!(allocate(&ice).await, Ok(()));
}
