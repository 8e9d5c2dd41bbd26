//! How a session ends, and what is told of a side that cannot be reached.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::time::Duration;

use isession_protocol::ids::{LinkId, SessionId};
use isession_protocol::signaling::{EndReason, LeadPolicy, PagePolicy};
use isession_sdk::session::{Begin, Link, LinkInput, LinkOutput, SessionConfig};
use isession_sdk::{Role, RootCertificates, Session, SessionEvent};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

fn side(role: Role) -> (Session, Link) {
    let config = SessionConfig {
        role,
        ice: Vec::new(),
        relay_only: false,
        bind: vec!["127.0.0.1:0".parse().unwrap()],
        root_certificates: RootCertificates::default(),
        lead_policy: LeadPolicy::default(),
        page: PagePolicy::default(),
        begin: Begin::Accepted { resumed: false },
    };
    let id = Uuid::from_u128(1);
    Session::new(SessionId::new(id), LinkId::new(id), config)
}

/// Two sides whose signals go from one to the other, and the ways to tell them something.
struct Two {
    visitor: Session,
    agent: Session,
    to_visitor: mpsc::Sender<LinkInput>,
    _links: JoinSet<()>,
}

async fn open_two() -> Two {
    let (mut visitor, visitors) = side(Role::Visitor);
    let (mut agent, agents) = side(Role::Agent);
    let mut links = JoinSet::new();
    let to_visitor = visitors.inputs.clone();
    links.spawn(signals(visitors.outputs, agents.inputs));
    links.spawn(signals(agents.outputs, visitors.inputs));
    for session in [&mut visitor, &mut agent] {
        while !matches!(event(session).await, SessionEvent::Open { .. }) {}
    }
    Two {
        visitor,
        agent,
        to_visitor,
        _links: links,
    }
}

async fn signals(mut from: mpsc::Receiver<LinkOutput>, to: mpsc::Sender<LinkInput>) {
    while let Some(output) = from.recv().await {
        if let LinkOutput::Signal(signal) = output {
            to.send(LinkInput::Signal(signal)).await.unwrap();
        }
    }
}

async fn event(session: &mut Session) -> SessionEvent {
    session.next_event().await.unwrap()
}

#[tokio::test]
async fn last_words_are_heard_when_the_node_tells_the_end_before_them() {
    let mut two = open_two().await;
    let ended = LinkInput::Ended(EndReason::ByAgent);
    two.to_visitor.send(ended).await.unwrap();
    two.agent.say("last words").await.unwrap();
    two.agent.end().await;
    let mut heard = Vec::new();
    loop {
        match event(&mut two.visitor).await {
            SessionEvent::Message { text, .. } => heard.push(text),
            SessionEvent::Ended(reason) => {
                assert_eq!(reason, EndReason::ByAgent);
                break;
            }
            _ => {}
        }
    }
    assert_eq!(heard, ["last words"]);
}

#[tokio::test]
async fn an_end_that_only_the_node_tells_is_an_end() {
    let mut two = open_two().await;
    let ended = LinkInput::Ended(EndReason::Expired);
    two.to_visitor.send(ended).await.unwrap();
    loop {
        if let SessionEvent::Ended(reason) = event(&mut two.visitor).await {
            assert_eq!(reason, EndReason::Expired);
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn goodbye_goes_to_the_node_at_once() {
    let (visitor, mut link) = side(Role::Visitor);
    let began = Instant::now();
    let told = async {
        while !matches!(link.outputs.recv().await.unwrap(), LinkOutput::End) {}
        began.elapsed()
    };
    let ((), told) = tokio::join!(visitor.end(), told);
    assert!(told < Duration::from_millis(1), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_side_that_cannot_be_reached_is_told_after_a_minute_once() {
    let (mut agent, link) = side(Role::Agent);
    let began = Instant::now();
    assert!(matches!(event(&mut agent).await, SessionEvent::Vanished));
    assert_eq!(began.elapsed(), Duration::from_secs(60));
    let quiet = tokio::time::timeout(Duration::from_secs(600), agent.next_event()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    drop(link);
}
