//! A visitor waits, an agent accepts, they talk directly, and the agent leads.

use isession_protocol::channel::{
    Blocked, Consent, Failed, Grant, How, Landing, Permission, Travel,
};
use isession_protocol::ids::Epoch;
use isession_protocol::signaling::{EndReason, Path};
use isession_sdk::{SessionEvent, VisitorEvent};
use isession_tests::{Lab, accept, hears, opens_by, place, session_event, visitor_event};

#[tokio::test]
async fn from_the_queue_to_a_landing_and_goodbye() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    assert!(!place(&mut visitor).await.available, "nobody is there yet");
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    visitors
        .say("written before the channel opened")
        .await
        .unwrap();
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    assert_eq!(
        hears(&mut agents).await,
        "written before the channel opened"
    );
    agents.say("hello").await.unwrap();
    assert_eq!(hears(&mut visitors).await, "hello");

    let lead = agents.lead("https://example.com/help").await.unwrap();
    loop {
        if let SessionEvent::Lead(request) = session_event(&mut visitors).await {
            assert_eq!(request.url().as_str(), "https://example.com/help");
            request.landed().await.unwrap();
            break;
        }
    }
    let mut life = Vec::new();
    while life.len() < 2 {
        if let SessionEvent::Landing { lead: id, landing } = session_event(&mut agents).await {
            assert_eq!(id, lead);
            life.push(landing);
        }
    }
    assert_eq!(
        life,
        [Landing::Shown, Landing::Landed { how: How::Program }]
    );

    agents.end().await;
    loop {
        if let SessionEvent::Ended(reason) = session_event(&mut visitors).await {
            assert_eq!(reason, EndReason::ByAgent);
            break;
        }
    }
    loop {
        if let VisitorEvent::Ended(reason) = visitor_event(&mut visitor).await {
            assert_eq!(reason, EndReason::ByAgent);
            break;
        }
    }
}

#[tokio::test]
async fn hostile_and_stopped_leads_never_reach_the_program() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    agents.lead("https://192.168.0.1/").await.unwrap();
    assert_eq!(blocked(&mut agents).await, Blocked::PrivateAddress);
    visitors.consent(Consent::Stop).await.unwrap();
    agents.lead("https://example.com/").await.unwrap();
    assert_eq!(blocked(&mut agents).await, Blocked::Stopped);
    agents.say("the end").await.unwrap();
    loop {
        match session_event(&mut visitors).await {
            SessionEvent::Lead(request) => panic!("a lead got through: {}", request.url()),
            SessionEvent::Message { .. } => break,
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_is_asked_of_a_page_is_answered_where_there_is_none() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    agents.ask(Permission::View).await.unwrap();
    let view = Epoch::try_from("page".to_owned()).unwrap();
    let pointed = agents.highlight(view, 7).await.unwrap();
    let travel = agents.travel(Travel::Back).await.unwrap();
    let mut answers = Vec::new();
    while answers.len() < 3 {
        match session_event(&mut agents).await {
            SessionEvent::Grant { permission, grant } => {
                assert_eq!((permission, grant), (Permission::View, Grant::NoPage));
                answers.push("grant");
            }
            SessionEvent::Highlighted {
                highlight,
                found,
                label,
                why,
            } => {
                assert_eq!(
                    (highlight, found, label.as_str(), why),
                    (pointed.clone(), false, "", Some(Blocked::NotPermitted))
                );
                answers.push("highlighted");
            }
            SessionEvent::Landing { lead, landing } => {
                assert_eq!(lead, travel);
                let why = Failed::NoPage;
                assert_eq!(landing, Landing::Failed { why });
                answers.push("landing");
            }
            _ => {}
        }
    }
    assert_eq!(answers, ["grant", "highlighted", "landing"]);
}

#[tokio::test]
async fn bulk_carries_its_largest_message_beside_the_talk() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    let data: Vec<u8> = (0..256 * 1024 - 1).map(|n| (n % 251) as u8).collect();
    agents.bulk().send(&data).await.unwrap();
    let mut bulk = visitors.take_bulk().unwrap();
    assert!(bulk.next().await.is_ok_and(|received| received == data));
    let too_long = vec![0; 256 * 1024];
    assert!(agents.bulk().send(&too_long).await.is_err());
}

async fn blocked(agents: &mut isession_sdk::Session) -> Blocked {
    loop {
        if let SessionEvent::Landing {
            landing: Landing::Blocked { why },
            ..
        } = session_event(agents).await
        {
            return why;
        }
    }
}
