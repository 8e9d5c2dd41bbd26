//! A program that writes much, and reads late, is held up by nothing and hears all.

use isession_protocol::channel::{Grant, Permission};
use isession_protocol::signaling::Path;
use isession_sdk::SessionEvent;
use isession_tests::{Lab, accept, opens_by, session_event};

/// More than a session keeps for a program that does not read.
const TIMES: usize = 600;

#[tokio::test]
async fn what_was_asked_before_the_program_reads_is_answered() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    for _ in 0..TIMES {
        agents.ask(Permission::View).await.unwrap();
    }
    let mut answers = 0;
    while answers < TIMES {
        if let SessionEvent::Grant { grant, .. } = session_event(&mut agents).await {
            assert_eq!(grant, Grant::NoPage);
            answers += 1;
        }
    }
}
