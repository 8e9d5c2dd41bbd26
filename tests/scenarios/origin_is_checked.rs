//! Pages of other origins get neither a visitor's socket nor an agent's.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use isession_node::SystemClock;
use isession_protocol::ErrorCode;
use isession_protocol::signaling::ToVisitor;
use isession_tests::{Lab, http, raw_visitor};
use tokio_tungstenite::tungstenite::Message;

async fn answer(lab: &Lab, origin: Option<&str>) -> ToVisitor {
    let mut ws = raw_visitor(&lab.url(), origin).await.unwrap();
    let hello = r#"{"type":"hello","site":"shop","details":{}}"#;
    ws.send(Message::text(hello)).await.unwrap();
    let Some(Ok(Message::Text(text))) = ws.next().await else {
        panic!("closed")
    };
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn the_sites_own_pages_and_the_nodes_may_visit() {
    let lab = Lab::start().await;
    let own = lab.url().origin().ascii_serialization();
    for origin in [None, Some("https://shop.example"), Some(own.as_str())] {
        let welcome = answer(&lab, origin).await;
        assert!(
            matches!(welcome, ToVisitor::Welcome { .. }),
            "{origin:?}: {welcome:?}"
        );
    }
}

#[tokio::test]
async fn other_pages_may_not() {
    let lab = Lab::start().await;
    for origin in [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.example",
        "https://shop.example:444",
        "null",
    ] {
        match answer(&lab, Some(origin)).await {
            ToVisitor::Error(error) => {
                assert_eq!(
                    (error.code, error.fatal),
                    (ErrorCode::OriginNotAllowed, true)
                );
            }
            other => panic!("{origin}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_nodes_own_pages_are_those_of_its_public_url() {
    let public = |config: &mut isession_node::Config| {
        config.public_url = Some("https://help.example".to_owned());
    };
    let lab = Lab::with(public, Arc::new(SystemClock)).await;
    // As a proxy passes it on that puts its own name for the node into `Host`.
    for (origin, status) in [
        ("https://help.example", "200"),
        ("http://help.example", "403"),
        (lab.url().as_str().trim_end_matches('/'), "403"),
    ] {
        let headers = format!("Origin: {origin}\r\n");
        let answer = http(&lab.url(), "POST", "/v1/check", &headers, "").await;
        let expected = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&expected), "{origin}: {answer}");
    }
}

#[tokio::test]
async fn a_cookie_counts_only_from_the_consoles_own_page() {
    let lab = Lab::start().await;
    let body = format!(
        r#"{{"login":"ada","password":"{}"}}"#,
        isession_tests::PASSWORD
    );
    let json = "Content-Type: application/json\r\n";
    let signed_in = http(&lab.url(), "POST", "/v1/login", json, &body).await;
    let cookie = signed_in
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap_or_else(|| panic!("no cookie: {signed_in}"));
    for attribute in ["HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap_or_default();
    let own = lab.url().origin().ascii_serialization();
    for (origin, status) in [(own.as_str(), "200"), ("https://evil.example", "403")] {
        let headers = format!("Cookie: {cookie}\r\nOrigin: {origin}\r\n");
        let me = http(&lab.url(), "GET", "/v1/me", &headers, "").await;
        assert!(
            me.starts_with(&format!("HTTP/1.1 {status}")),
            "{origin}: {me}"
        );
        let foreign = http(
            &lab.url(),
            "POST",
            "/v1/login",
            &format!("{json}{headers}"),
            &body,
        )
        .await;
        assert!(
            foreign.starts_with(&format!("HTTP/1.1 {status}")),
            "{origin}: {foreign}"
        );
    }
    let nobody = http(&lab.url(), "GET", "/v1/agent", "", "").await;
    assert!(!nobody.starts_with("HTTP/1.1 101"), "{nobody}");
}
