use std::time::Duration;

use isession_turn::{Credentials, Limits, Refusal, Secret, TurnServer};
use turn_types::stun::{
    attribute::{
        PasswordAlgorithm, PasswordAlgorithmValue, PasswordAlgorithms, Userhash, Username,
    },
    message::IntegrityAlgorithm,
    prelude::MessageWriteExt as _,
};

use crate::support::{
    FUTURE, PAST, REALM, SECRET,
    lab::Lab,
    net::{Client, config},
    secret,
    wire::{Ask, Caller},
};

async fn allocate(credentials: Credentials) -> (Option<u16>, isession_turn::Metrics) {
    let server = TurnServer::bind(config()).unwrap();
    let mut client = Client::with(&server, credentials).await;
    let code = client.ask(Ask::Allocate).await.code;
    let metrics = server.metrics();
    server.shutdown().await;
    (code, metrics)
}

#[tokio::test]
async fn minted_credentials_are_good() {
    let (code, metrics) = allocate(secret().mint("link", FUTURE)).await;
    assert_eq!(code, None);
    assert_eq!(
        (metrics.allocations_live, metrics.allocations_total),
        (1, 1)
    );
}

#[tokio::test]
async fn expired_credentials_are_refused() {
    let (code, metrics) = allocate(secret().mint("link", PAST)).await;
    assert_eq!(code, Some(401));
    assert_eq!(metrics.refused(Refusal::ExpiredCredentials), 1);
    assert_eq!(metrics.allocations_total, 0);
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let password = "wrong".to_owned();
    let (code, metrics) = allocate(Credentials {
        password,
        ..secret().mint("link", FUTURE)
    })
    .await;
    assert_eq!(code, Some(401));
    assert_eq!(metrics.refused(Refusal::BadCredentials), 1);
}

#[tokio::test]
async fn credentials_of_another_secret_are_refused() {
    let other = Secret::new("another secret of some length").unwrap();
    assert_eq!(allocate(other.mint("link", FUTURE)).await.0, Some(401));
}

#[tokio::test]
async fn a_later_expiry_cannot_be_written_into_the_username() {
    let Credentials { password, .. } = secret().mint("link", PAST);
    let username = format!("{FUTURE}:link");
    assert_eq!(
        allocate(Credentials { username, password }).await.0,
        Some(401)
    );
}

#[test]
fn a_wrong_nonce_is_stale() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller) = (Lab::tuple(1), Lab::caller("link"));
    let challenge = lab.ask_once(tuple, &caller.write(&Ask::Allocate)).unwrap();
    assert_eq!(challenge.code, Some(401));
    // The challenge of one five-tuple is no use to another.
    caller.learn(&challenge);
    let reply = lab
        .ask_once(Lab::tuple(2), &caller.write(&Ask::Allocate))
        .unwrap();
    assert_eq!(reply.code, Some(438));
}

#[test]
fn an_allocation_outlives_its_credentials_but_not_its_age() {
    let age = Duration::from_secs(2000);
    let mut lab = Lab::new(Limits {
        allocation_age: age,
        ..Limits::default()
    });
    let (tuple, mut caller) = (Lab::tuple(1), Caller::new(secret().mint("link", PAST + 60)));
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Allocate).unwrap().code,
        None
    );
    for _ in 0..4 {
        lab.pass(Duration::from_secs(500));
        assert_eq!(
            lab.ask(tuple, &mut caller, Ask::Refresh(600)).unwrap().code,
            None
        );
    }
    lab.pass(Duration::from_secs(1));
    assert!(lab.open.is_empty());
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Refresh(600)).unwrap().code,
        Some(401)
    );
    assert_eq!(
        lab.ask(tuple, &mut caller, Ask::Allocate).unwrap().code,
        Some(401)
    );
}

#[test]
fn an_allocation_answers_to_no_other_name() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, caller, _) = lab.allocated(1, "link");
    let mut other = Caller {
        credentials: Lab::caller("other").credentials,
        ..caller
    };
    assert_eq!(
        lab.ask(tuple, &mut other, Ask::Refresh(0)).unwrap().code,
        Some(441)
    );
    assert_eq!(lab.open.len(), 1);
    // Nor does an expired name get as far.
    other.credentials = secret().mint("other", PAST - 1);
    assert_eq!(
        lab.ask(tuple, &mut other, Ask::Refresh(0)).unwrap().code,
        Some(401)
    );
}

#[test]
fn the_newer_hash_is_understood() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller) = (Lab::tuple(1), Lab::caller("link"));
    let challenge = lab.ask_once(tuple, &caller.write(&Ask::Allocate)).unwrap();
    caller.learn(&challenge);
    caller.algorithm = IntegrityAlgorithm::Sha256;
    let (new, old) = (PasswordAlgorithmValue::SHA256, PasswordAlgorithmValue::MD5);
    let request = caller.write_with(&Ask::Allocate, |message| {
        message
            .add_attribute(&PasswordAlgorithms::new(&[new, old]))
            .unwrap();
        message.add_attribute(&PasswordAlgorithm::new(new)).unwrap();
    });
    assert_eq!(lab.ask_once(tuple, &request).unwrap().code, None);
}

#[test]
fn nobody_is_two_people_or_nameless() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, mut caller) = (Lab::tuple(1), Lab::caller("link"));
    let challenge = lab.ask_once(tuple, &caller.write(&Ask::Allocate)).unwrap();
    caller.learn(&challenge);
    let twice = caller.write_with(&Ask::Allocate, |message| {
        message
            .add_attribute(&Username::new("4000000000:other").unwrap())
            .unwrap();
    });
    assert_eq!(lab.ask_once(tuple, &twice).unwrap().code, Some(400));
    let hash = Userhash::compute(&caller.credentials.username, REALM);
    let hashed = caller.write_with(&Ask::Allocate, |message| {
        message.add_attribute(&Userhash::new(hash)).unwrap();
    });
    assert_eq!(lab.ask_once(tuple, &hashed).unwrap().code, Some(420));
    assert!(lab.open.is_empty());
}

#[test]
fn names_proven_by_one_client_are_bounded() {
    let mut lab = Lab::new(Limits::default());
    let (tuple, caller, _) = lab.allocated(1, "link");
    let codes = (0..6).map(|number| {
        let credentials = Lab::caller(&format!("other {number}")).credentials;
        let mut other = Caller {
            credentials,
            ..caller.clone()
        };
        lab.ask(tuple, &mut other, Ask::Refresh(0))
            .unwrap()
            .code
            .unwrap()
    });
    assert_eq!(codes.collect::<Vec<_>>(), [441, 441, 441, 401, 401, 401]);
}

#[test]
fn the_secret_is_shown_nowhere() {
    let mut lab = Lab::new(Limits::default());
    lab.allocated(1, "one-link");
    let shown = format!("{:?} {:?} {:?}", lab.engine, config(), secret());
    assert!(
        !shown.contains(SECRET) && !shown.contains("one-link") && !shown.contains("9.9"),
        "{shown}"
    );
}
