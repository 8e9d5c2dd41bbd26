//! Whose sign-in ends loses the live connection too, with the next ping, and nobody else does.

use std::sync::Arc;

use futures_util::StreamExt;
use isession_node::ManualClock;
use isession_protocol::signaling::{FromAgent, ToAgent};
use isession_protocol::{ErrorCode, Timestamp};
use isession_tests::{Lab, Ws, agent_there, raw_agent, says, told};

async fn lab() -> (Lab, ManualClock) {
    let clock = ManualClock::starting_at(Timestamp::from_millis(1_795_500_000_000));
    let often = |config: &mut isession_node::Config| config.limits.ping_interval = 1;
    (Lab::with(often, Arc::new(clock.clone())).await, clock)
}

async fn let_go(ws: &mut Ws) {
    let error = told(ws, |frame| match frame {
        ToAgent::Error(error) => Some(error),
        _ => None,
    })
    .await;
    assert_eq!((error.code, error.fatal), (ErrorCode::NotSignedIn, true));
    while let Some(Ok(message)) = ws.next().await {
        assert!(message.is_close(), "{message:?} after the last word");
    }
}

/// Two pings, and the connection still answers.
async fn stays(ws: &mut Ws) {
    for _ in 0..2 {
        told(ws, |frame| {
            matches!(frame, ToAgent::Alive { .. }).then_some(())
        })
        .await;
    }
    says(ws, &FromAgent::Available { available: false }).await;
    told(ws, |frame| match frame {
        ToAgent::Available { available } => Some(available),
        ToAgent::Error(error) => panic!("{error:?}"),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn a_new_password_closes_the_agents_connection_and_no_others() {
    let (lab, _clock) = lab().await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let mut ben = agent_there(&lab.url(), "ben").await;
    let accounts = lab.node().accounts();
    accounts.set_password("ada", "another horse").await.unwrap();
    tokio::join!(let_go(&mut ada), stays(&mut ben));
}

#[tokio::test]
async fn a_removed_agent_is_let_go() {
    let (lab, _clock) = lab().await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    lab.node().accounts().remove_agent("ada").await.unwrap();
    let_go(&mut ada).await;
}

#[tokio::test]
async fn a_sign_in_that_has_aged_is_over() {
    let (lab, clock) = lab().await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let day = 24 * 60 * 60 * 1000;
    clock.advance(7 * day - 1);
    stays(&mut ada).await;
    clock.advance(1);
    let_go(&mut ada).await;
}

#[tokio::test]
async fn whoever_was_signed_out_before_hello_is_not_let_in() {
    let (lab, _clock) = lab().await;
    let mut ada = raw_agent(&lab.url(), "ada").await;
    let accounts = lab.node().accounts();
    accounts.set_password("ada", "another horse").await.unwrap();
    let hello = FromAgent::Hello {
        available: true,
        tickets: Vec::new(),
    };
    says(&mut ada, &hello).await;
    let_go(&mut ada).await;
}
