//! `isession check --url` says what a node is reached by, and its exit code says whether all is.

use std::sync::Arc;

use isession_node::{Config, SystemClock};
use isession_tests::coturn::{Certificates, Coturn, external};
use isession_tests::{Lab, isession, live};
use tokio::net::{TcpListener, UdpSocket};
use tokio::process::Command;
use url::Url;

use crate::own_authority::{https_listener, tls_proxy};

/// What it said, and how it ended.
async fn check(url: &Url, authority: Option<&str>) -> (String, Option<i32>) {
    let mut command = Command::new(isession());
    command.args(["check", "--url", url.as_str()]);
    let file = std::env::temp_dir().join(format!("isession-{}.pem", uuid::Uuid::new_v4()));
    if let Some(authority) = authority {
        std::fs::write(&file, authority).unwrap();
        command.arg("--root-certificate").arg(&file);
    }
    let output = command.kill_on_drop(true).output().await.unwrap();
    if authority.is_some() {
        std::fs::remove_file(&file).unwrap();
    }
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (said, output.status.code())
}

fn says(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
}

async fn with(change: impl FnOnce(&mut Config)) -> Lab {
    Lab::with(change, Arc::new(SystemClock)).await
}

#[tokio::test]
async fn a_node_with_its_own_relay() {
    let lab = Lab::start().await;
    let (said, code) = check(&lab.url(), None).await;
    says(
        &said,
        &["open     http", "open     websocket", "open     stun"],
    );
    says(&said, &["open     relay over udp", "everything is open"]);
    assert_eq!(code, Some(0), "{said}");
    // What it opened it closed again.
    lab.until_metric(&live("udp"), |count| count == 0.0).await;
}

#[tokio::test]
async fn every_way_to_a_relay() {
    let coturn = Coturn::start(&[]).await;
    let urls = vec![coturn.udp(), coturn.tcp(), coturn.tls()];
    let lab = with(|config| config.turn.external = external(urls)).await;
    let (said, code) = check(&lab.url(), Some(coturn.authority())).await;
    says(
        &said,
        &["open     relay over udp", "open     relay over tcp"],
    );
    says(&said, &["open     relay over tls", "off      stun"]);
    assert_eq!(code, Some(0), "{said}");

    let (said, code) = check(&lab.url(), None).await;
    says(
        &said,
        &["blocked  relay over tls", "it matters: networks that"],
    );
    assert_eq!(code, Some(1), "{said}");
}

#[tokio::test]
async fn a_relay_that_is_shut() {
    let swallow = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let url = format!("turn:{}", swallow.local_addr().unwrap());
    let lab = with(|config| config.turn.external = external(vec![url])).await;
    let (said, code) = check(&lab.url(), None).await;
    says(&said, &["blocked  relay over udp", "open the UDP port"]);
    assert_eq!(code, Some(1), "{said}");
}

#[tokio::test]
async fn certificates() {
    let certificates = Certificates::new();
    let (listener, node) = https_listener().await;
    let lab = with(|config| config.public_url = Some(node.to_string())).await;
    tls_proxy(listener, &lab.url(), &certificates);
    let (said, code) = check(&node, None).await;
    says(&said, &["blocked  certificate", "browsers refuse"]);
    assert_eq!(code, Some(1), "{said}");
    let (said, code) = check(&node, Some(&certificates.authority)).await;
    says(
        &said,
        &["open     certificate", "days left", "open     websocket"],
    );
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn a_proxy_that_the_node_was_not_told_of() {
    let certificates = Certificates::new();
    let (listener, node) = https_listener().await;
    let lab = Lab::start().await;
    tls_proxy(listener, &lab.url(), &certificates);
    // Its pages would be refused as well.
    let (said, code) = check(&node, Some(&certificates.authority)).await;
    says(&said, &["blocked  relays: answered 403", "set public_url"]);
    assert_eq!(code, Some(1), "{said}");
}

#[tokio::test]
async fn a_node_that_cannot_be_asked() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    for url in [url.as_str(), "ftp://help.example"] {
        let (said, code) = check(&url.parse().unwrap(), None).await;
        assert_eq!(code, Some(2), "{said}");
    }
}
