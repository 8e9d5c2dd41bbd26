//! The addresses of fixtures/leads.json, judged as the visitor's browser judges them.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use isession_protocol::signaling::LeadPolicy;
use isession_sdk::lead::{always_asks, judge_lead};
use serde_json::Value;

const LEADS: &str = include_str!("../../protocol/fixtures/leads.json");

fn check(cases: &Value, policy: &LeadPolicy, fewest: usize) {
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= fewest, "only {} cases", cases.len());
    for case in cases {
        let address = case["url"].as_str().unwrap();
        let verdict = judge_lead(address, policy);
        let note = &case["note"];
        match verdict {
            Ok(url) => assert_eq!(case["host"], host(&url), "{address:?}: {note}"),
            Err(why) => {
                let why = serde_json::to_value(why).unwrap();
                assert_eq!(case["why"], why, "{address:?}: {note}");
            }
        }
    }
}

/// As browsers write it in `URL.host`.
fn host(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[test]
fn hostile_addresses_are_refused_and_public_ones_shown_in_punycode() {
    let leads: Value = serde_json::from_str(LEADS).unwrap();
    let policy = LeadPolicy::default();
    check(&leads["refused"], &policy, 75);
    check(&leads["allowed"], &policy, 20);
}

#[test]
fn development_allows_this_machine_and_no_other_private_one() {
    let leads: Value = serde_json::from_str(LEADS).unwrap();
    let policy = LeadPolicy {
        development: true,
        ..LeadPolicy::default()
    };
    check(&leads["development"]["refused"], &policy, 5);
    check(&leads["development"]["allowed"], &policy, 5);
}

#[test]
fn a_sites_policy_says_which_hosts_may_be_led_to() {
    let leads: Value = serde_json::from_str(LEADS).unwrap();
    let hosts = &leads["hosts"];
    let policy: LeadPolicy = serde_json::from_value(hosts["policy"].clone()).unwrap();
    check(&hosts["refused"], &policy, 5);
    check(&hosts["allowed"], &policy, 5);
    for case in hosts["allowed"].as_array().unwrap() {
        let address = case["url"].as_str().unwrap();
        let url = judge_lead(address, &policy).unwrap();
        let asks = case["always_asks"].as_bool().unwrap_or_default();
        assert_eq!(always_asks(&url, &policy), asks, "{address}");
    }
}
