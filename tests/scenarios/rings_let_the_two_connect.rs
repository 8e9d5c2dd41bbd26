//! While it rings, each agent rung has a link of its own to the visitor, with credentials for
//! the time of the ring. The accept makes one of them the session's, and closes the others.
//! Programs connect by them, and nothing is heard before the accept.

use std::sync::Arc;

use isession_node::{Preconnect as Policy, SiteChange, SystemClock};
use isession_protocol::ErrorCode;
use isession_protocol::bounded::{Bounded, CandidateLine};
use isession_protocol::ids::{Epoch, LinkId, SessionId, VisitorId};
use isession_protocol::signaling::{
    FromAgent, FromVisitor, LeadPolicy, MediaId, PagePolicy, Path, Preconnect, Signal, ToAgent,
    ToVisitor,
};
use isession_sdk::session::{Begin, Link, LinkInput, LinkOutput, SessionConfig};
use isession_sdk::{AgentEvent, Role, RootCertificates, Session, SessionEvent};
use isession_tests::{
    Lab, Ws, accept, agent_event, agent_there, agents_session, hears, opens, opens_by, says,
    session_event, site, told, visitor_there, visitors_session,
};

async fn rings(agent: &mut Ws) -> (VisitorId, Option<Preconnect>) {
    told(agent, |frame| match frame {
        ToAgent::Ring {
            visitor,
            preconnect,
            ..
        } => Some((visitor, preconnect)),
        _ => None,
    })
    .await
}

async fn visitors_ring(visitor: &mut Ws) -> Preconnect {
    told(visitor, |frame| match frame {
        ToVisitor::Ring(preconnect) => Some(preconnect),
        _ => None,
    })
    .await
}

async fn refused(visitor: &mut Ws) -> ErrorCode {
    told(visitor, |frame| match frame {
        ToVisitor::Error(error) => Some(error.code),
        _ => None,
    })
    .await
}

async fn ice_expires(visitor: &mut Ws, link: LinkId) -> u64 {
    says(visitor, &FromVisitor::Ice { link }).await;
    let ice = told(visitor, |frame| match frame {
        ToVisitor::Ice { ice, .. } => Some(ice),
        _ => None,
    })
    .await;
    expires(&ice.last().unwrap().username.clone().unwrap())
}

/// Credentials name the second in which they expire.
fn expires(username: &str) -> u64 {
    username.split_once(':').unwrap().0.parse().unwrap()
}

fn ready() -> Signal {
    Signal::Ready {
        epoch: Epoch::from(uuid::Uuid::from_u128(7)),
    }
}

#[tokio::test]
async fn signals_pass_while_it_rings_and_the_accepts_link_becomes_the_sessions() {
    let lab = Lab::start().await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let mut ben = agent_there(&lab.url(), "ben").await;
    let mut visitor = visitor_there(&lab.url()).await;
    let (who, to_ada) = rings(&mut ada).await;
    let (_, to_ben) = rings(&mut ben).await;
    let (to_ada, to_ben) = (to_ada.unwrap(), to_ben.unwrap());
    let mut links = [
        visitors_ring(&mut visitor).await,
        visitors_ring(&mut visitor).await,
    ];
    links.sort_by_key(|ring| ring.link != to_ada.link);
    assert_eq!(links[1].link, to_ben.link);
    assert_ne!(to_ada.link, to_ben.link);
    assert!(links.iter().all(|ring| ring.relay_only));

    let link = to_ada.link;
    let signal = ready();
    says(&mut ada, &FromAgent::Signal { link, signal }).await;
    let came = told(&mut visitor, |frame| match frame {
        ToVisitor::Signal { link, signal } => Some((link, signal)),
        _ => None,
    });
    assert_eq!(came.await, (to_ada.link, ready()));

    // What goes by a ring is no session's path, and its credentials are short-lived.
    let path = Path::Direct;
    says(&mut visitor, &FromVisitor::Path { link, path }).await;
    assert_eq!(refused(&mut visitor).await, ErrorCode::NotFound);
    let ringing = ice_expires(&mut visitor, link).await;

    says(&mut ada, &FromAgent::Accept { visitor: who }).await;
    let ended = told(&mut visitor, |frame| match frame {
        ToVisitor::RingEnded { link } => Some(link),
        _ => None,
    });
    assert_eq!(ended.await, to_ben.link);
    let accepted = told(&mut visitor, |frame| match frame {
        ToVisitor::Accepted { link, .. } => Some(link),
        _ => None,
    });
    assert_eq!(accepted.await, to_ada.link);
    let accepted = told(&mut ada, |frame| match frame {
        ToAgent::Accepted { link, .. } => Some(link),
        _ => None,
    });
    assert_eq!(accepted.await, to_ada.link);
    assert!(ice_expires(&mut visitor, link).await > ringing + 600);

    let link = to_ben.link;
    let signal = ready();
    says(&mut visitor, &FromVisitor::Signal { link, signal }).await;
    assert_eq!(refused(&mut visitor).await, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_ring_is_nobody_elses() {
    let lab = Lab::start().await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let mut asks = visitor_there(&lab.url()).await;
    let link = visitors_ring(&mut asks).await.link;
    rings(&mut ada).await;
    let mut other = visitor_there(&lab.url()).await;
    let signal = ready();
    says(&mut other, &FromVisitor::Signal { link, signal }).await;
    assert_eq!(refused(&mut other).await, ErrorCode::NotYours);
}

/// A site with this policy.
async fn lab_where(policy: Policy) -> Lab {
    let lab = Lab::start().await;
    let change = SiteChange {
        preconnect: Some(policy),
        ..SiteChange::default()
    };
    let accounts = lab.node().accounts();
    accounts.change_site(&site(), change).await.unwrap();
    lab
}

#[tokio::test]
async fn a_site_may_allow_direct_paths_or_none() {
    for (policy, offer_only) in [(Policy::Direct, false), (Policy::Off, true)] {
        let lab = lab_where(policy).await;
        let mut ada = agent_there(&lab.url(), "ada").await;
        let _visitor = visitor_there(&lab.url()).await;
        let preconnect = rings(&mut ada).await.1.unwrap();
        assert!(!preconnect.relay_only);
        assert_eq!(preconnect.offer_only, offer_only);
        assert_eq!(preconnect.ice.is_empty(), offer_only);
    }
}

#[tokio::test]
async fn where_nothing_may_connect_nobody_has_credentials_before_the_accept() {
    let lab = lab_where(Policy::Off).await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let mut visitor = visitor_there(&lab.url()).await;
    let (who, _) = rings(&mut ada).await;
    let Preconnect { link, ice, .. } = visitors_ring(&mut visitor).await;
    assert_eq!(ice, []);
    // Not if asked either.
    says(&mut visitor, &FromVisitor::Ice { link }).await;
    let ice = told(&mut visitor, |frame| match frame {
        ToVisitor::Ice { ice, .. } => Some(ice),
        _ => None,
    });
    assert_eq!(ice.await, []);
    says(&mut ada, &FromAgent::Ice { link }).await;
    let ice = told(&mut ada, |frame| match frame {
        ToAgent::Ice { ice, .. } => Some(ice),
        _ => None,
    });
    assert_eq!(ice.await, []);
    says(&mut ada, &FromAgent::Accept { visitor: who }).await;
    let accepted = told(&mut visitor, |frame| match frame {
        ToVisitor::Accepted { link, ice, .. } => Some((link, ice)),
        _ => None,
    });
    let (accepted, ice) = accepted.await;
    assert_eq!(accepted, link);
    assert!(ice.iter().any(|server| server.credential.is_some()));
    ice_expires(&mut visitor, link).await;
}

#[tokio::test]
async fn where_nothing_may_connect_a_programs_offer_names_no_address() {
    let lab = lab_where(Policy::Off).await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let _visitor = lab.visitor().await;
    let (who, preconnect) = rings(&mut ada).await;
    let link = preconnect.unwrap().link;
    let signal = ready();
    says(&mut ada, &FromAgent::Signal { link, signal }).await;
    // The first signal is the offer; candidates come after the accept, and never before.
    let signal = async |ada: &mut Ws| {
        told(ada, |frame| match frame {
            ToAgent::Signal { signal, .. } => Some(Some(signal)),
            ToAgent::Accepted { .. } => Some(None),
            _ => None,
        })
        .await
    };
    let Some(Signal::Description { sdp, .. }) = signal(&mut ada).await else {
        panic!("there is an offer before the accept");
    };
    let sdp = sdp.as_str();
    assert!(!sdp.contains("a=candidate"), "{sdp}");
    let places = sdp.lines().filter(|line| line.starts_with("c="));
    assert!(places.eq(["c=IN IP4 0.0.0.0"]), "{sdp}");
    says(&mut ada, &FromAgent::Accept { visitor: who }).await;
    assert_eq!(signal(&mut ada).await, None);
    let candidate = signal(&mut ada).await;
    assert!(matches!(candidate, Some(Signal::Candidate { .. })));
}

#[tokio::test]
async fn where_nothing_may_connect_programs_connect_with_the_accept() {
    let lab = lab_where(Policy::Off).await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    agents.say("hello").await.unwrap();
    assert_eq!(opens(&mut agents).await, Path::Direct);
    assert_eq!(opens(&mut visitors).await, Path::Direct);
    assert_eq!(hears(&mut visitors).await, "hello");
}

#[tokio::test]
async fn without_a_relay_only_direct_paths_could_be_tried_and_are_not() {
    let lab = Lab::with(|config| config.turn.enabled = false, Arc::new(SystemClock)).await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let _visitor = visitor_there(&lab.url()).await;
    assert!(rings(&mut ada).await.1.unwrap().offer_only);
}

#[tokio::test]
async fn a_visitor_connects_to_three_who_are_rung_and_no_more() {
    let many = |config: &mut isession_node::Config| config.queue.ring_agents = 9;
    let lab = Lab::with(many, Arc::new(SystemClock)).await;
    let mut visitor = visitor_there(&lab.url()).await;
    let mut agents = Vec::new();
    for login in ["cleo", "dora"] {
        lab.add_agent(login).await;
    }
    for login in ["ada", "ben", "cleo", "dora"] {
        let mut agent = agent_there(&lab.url(), login).await;
        let (who, preconnect) = rings(&mut agent).await;
        agents.push((agent, who, preconnect.map(|ring| ring.link)));
    }
    let links: Vec<_> = agents.iter().map(|(_, _, link)| *link).collect();
    assert!(links[..3].iter().all(Option::is_some), "{links:?}");
    assert_eq!(links[3], None);
    for link in &links[..3] {
        assert_eq!(Some(visitors_ring(&mut visitor).await.link), *link);
    }

    // One who declines makes room for the next.
    let (ada, who, link) = &mut agents[0];
    says(ada, &FromAgent::Decline { visitor: *who }).await;
    let ended = told(&mut visitor, |frame| match frame {
        ToVisitor::RingEnded { link } => Some(link),
        _ => None,
    });
    assert_eq!(Some(ended.await), *link);
    lab.add_agent("eve").await;
    let mut eve = agent_there(&lab.url(), "eve").await;
    let (_, preconnect) = rings(&mut eve).await;
    assert_eq!(
        visitors_ring(&mut visitor).await.link,
        preconnect.unwrap().link
    );

    // The fourth has no connection yet, and wins like any other.
    let (dora, who, _) = &mut agents[3];
    says(dora, &FromAgent::Accept { visitor: *who }).await;
    let accepted = told(dora, |frame| match frame {
        ToAgent::Accepted { link, .. } => Some(link),
        _ => None,
    });
    let accepted = accepted.await;
    let introduced = told(&mut visitor, |frame| match frame {
        ToVisitor::Accepted { link, .. } => Some(link),
        _ => None,
    });
    assert_eq!(introduced.await, accepted);
}

/// One side of a session that begins while it rings, on this machine.
fn ringing(role: Role) -> (Session, Link) {
    let config = SessionConfig {
        role,
        ice: Vec::new(),
        relay_only: false,
        bind: vec![([127, 0, 0, 1], 0).into()],
        root_certificates: RootCertificates::default(),
        lead_policy: LeadPolicy::default(),
        page: PagePolicy::default(),
        begin: Begin::Ring {
            relay_only: false,
            offer_only: false,
        },
    };
    let (session, link) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    Session::new(SessionId::new(session), LinkId::new(link), config)
}

/// Brings signals across until the agent's side knows which way its channel goes.
async fn until_connected(agents: &mut Link, visitors: &mut Link) -> Path {
    loop {
        let (output, to) = tokio::select! {
            output = agents.outputs.recv() => (output.unwrap(), &visitors.inputs),
            output = visitors.outputs.recv() => (output.unwrap(), &agents.inputs),
        };
        match output {
            LinkOutput::Signal(signal) => to.send(LinkInput::Signal(signal)).await.unwrap(),
            LinkOutput::Path(path) => return path,
            other => panic!("while it rings: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_connected_while_it_rang_needs_no_signal_after_the_accept() {
    let (mut agents, mut agents_link) = ringing(Role::Agent);
    let (mut visitors, mut visitors_link) = ringing(Role::Visitor);
    agents_link.inputs.send(LinkInput::Answer).await.unwrap();
    let path = until_connected(&mut agents_link, &mut visitors_link).await;
    assert_eq!(path, Path::Direct);
    // The node's words, and not one signal more.
    for link in [&agents_link, &visitors_link] {
        let word = LinkInput::Accepted(Vec::new());
        link.inputs.send(word).await.unwrap();
    }
    assert_eq!(opens(&mut agents).await, Path::Direct);
    assert_eq!(opens(&mut visitors).await, Path::Direct);
    agents.say("at once").await.unwrap();
    assert_eq!(hears(&mut visitors).await, "at once");
    visitors.say("likewise").await.unwrap();
    assert_eq!(hears(&mut agents).await, "likewise");
}

#[tokio::test]
async fn programs_connect_by_the_relay_and_find_a_direct_path_after_the_accept() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let who = isession_tests::rings(&mut agent).await;
    // Something went from one to the other, and it went by the relay.
    lab.until_metric("isession_turn_bytes_to_peers_total", |bytes| bytes > 2000.0)
        .await;
    agent.accept(who).await.unwrap();
    let (_, mut agents) = agents_session(&mut agent).await;
    let mut visitors = visitors_session(&mut visitor).await;
    agents.say("hello").await.unwrap();
    visitors.say("good day").await.unwrap();
    agents.say("and again").await.unwrap();
    visitors.say("likewise").await.unwrap();
    assert_eq!(goes_direct(&mut visitors).await, ["hello", "and again"]);
    assert_eq!(goes_direct(&mut agents).await, ["good day", "likewise"]);
}

/// Waits until the channel is direct and two things were heard, by whichever path.
async fn goes_direct(session: &mut Session) -> Vec<String> {
    let mut heard = Vec::new();
    let mut direct = false;
    while !direct || heard.len() < 2 {
        match session_event(session).await {
            SessionEvent::Open { path } => direct = path == Path::Direct,
            SessionEvent::Message { text, .. } => heard.push(text),
            _ => {}
        }
    }
    heard
}

#[tokio::test]
async fn an_accept_at_once_loses_nothing_and_goes_direct() {
    let lab = Lab::start().await;
    let mut visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    agents.say("hello").await.unwrap();
    opens_by(&mut agents, Path::Direct).await;
    opens_by(&mut visitors, Path::Direct).await;
    assert_eq!(hears(&mut visitors).await, "hello");
}

#[tokio::test]
async fn a_declined_ring_leaves_no_connection_behind() {
    let lab = Lab::start().await;
    let _visitor = lab.visitor().await;
    let mut agent = lab.agent("ada").await;
    let who = isession_tests::rings(&mut agent).await;
    let live = &isession_tests::live("udp");
    lab.until_metric(live, |count| count >= 2.0).await;
    agent.decline(who).await.unwrap();
    while !matches!(agent_event(&mut agent).await, AgentEvent::RingEnded { .. }) {}
    lab.until_metric(live, |count| count == 0.0).await;
}

#[tokio::test]
async fn a_program_names_no_address_but_its_relays_before_the_accept() {
    let lab = Lab::start().await;
    let mut ada = agent_there(&lab.url(), "ada").await;
    let _visitor = lab.visitor().await;
    let link = rings(&mut ada).await.1.unwrap().link;
    let signal = ready();
    says(&mut ada, &FromAgent::Signal { link, signal }).await;
    let mut relays = 0;
    loop {
        let text = told(&mut ada, |frame| match frame {
            ToAgent::Signal { signal, .. } => match signal {
                Signal::Description { sdp, .. } => Some(String::from(sdp)),
                Signal::Candidate { candidate, .. } => Some(String::from(candidate)),
                _ => None,
            },
            _ => None,
        })
        .await;
        if text.is_empty() {
            break;
        }
        for line in text.lines().filter(|line| line.contains("candidate:")) {
            assert!(line.contains(" typ relay raddr 0.0.0.0 rport 0"), "{line}");
            relays += 1;
        }
    }
    assert!(relays > 0);
}

#[tokio::test]
async fn a_candidate_that_is_none_costs_nothing() {
    let (mut agents, mut agents_link) = ringing(Role::Agent);
    let (visitors, mut visitors_link) = ringing(Role::Visitor);
    agents_link.inputs.send(LinkInput::Answer).await.unwrap();
    let mut broken = false;
    loop {
        let (output, to) = tokio::select! {
            output = agents_link.outputs.recv() => (output.unwrap(), &visitors_link.inputs),
            output = visitors_link.outputs.recv() => (output.unwrap(), &agents_link.inputs),
        };
        match output {
            LinkOutput::Path(_) => break,
            LinkOutput::Signal(signal) => {
                if let Signal::Description {
                    epoch, to: mine, ..
                } = &signal
                    && mine.is_some()
                {
                    // Before the answer that it belongs to.
                    let none = Signal::Candidate {
                        candidate: CandidateLine::truncated("candidate:broken"),
                        mid: MediaId(Bounded::truncated("0")),
                        epoch: epoch.clone(),
                        to: mine.clone(),
                    };
                    to.send(LinkInput::Signal(none)).await.unwrap();
                    broken = true;
                }
                to.send(LinkInput::Signal(signal)).await.unwrap();
            }
            other => panic!("while it rings: {other:?}"),
        }
    }
    assert!(broken);
    for link in [&agents_link, &visitors_link] {
        let word = LinkInput::Accepted(Vec::new());
        link.inputs.send(word).await.unwrap();
    }
    visitors.say("connected").await.unwrap();
    assert_eq!(hears(&mut agents).await, "connected");
}
