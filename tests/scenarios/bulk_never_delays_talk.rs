//! A flood in `bulk` holds up nothing but itself: what people say goes past it both ways.

use std::convert::Infallible;

use isession_protocol::limits;
use isession_protocol::signaling::Path;
use isession_sdk::{BulkReceiver, BulkSender, Session};
use isession_tests::{Lab, accept, hears, opens_by};

/// Things said each way while the flood goes on.
const WORDS: usize = 20;

async fn talking() -> (Lab, Session, Session) {
    let lab = Lab::start().await;
    let mut agent = lab.agent("ada").await;
    let mut visitor = lab.visitor().await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    (lab, agents, visitors)
}

async fn flood(bulk: BulkSender) -> Infallible {
    let message = vec![7; limits::CHANNEL_FRAME - 1];
    loop {
        bulk.send(&message).await.unwrap();
    }
}

async fn read(bulk: &mut BulkReceiver) -> Infallible {
    loop {
        bulk.next().await.unwrap();
    }
}

async fn talk(agents: &mut Session, visitors: &mut Session) {
    for n in 0..WORDS {
        let word = format!("word {n}");
        agents.say(&word).await.unwrap();
        assert_eq!(hears(visitors).await, word);
        visitors.say(&word).await.unwrap();
        assert_eq!(hears(agents).await, word);
    }
}

#[tokio::test]
async fn words_go_past_a_flood_that_is_read() {
    let (_lab, mut agents, mut visitors) = talking().await;
    let mut received = visitors.take_bulk().unwrap();
    tokio::select! {
        never = flood(agents.bulk()) => match never {},
        never = read(&mut received) => match never {},
        () = talk(&mut agents, &mut visitors) => {}
    }
}

#[tokio::test]
async fn words_go_past_a_flood_that_nobody_reads() {
    let (_lab, mut agents, mut visitors) = talking().await;
    tokio::select! {
        never = flood(agents.bulk()) => match never {},
        () = talk(&mut agents, &mut visitors) => {}
    }
}
