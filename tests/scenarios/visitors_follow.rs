//! A visitor follows an agent over the site: while that is granted, to pages of the site, and by
//! nothing that was not judged.

use isession_protocol::channel::{
    Blocked, Consent, EntryId, Glance, Grant, How, Landing, Permission, Point,
};
use isession_sdk::{Session, SessionEvent};
use isession_tests::{Lab, accept, session_event};

/// What comes first of these that the test waits for.
async fn next<T>(session: &mut Session, wanted: impl Fn(SessionEvent) -> Option<T>) -> T {
    loop {
        if let Some(found) = wanted(session_event(session).await) {
            return found;
        }
    }
}

async fn landing(agent: &mut Session, of: &EntryId) -> Landing {
    next(agent, |event| match event {
        SessionEvent::Landing { lead, landing } if lead == *of => Some(landing),
        _ => None,
    })
    .await
}

async fn blocked(agent: &mut Session, url: &str) -> Blocked {
    let guide = agent.guide(url).await.unwrap();
    match landing(agent, &guide).await {
        Landing::Blocked { why } => why,
        other => panic!("{url} was {other:?}"),
    }
}

/// Both sides have the visitor's word.
async fn grant(visitor: &Session, agent: &mut Session, word: Grant) {
    visitor.grant(Permission::Follow, word).await.unwrap();
    let heard = next(agent, |event| match event {
        SessionEvent::Grant { permission, grant } => Some((permission, grant)),
        _ => None,
    });
    assert_eq!(heard.await, (Permission::Follow, word));
}

#[tokio::test]
async fn a_visitor_goes_along_until_either_stops_it() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    let lamps = "https://shop.example/lamps".to_owned();

    assert_eq!(blocked(&mut agents, &lamps).await, Blocked::NotPermitted);
    agents.ask(Permission::Follow).await.unwrap();
    next(&mut visitors, |event| match event {
        SessionEvent::Ask(Permission::Follow) => Some(()),
        SessionEvent::Guide(guide) => panic!("it was not granted: {guide:?}"),
        _ => None,
    })
    .await;
    grant(&visitors, &mut agents, Grant::Granted).await;

    let told = "https://shop.example/lamps?token=secret#here";
    let guide = agents.guide(told).await.unwrap();
    let request = next(&mut visitors, |event| match event {
        SessionEvent::Guide(request) => Some(request),
        _ => None,
    })
    .await;
    assert_eq!(request.url().as_str(), lamps);
    request.landed().await.unwrap();
    let how = How::Program;
    assert_eq!(landing(&mut agents, &guide).await, Landing::Landed { how });
    let (at, of) = (Point { x: 0, y: 7 }, Some(Point { x: 0, y: 70 }));
    // A glance may be lost.
    let scrolled = loop {
        agents
            .glance(Glance::Scroll { n: 1, at, of })
            .await
            .unwrap();
        let event = session_event(&mut visitors).await;
        if let SessionEvent::Scroll { at, of } = event {
            break (at, of);
        }
    };
    assert_eq!(scrolled, (at, of));

    let why = blocked(&mut agents, "https://elsewhere.example/").await;
    assert_eq!(why, Blocked::NotAllowed);
    let why = blocked(&mut agents, "javascript:alert(1)").await;
    assert_eq!(why, Blocked::Scheme);
    for word in [Grant::Paused, Grant::Withdrawn] {
        grant(&visitors, &mut agents, word).await;
        assert_eq!(blocked(&mut agents, &lamps).await, Blocked::NotPermitted);
    }
    grant(&visitors, &mut agents, Grant::Granted).await;
    visitors.consent(Consent::Stop).await.unwrap();
    next(&mut agents, |event| match event {
        SessionEvent::Grant { permission, grant } => {
            assert_eq!((permission, grant), (Permission::Follow, Grant::Withdrawn));
            Some(())
        }
        _ => None,
    })
    .await;
    visitors.consent(Consent::Ask).await.unwrap();
    assert_eq!(blocked(&mut agents, &lamps).await, Blocked::NotPermitted);
    grant(&visitors, &mut agents, Grant::Granted).await;
    agents.release(Permission::Follow).await.unwrap();
    next(&mut agents, |event| match event {
        SessionEvent::Grant { grant, .. } => {
            assert_eq!(grant, Grant::Withdrawn);
            Some(())
        }
        _ => None,
    })
    .await;
    assert_eq!(blocked(&mut agents, &lamps).await, Blocked::NotPermitted);
    next(&mut visitors, |event| match event {
        SessionEvent::Release(Permission::Follow) => Some(()),
        _ => None,
    })
    .await;
}
