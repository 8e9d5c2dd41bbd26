//! An end that nobody could be told of is told as soon as somebody can.

use isession_protocol::signaling::EndReason;
use isession_sdk::{AgentEvent, VisitorEvent};
use isession_tests::{Lab, accept, agent_event, opens, visitor_event};

#[tokio::test]
async fn a_visitor_who_ended_while_the_node_was_away_and_the_agent_gone() {
    let mut lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens(&mut visitors).await;
    lab.stop().await;
    drop(agents);
    visitors.end().await;
    lab.start_again().await;
    loop {
        if let AgentEvent::Ended { reason, .. } = agent_event(&mut agent).await {
            assert_eq!(reason, EndReason::ByVisitor);
            break;
        }
    }
}

#[tokio::test]
async fn an_agent_who_ended_while_the_node_was_away_and_the_visitor_gone() {
    let mut lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, visitors) = accept(&mut agent, &mut visitor).await;
    opens(&mut agents).await;
    lab.stop().await;
    drop(visitors);
    agents.end().await;
    lab.start_again().await;
    loop {
        if let VisitorEvent::Ended(reason) = visitor_event(&mut visitor).await {
            assert_eq!(reason, EndReason::ByAgent);
            break;
        }
    }
}
