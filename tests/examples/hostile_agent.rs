//! An agent that asks for nothing and does everything: what a visitor has not permitted must have
//! no effect. Driven by `tests/browser/scenarios/hostile_agents_do_nothing.test.mjs`:
//!
//!     hostile_agent NODE LOGIN PASSWORD
//!
//! It accepts everyone. Each line of input begins something: `act` points, clicks, draws,
//! highlights, scrolls, guides and sends messages of mirrors; `guide ADDRESS` guides there and `flood ORIGIN`
//! fifty times to two of its pages; `scroll` scrolls; `travel` moves in the page's history; `ask`
//! asks for all permissions, `nag` many times, and `follow` for one; `pester` asks for that and takes it
//! back, many times; any other text is said. What the visitor's side answers is printed.

#![allow(
    clippy::print_stdout,
    reason = "whoever runs it reads what was answered"
)]

use std::error::Error;
use std::io::Write;

use isession_sdk::protocol::channel::{Glance, InkPoints, Permission, Point, Travel};
use isession_sdk::protocol::ids::Epoch;
use isession_sdk::{Agent, AgentEvent, AgentOptions, Session, SessionEvent};
use tokio::io::{AsyncBufReadExt, BufReader};

const USAGE: &str = "hostile_agent NODE LOGIN PASSWORD";
/// How often each thing is tried.
const TIMES: u32 = 50;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or(USAGE);
    let options = AgentOptions {
        available: true,
        ..AgentOptions::new(next()?.parse()?, next()?, next()?)
    };
    let mut agent = Agent::sign_in(options).await?;
    say("signed in");
    loop {
        match agent.next_event().await {
            Some(AgentEvent::Ring { visitor, .. }) => agent.accept(visitor).await?,
            Some(AgentEvent::Accepted { session, .. }) => return talk(session).await,
            Some(_) => {}
            None => return Ok(()),
        }
    }
}

async fn talk(mut session: Session) -> Result<(), Box<dyn Error>> {
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            line = input.next_line() => match line?.as_deref() {
                None => return Ok(()),
                Some("act") => act(&mut session).await?,
                Some("ask") => ask(&session).await?,
                Some("nag") => nag(&session).await?,
                Some("pester") => pester(&session).await?,
                Some("travel") => travel(&session).await?,
                Some("follow") => { session.ask(Permission::Follow).await?; }
                Some("scroll") => scroll(&session).await?,
                Some(line) if let Some(url) = line.strip_prefix("guide ") => {
                    session.guide(url).await?;
                }
                Some(line) if let Some(url) = line.strip_prefix("flood ") => {
                    flood(&session, url).await?;
                }
                Some(text) => { session.say(text).await?; }
            },
            event = session.next_event() => match event {
                Some(SessionEvent::Open { .. }) => say("open"),
                Some(SessionEvent::Message { text, .. }) => say(&format!("heard {text}")),
                Some(SessionEvent::Grant { permission, grant }) => {
                    say(&format!("{permission:?} {grant:?}"));
                }
                Some(SessionEvent::Highlighted { found, label, why, .. }) => {
                    say(&format!("highlighted {found} [{label}] {why:?}"));
                }
                Some(SessionEvent::Landing { landing, .. }) => say(&format!("{landing:?}")),
                Some(_) => {}
                None => return Ok(()),
            },
        }
    }
}

async fn act(session: &mut Session) -> Result<(), Box<dyn Error>> {
    let view = Epoch::try_from("guessed".to_owned())?;
    for n in 1..=TIMES {
        let step = i32::try_from(n)?;
        let at = Point {
            x: 10 * step,
            y: 10 * step,
        };
        session.glance(Glance::Pointer { n, at: Some(at) }).await?;
        let of = Some(Point { x: 0, y: 500 });
        session.glance(Glance::Scroll { n, at, of }).await?;
        session.glance(Glance::Click { at }).await?;
        let points = InkPoints(vec![at, Point { x: 0, y: 0 }]);
        let ink = Glance::Ink {
            stroke: n,
            from: 0,
            points,
        };
        session.glance(ink).await?;
        session.highlight(view.clone(), n).await?;
        session
            .guide(&format!("https://elsewhere.example/{n}"))
            .await?;
    }
    if let Some(mirror) = session.take_mirror() {
        for _ in 0..TIMES {
            mirror.begin_anew().await?;
        }
    }
    session.say("acted").await?;
    Ok(())
}

/// Where it would be seen: half the way down, and back up.
async fn scroll(session: &Session) -> Result<(), Box<dyn Error>> {
    for n in 1..=TIMES {
        let y = i32::try_from(n % 2)? * 500;
        let (at, of) = (Point { x: 0, y }, Some(Point { x: 0, y: 1000 }));
        session.glance(Glance::Scroll { n, at, of }).await?;
    }
    session.say("scrolled").await?;
    Ok(())
}

async fn flood(session: &Session, url: &str) -> Result<(), Box<dyn Error>> {
    for n in 1..=TIMES {
        let page = if n % 2 == 0 { "cart" } else { "locked" };
        session.guide(&format!("{url}/{page}?{n}")).await?;
    }
    session.say("flooded").await?;
    Ok(())
}

async fn travel(session: &Session) -> Result<(), Box<dyn Error>> {
    for travel in [Travel::Reload, Travel::Back, Travel::Forward] {
        session.travel(travel).await?;
    }
    session.say("travelled").await?;
    Ok(())
}

async fn ask(session: &Session) -> Result<(), Box<dyn Error>> {
    for permission in [Permission::Follow, Permission::Point, Permission::View] {
        session.ask(permission).await?;
    }
    Ok(())
}

async fn nag(session: &Session) -> Result<(), Box<dyn Error>> {
    for _ in 0..TIMES {
        ask(session).await?;
    }
    session.say("nagged").await?;
    Ok(())
}

/// A question that opens and closes takes the focus each time, and silence would never be a no.
async fn pester(session: &Session) -> Result<(), Box<dyn Error>> {
    for _ in 0..TIMES {
        session.ask(Permission::Follow).await?;
        session.release(Permission::Follow).await?;
    }
    session.say("pestered").await?;
    Ok(())
}

fn say(line: &str) {
    println!("{line}");
    let _ = std::io::stdout().flush();
}
