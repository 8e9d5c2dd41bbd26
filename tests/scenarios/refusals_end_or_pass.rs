//! Programs come back after what may pass, and end with what will not change.

use std::sync::Arc;

use isession_node::{Config, SystemClock};
use isession_protocol::ErrorCode;
use isession_protocol::signaling::Details;
use isession_sdk::{Agent, AgentEvent, VisitorEvent};
use isession_tests::{Lab, agent_event, place, visitor_event};

async fn closed(agent: &mut Agent) -> ErrorCode {
    loop {
        if let AgentEvent::Closed(error) = agent_event(agent).await {
            return error.code;
        }
    }
}

#[tokio::test]
async fn an_agent_whose_sign_in_lapsed_is_told() {
    let mut lab = Lab::start().await;
    let mut agent = lab.agent("ada").await;
    let accounts = lab.node().accounts();
    accounts
        .set_password("ada", "another password")
        .await
        .unwrap();
    lab.restart().await;
    assert_eq!(closed(&mut agent).await, ErrorCode::NotSignedIn);
    assert!(agent.next_event().await.is_none());
}

#[tokio::test]
async fn an_agent_who_signed_in_elsewhere_is_told() {
    let lab = Lab::start().await;
    let mut here = lab.agent("ada").await;
    let _there = lab.agent("ada").await;
    assert_eq!(closed(&mut here).await, ErrorCode::Superseded);
    assert!(here.next_event().await.is_none());
}

#[tokio::test]
async fn a_visitor_who_was_too_fast_comes_back() {
    let slow = |config: &mut Config| config.limits.frames_per_second = 1;
    let lab = Lab::with(slow, Arc::new(SystemClock)).await;
    let mut visitor = lab.visitor().await;
    place(&mut visitor).await;
    for _ in 0..10 {
        visitor.details(Details::default()).await.unwrap();
    }
    let refused = loop {
        if let VisitorEvent::Refused(error) = visitor_event(&mut visitor).await {
            break error;
        }
    };
    assert_eq!((refused.code, refused.fatal), (ErrorCode::TooFast, true));
    while !matches!(visitor_event(&mut visitor).await, VisitorEvent::Welcome(_)) {}
}
