//! One side of a session, for `tests/chaos`:
//!
//!     chaos_peer visitor NODE SITE
//!     chaos_peer agent NODE LOGIN PASSWORD
//!
//! Each line of input is said; the end of input ends the session. What happens is told in lines of
//! output. `glance` and `bulk` are kept busy meanwhile, and counted.

#![allow(clippy::print_stdout, reason = "its output is the point")]

use std::collections::HashMap;
use std::time::Duration;

use isession_sdk::{
    Agent, AgentEvent, AgentOptions, SdkError, Session, SessionEvent, Visitor, VisitorEvent,
    VisitorOptions,
};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

const USAGE: &str = "chaos_peer visitor NODE SITE | chaos_peer agent NODE LOGIN PASSWORD";
const TICK: Duration = Duration::from_millis(200);
const BULK: usize = 2048;

type Error = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["visitor", node, site] => {
            let options = VisitorOptions::new(node.parse()?, site.parse()?);
            let mut visitor = Visitor::join(options).await?;
            while let Some(event) = visitor.next_event().await {
                if let VisitorEvent::Accepted { session, .. } = event {
                    talk(session).await?;
                }
            }
        }
        ["agent", node, login, password] => {
            let options = AgentOptions {
                available: true,
                ..AgentOptions::new(node.parse()?, login, password)
            };
            let mut agent = Agent::sign_in(options).await?;
            while let Some(event) = agent.next_event().await {
                match event {
                    AgentEvent::Ring { visitor, .. } => agent.accept(visitor).await?,
                    AgentEvent::Accepted { session, .. } => talk(session).await?,
                    _ => {}
                }
            }
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

/// What came and went since it was last told.
#[derive(Debug, Default, Serialize)]
struct Counts {
    glance: u32,
    bulk_sent: u32,
    bulk: u32,
    bulk_lost: u32,
    bulk_doubled: u32,
}

/// The frames of `bulk`: a token for each life of the connection, and a number.
#[derive(Debug, Default)]
struct Bulk {
    token: Option<u32>,
    sent: u32,
    heard: HashMap<u32, u32>,
}

impl Bulk {
    fn frame(&mut self, token: u32) -> Vec<u8> {
        self.sent += 1;
        let mut frame = vec![0; BULK];
        frame[..4].copy_from_slice(&token.to_be_bytes());
        frame[4..8].copy_from_slice(&self.sent.to_be_bytes());
        frame
    }

    fn hear(&mut self, frame: &[u8], counts: &mut Counts) {
        let word = |at: usize| {
            frame
                .get(at..at + 4)
                .and_then(|bytes| bytes.try_into().ok())
                .map(u32::from_be_bytes)
        };
        let (Some(token), Some(number)) = (word(0), word(4)) else {
            return;
        };
        // What was sent before this end was open is no loss.
        let last = self
            .heard
            .entry(token)
            .or_insert_with(|| number.saturating_sub(1));
        counts.bulk += 1;
        counts.bulk_lost += number.saturating_sub(*last + 1);
        counts.bulk_doubled += u32::from(number <= *last);
        *last = number.max(*last);
    }
}

async fn talk(mut session: Session) -> Result<(), Error> {
    println!("accepted");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let sender = session.bulk();
    let mut receiver = session.take_bulk().ok_or("bulk is taken")?;
    let (mut bulk, mut counts) = (Bulk::default(), Counts::default());
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            event = session.next_event() => match event {
                Some(SessionEvent::Open { path }) => {
                    println!("open {path:?}");
                    bulk.token = Some(Uuid::new_v4().as_fields().0);
                    bulk.sent = 0;
                }
                Some(SessionEvent::Reconnecting) => {
                    println!("reconnecting");
                    bulk.token = None;
                }
                Some(SessionEvent::Message { text, .. }) => println!("heard {text}"),
                Some(SessionEvent::Typing(_)) => counts.glance += 1,
                Some(SessionEvent::Ended(reason)) => println!("ended {reason:?}"),
                Some(_) => {}
                None => return Ok(()),
            },
            line = lines.next_line() => match line? {
                Some(line) => {
                    session.typing(true).await?;
                    session.say(&line).await?;
                    println!("said {line}");
                }
                None => {
                    session.end().await;
                    println!("ended by this side");
                    return Ok(());
                }
            },
            frame = receiver.next() => match frame {
                Ok(frame) => bulk.hear(&frame, &mut counts),
                Err(SdkError::BulkLost { messages }) => {
                    counts.bulk_lost += u32::try_from(messages)?;
                }
                Err(_) => {}
            },
            _ = ticks.tick() => {
                if let Some(token) = bulk.token
                    && sender.send(&bulk.frame(token)).await.is_ok()
                {
                    counts.bulk_sent += 1;
                }
                println!("counts {}", serde_json::to_string(&counts)?);
                counts = Counts::default();
            }
        }
    }
}
