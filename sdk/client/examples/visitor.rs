//! A visitor in a terminal.
//!
//!     cargo run -p isession-sdk --example visitor -- http://localhost:8080 SITE [NAME [FILE]]
//!
//! FILE holds authorities (PEM) that are trusted beside the web's.
//! Lines of standard input are said; `y` and `n` answer a lead; end of input ends the session.

use std::io::Write;

use isession_sdk::protocol::bounded::Name;
use isession_sdk::protocol::signaling::Details;
use isession_sdk::{
    LeadRequest, RootCertificates, Session, SessionEvent, Visitor, VisitorEvent, VisitorOptions,
};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

const USAGE: &str = "visitor NODE SITE [NAME [FILE]]";
type Error = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let node = arguments.next().ok_or(USAGE)?.parse()?;
    let site = arguments.next().ok_or(USAGE)?.parse()?;
    let details = Details {
        name: arguments.next().map(Name::new).transpose()?,
        ..Details::default()
    };
    let mut root_certificates = RootCertificates::default();
    if let Some(file) = arguments.next() {
        root_certificates = root_certificates.with(&std::fs::read(file)?)?;
    }
    let options = VisitorOptions {
        details,
        root_certificates,
        ..VisitorOptions::new(node, site)
    };
    let mut visitor = Visitor::join(options).await?;
    while let Some(event) = visitor.next_event().await {
        match event {
            VisitorEvent::Queue(place) => {
                let wait = place
                    .estimate
                    .map_or_else(|| "unknown".to_owned(), |s| format!("{s} s"));
                say(&format!(
                    "number {} of {}, wait {wait}",
                    place.position, place.waiting
                ));
            }
            VisitorEvent::Accepted { agent, session } => {
                say(&format!("talking with {}", agent.name.as_str()));
                return talk(session, BufReader::new(tokio::io::stdin()).lines()).await;
            }
            VisitorEvent::Ended(reason) => say(&format!("ended {reason:?}")),
            VisitorEvent::Closed(error) => return Err(error.message.as_str().into()),
            _ => {}
        }
    }
    Ok(())
}

async fn talk(mut session: Session, mut input: Lines<BufReader<Stdin>>) -> Result<(), Error> {
    let mut lead: Option<LeadRequest> = None;
    loop {
        tokio::select! {
            event = session.next_event() => match event {
                Some(SessionEvent::Open { path }) => say(&format!("open {path:?}")),
                Some(SessionEvent::Message { text, .. }) => say(&format!("agent: {text}")),
                Some(SessionEvent::Lead(request)) => {
                    say(&format!("go to {}? y/n", request.url()));
                    lead = Some(request);
                }
                Some(SessionEvent::Ended(reason)) => say(&format!("ended {reason:?}")),
                Some(_) => {}
                None => return Ok(()),
            },
            line = input.next_line() => match (line?, lead.take()) {
                (Some(line), Some(request)) if line == "y" => {
                    say(&format!("went to {}", request.url()));
                    request.landed().await?;
                }
                (Some(line), Some(request)) if line == "n" => request.declined().await?,
                (Some(line), open) => {
                    lead = open;
                    session.say(&line).await?;
                }
                (None, _) => {
                    session.end().await;
                    return Ok(());
                }
            },
        }
    }
}

/// Whoever reads our output may be gone.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
