//! Tickets rebuild the queue, in its order, and sessions, on a node that has forgotten all.

use isession_protocol::bounded::Ticket;
use isession_protocol::signaling::{
    Details, EndReason, FromAgent, FromVisitor, Path, ToAgent, ToVisitor,
};
use isession_tests::{
    Lab, accept, agent_there, hears, opens_by, place, raw_visitor, says, site, told, visitor_there,
};

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

#[tokio::test]
async fn a_session_that_was_ended_is_not_revived() {
    let mut lab = Lab::start().await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let mut visitor = visitor_there(&lab.url()).await;
    let ring = told(&mut ada, |frame| match frame {
        ToAgent::Ring { visitor, .. } => Some(visitor),
        _ => None,
    });
    let who = ring.await;
    says(&mut ada, &FromAgent::Accept { visitor: who }).await;
    let accepted = told(&mut visitor, |frame| match frame {
        ToVisitor::Accepted {
            session, ticket, ..
        } => Some((session, ticket)),
        _ => None,
    });
    let (session, ticket) = accepted.await;
    says(&mut ada, &FromAgent::End { session }).await;
    assert_eq!(ended(&mut visitor).await, EndReason::ByAgent);
    lab.restart().await;
    let mut again = back(&lab, ticket).await;
    assert_eq!(ended(&mut again).await, EndReason::ByAgent);
    lab.until_metric("isession_sessions", |sessions| sessions == 0.0)
        .await;
}

async fn back(lab: &Lab, ticket: Ticket) -> isession_tests::Ws {
    let mut ws = raw_visitor(&lab.url(), None).await.unwrap();
    let hello = FromVisitor::Hello {
        site: site(),
        ticket: Some(ticket),
        details: Details::default(),
    };
    says(&mut ws, &hello).await;
    ws
}

async fn ended(visitor: &mut isession_tests::Ws) -> EndReason {
    told(visitor, |frame| match frame {
        ToVisitor::Ended { reason } => Some(reason),
        _ => None,
    })
    .await
}
