//! Sessions do not need the node: lost connections end nothing, and tickets rebuild them.

use isession_protocol::signaling::{Details, EndReason};
use isession_switchboard::{
    Effect, Input, Outcome, Policy, Presence, SessionClaim, Side, Spent, Switchboard,
};

use crate::driver::{Driver, place, session, site, visitor};

fn talking() -> (Driver, SessionClaim) {
    let mut driver = Driver::new(Policy::default());
    driver.agent(1);
    driver.join(7);
    let effects = driver.accept(1, 7);
    let claim = session(&effects).unwrap().clone();
    (driver, claim)
}

fn resumed(effects: &[Effect], wanted: Side) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::Session { side: Some(side), .. } if *side == wanted))
}

#[test]
fn either_side_comes_back_to_the_session() {
    let (mut driver, _) = talking();
    driver.lose(7);
    driver.presence(1, Presence::Lost);
    assert!(resumed(&driver.agent(1), Side::Agent));
    assert!(resumed(&driver.join(7), Side::Visitor));
}

#[test]
fn a_session_of_before_a_restart_is_rebuilt_from_either_ticket() {
    let (_, claim) = talking();
    let mut driver = Driver::new(Policy::default());
    assert!(resumed(
        &driver.agent_with(1, 3, vec![claim.clone()]),
        Side::Agent
    ));
    let back = driver.input(Input::VisitorJoined {
        visitor: visitor(7),
        site: site(),
        details: Details::default(),
        since: None,
        session: Some(Box::new(claim.clone())),
    });
    assert!(resumed(&back, Side::Visitor));
    assert_eq!(driver.switchboard.counts().sessions, 1);
}

/// A visitor comes with the ticket of a session.
fn claims(driver: &mut Driver, claim: &SessionClaim) -> Vec<Effect> {
    driver.input(Input::VisitorJoined {
        visitor: claim.visitor,
        site: site(),
        details: Details::default(),
        since: Some(claim.started),
        session: Some(Box::new(claim.clone())),
    })
}

#[test]
fn a_session_that_ended_before_a_restart_is_over_and_a_later_one_is_not() {
    let (mut driver, first) = talking();
    driver.end(first.session, Side::Agent);
    let ended = driver.now;
    driver.pass(1000);
    driver.join(7);
    let second = session(&driver.accept(1, 7)).unwrap().clone();

    let spent = Spent {
        served: Some(EndReason::ByAgent),
        ended,
    };
    let visits = [(visitor(7), spent)];
    let mut again = Driver::new(Policy::default());
    again.switchboard = Switchboard::after(Policy::default(), visits);
    again.now = driver.now;
    let over = claims(&mut again, &first);
    let by_agent = |effect: &Effect| {
        matches!(
            effect,
            Effect::Over {
                reason: EndReason::ByAgent,
                ..
            }
        )
    };
    assert!(over.iter().any(by_agent), "{over:?}");
    let over = again.agent_with(1, 3, vec![first]);
    assert!(over.iter().any(by_agent), "{over:?}");
    assert_eq!(again.switchboard.counts().sessions, 0);
    assert!(resumed(&claims(&mut again, &second), Side::Visitor));
    // It is not remembered for longer than tickets hold.
    again.end(second.session, Side::Visitor);
    again.presence(1, Presence::Lost);
    again.pass(Policy::default().ticket_ttl);
    assert_eq!(again.switchboard.next_deadline(), None);
}

#[test]
fn a_place_of_before_a_restart_is_kept_unless_the_visit_ended() {
    let spent = Spent {
        served: None,
        ended: Driver::new(Policy::default()).now,
    };
    let position = |since| {
        let mut driver = Driver::new(Policy::default());
        driver.switchboard = Switchboard::after(Policy::default(), [(visitor(7), spent)]);
        driver.now = spent.ended.plus(2000);
        driver.join(1);
        let joined = driver.input(Input::VisitorJoined {
            visitor: visitor(7),
            site: site(),
            details: Details::default(),
            since: Some(since),
            session: None,
        });
        place(&joined, 7).unwrap().position
    };
    assert_eq!(position(spent.ended), 2);
    assert_eq!(position(spent.ended.plus(1000)), 1, "another visit");
}

#[test]
fn a_visitor_without_proof_is_taken_out_of_the_queue_by_the_agents_ticket() {
    let (_, claim) = talking();
    let mut driver = Driver::new(Policy::default());
    driver.join(7);
    let effects = driver.agent_with(1, 3, vec![claim]);
    assert!(resumed(&effects, Side::Agent) && resumed(&effects, Side::Visitor));
    assert_eq!(driver.switchboard.counts().waiting, 0);
}

#[test]
fn a_session_that_ended_is_told_as_over_to_whoever_comes_late() {
    let (mut driver, claim) = talking();
    driver.lose(7);
    driver.end(claim.session, Side::Agent);
    let back = driver.input(Input::VisitorJoined {
        visitor: visitor(7),
        site: site(),
        details: Details::default(),
        since: None,
        session: Some(Box::new(claim.clone())),
    });
    let reason = EndReason::ByAgent;
    let side = Side::Visitor;
    assert!(
        back.contains(&Effect::Over {
            claim,
            side,
            reason
        }),
        "{back:?}"
    );
}

#[test]
fn a_session_that_nobody_comes_back_to_is_forgotten_as_served() {
    let (mut driver, _) = talking();
    driver.lose(7);
    driver.presence(1, Presence::Lost);
    let effects = driver.pass(15 * 60_000);
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Departed(departed) if departed.outcome == Outcome::Served
    )));
    assert_eq!(driver.switchboard.counts().sessions, 0);
}

fn comes_with_ticket(driver: &mut Driver, claim: &SessionClaim) -> Vec<Effect> {
    driver.input(Input::VisitorJoined {
        visitor: claim.visitor,
        site: site(),
        details: Details::default(),
        since: None,
        session: Some(Box::new(claim.clone())),
    })
}

#[test]
fn an_agent_who_comes_after_the_visitors_ticket_gets_the_session() {
    let (_, claim) = talking();
    for claims in [vec![claim.clone()], Vec::new()] {
        let mut driver = Driver::new(Policy::default());
        comes_with_ticket(&mut driver, &claim);
        let effects = driver.agent_with(1, 1, claims);
        assert!(resumed(&effects, Side::Agent));
        driver.join(8);
        assert_eq!(driver.switchboard.counts().ringing, 0, "the session counts");
    }
}

#[test]
fn an_agent_without_proof_learns_of_the_session_from_the_visitors_ticket() {
    let (_, claim) = talking();
    let mut driver = Driver::new(Policy::default());
    driver.agent(1);
    let effects = comes_with_ticket(&mut driver, &claim);
    assert!(resumed(&effects, Side::Visitor) && resumed(&effects, Side::Agent));
}

#[test]
fn a_visitor_who_waits_is_taken_out_of_the_queue_by_the_own_ticket() {
    let (_, claim) = talking();
    let mut driver = Driver::new(Policy::default());
    driver.join(7);
    assert!(resumed(
        &comes_with_ticket(&mut driver, &claim),
        Side::Visitor
    ));
    assert_eq!(driver.switchboard.counts().waiting, 0);
}

#[test]
fn a_session_claimed_for_a_lost_visitor_is_forgotten_when_nobody_comes() {
    let (_, claim) = talking();
    let mut driver = Driver::new(Policy::default());
    driver.join(7);
    driver.lose(7);
    let effects = driver.agent_with(1, 3, vec![claim]);
    assert!(resumed(&effects, Side::Agent) && !resumed(&effects, Side::Visitor));
    driver.presence(1, Presence::Lost);
    driver.pass(15 * 60_000);
    assert_eq!(driver.switchboard.counts().sessions, 0);
}

#[test]
fn a_visitor_who_comes_again_revives_no_ended_session() {
    let (mut driver, claim) = talking();
    driver.end(claim.session, Side::Visitor);
    driver.join(7);
    let effects = driver.agent_with(1, 3, vec![claim.clone()]);
    let over = Effect::Over {
        claim,
        side: Side::Agent,
        reason: EndReason::ByVisitor,
    };
    assert!(effects.contains(&over), "{effects:?}");
    assert_eq!(
        driver.switchboard.counts().waiting,
        1,
        "the new visit goes on"
    );
}
