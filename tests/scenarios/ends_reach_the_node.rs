//! However a session ends, and whoever of the two can reach the node, it learns of it.

use isession_protocol::ErrorCode;
use isession_protocol::signaling::{EndReason, Path};
use isession_sdk::{AgentEvent, Session, SessionEvent, Visitor, VisitorEvent};
use isession_tests::{
    Lab, accept, agent_event, agents_session, hears, opens, opens_by, place, session_event,
    visitor_event,
};

async fn ends(session: &mut Session) -> EndReason {
    loop {
        if let SessionEvent::Ended(reason) = session_event(session).await {
            return reason;
        }
    }
}

async fn visit_ends(visitor: &mut Visitor) -> EndReason {
    loop {
        if let VisitorEvent::Ended(reason) = visitor_event(visitor).await {
            return reason;
        }
    }
}

#[tokio::test]
async fn an_end_while_the_node_is_away_is_told_afterwards() {
    let mut lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    lab.stop().await;
    visitors.end().await;
    assert_eq!(ends(&mut agents).await, EndReason::ByVisitor);
    lab.start_again().await;
    visit_ends(&mut visitor).await;
    lab.until_metric("isession_visits_total{outcome=\"served\"}", |count| {
        count == 1.0
    })
    .await;
}

#[tokio::test]
async fn a_goodbye_whose_sayer_cannot_reach_the_node_is_told_by_the_other_side() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    drop(visitor);
    visitors.end().await;
    assert_eq!(ends(&mut agents).await, EndReason::ByVisitor);
    lab.until_metric("isession_sessions", |count| count == 0.0)
        .await;
}

#[tokio::test]
async fn leaving_while_the_node_is_away_is_told_afterwards() {
    let mut lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    place(&mut visitor).await;
    lab.stop().await;
    visitor.leave().await.unwrap();
    lab.start_again().await;
    assert_eq!(visit_ends(&mut visitor).await, EndReason::Abandoned);
}

#[tokio::test]
async fn a_session_that_was_dropped_comes_back_with_its_visitor() {
    let mut lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens(&mut visitors).await;
    drop(agents);
    lab.restart().await;
    let (_, again) = agents_session(&mut agent).await;
    again.say("here again").await.unwrap();
    assert_eq!(hears(&mut visitors).await, "here again");
}

#[tokio::test]
async fn a_node_that_forgot_the_session_ends_it_for_nobody() {
    let mut lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    lab.forget().await;
    let closed = loop {
        if let VisitorEvent::Closed(error) = visitor_event(&mut visitor).await {
            break error.code;
        }
    };
    assert_eq!(closed, ErrorCode::BadTicket);
    assert!(visitor.next_event().await.is_none());
    let signed_out = loop {
        if let AgentEvent::Closed(error) = agent_event(&mut agent).await {
            break error.code;
        }
    };
    assert_eq!(signed_out, ErrorCode::NotSignedIn);
    agents.say("still here").await.unwrap();
    assert_eq!(hears(&mut visitors).await, "still here");
    lab.until_metric("isession_waiting", |count| count == 0.0)
        .await;
}
