//! An agent that is a program: accepts everyone, says back what it hears, and leads by rules.
//!
//!     cargo run -p isession-sdk --example echo_agent -- http://localhost:8080 LOGIN PASSWORD \
//!         returns=https://shop.example/returns
//!
//! A message that contains the word of a rule leads to its address; `go ADDRESS` leads anywhere.
//! With `ask` among the rules it accepts whoever rings when a line of standard input says so.

use std::io::Write;

use isession_sdk::protocol::ids::VisitorId;
use isession_sdk::{Agent, AgentEvent, AgentOptions, SdkError, Session, SessionEvent};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::task::JoinSet;

const USAGE: &str = "echo_agent NODE LOGIN PASSWORD [ask] [WORD=ADDRESS ...]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or(USAGE);
    let options = AgentOptions {
        available: true,
        ..AgentOptions::new(next()?.parse()?, next()?, next()?)
    };
    let (asks, rules): (Vec<_>, Vec<_>) = arguments.partition(|rule| rule == "ask");
    let rules: Vec<(String, String)> = rules
        .iter()
        .map(|rule| {
            rule.split_once('=')
                .map(|(w, a)| (w.to_owned(), a.to_owned()))
                .ok_or(USAGE)
        })
        .collect::<Result<_, _>>()?;
    let mut agent = Agent::sign_in(options).await?;
    say(&format!("signed in as {}", agent.card().name.as_str()));
    let mut sessions = JoinSet::new();
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let mut ringing: Option<VisitorId> = None;
    loop {
        let event = tokio::select! {
            event = agent.next_event() => match event {
                Some(event) => event,
                None => return Ok(()),
            },
            Ok(Some(_)) = input.next_line(), if ringing.is_some() => {
                if let Some(visitor) = ringing.take() {
                    agent.accept(visitor).await?;
                }
                continue;
            }
        };
        match event {
            AgentEvent::Ring { visitor, .. } if asks.is_empty() => agent.accept(visitor).await?,
            AgentEvent::Ring { visitor, .. } => {
                say("somebody rings");
                ringing = Some(visitor);
            }
            AgentEvent::Accepted { session, .. } => {
                say("accepted");
                sessions.spawn(talk(session, rules.clone()));
            }
            AgentEvent::Closed(error) => return Err(error.message.as_str().into()),
            _ => {}
        }
    }
}

async fn talk(mut session: Session, rules: Vec<(String, String)>) -> Result<(), SdkError> {
    session
        .say("Hello, I am a program. Say something, or: go https://...")
        .await?;
    while let Some(event) = session.next_event().await {
        match event {
            SessionEvent::Open { path } => say(&format!("open {path:?}")),
            SessionEvent::Message { text, .. } => answer(&session, &text, &rules).await?,
            SessionEvent::Landing { landing, .. } => say(&format!("landing {landing:?}")),
            SessionEvent::Ended(reason) => say(&format!("ended {reason:?}")),
            _ => {}
        }
    }
    Ok(())
}

async fn answer(session: &Session, text: &str, rules: &[(String, String)]) -> Result<(), SdkError> {
    if let Some(address) = text.strip_prefix("go ") {
        session.lead(address.trim()).await?;
    } else if let Some((_, address)) = rules.iter().find(|(word, _)| text.contains(word)) {
        session.lead(address).await?;
    } else {
        session.say(&format!("You said: {text}")).await?;
    }
    Ok(())
}

/// Whoever reads our output may be gone.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
