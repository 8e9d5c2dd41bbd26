//! The frames in fixtures/ are read and written again by Rust here and by TypeScript in
//! web/packages/protocol: two implementations, one wire.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use isession_protocol::channel::{Glance, Talk};
use isession_protocol::signaling::{FromAgent, FromVisitor, ToAgent, ToVisitor};
use isession_protocol::{decode, encode, limits};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const SIGNALING: &str = include_str!("../fixtures/signaling.json");
const CHANNEL: &str = include_str!("../fixtures/channel.json");

fn cases<'a>(fixtures: &'a Value, chapter: &str, kind: &str) -> &'a [Value] {
    fixtures[chapter][kind]
        .as_array()
        .map_or(&[], Vec::as_slice)
}

fn check<T: Serialize + DeserializeOwned>(fixtures: &str, kind: &str, max: usize) {
    let fixtures: Value = serde_json::from_str(fixtures).unwrap();
    assert!(
        !cases(&fixtures, "golden", kind).is_empty(),
        "no golden {kind}"
    );
    for case in cases(&fixtures, "golden", kind) {
        let frame: T = decode(&case["frame"].to_string(), max).unwrap();
        let again: Value = serde_json::from_str(&encode(&frame)).unwrap();
        assert_eq!(again, case["frame"], "{kind}: {}", case["name"]);
    }
    for case in cases(&fixtures, "newer", kind) {
        let frame: T = decode(&case["frame"].to_string(), max).unwrap();
        let again: Value = serde_json::from_str(&encode(&frame)).unwrap();
        let unknown = serde_json::json!({ "type": "unknown" });
        assert_eq!(
            &again,
            case.get("reads").unwrap_or(&unknown),
            "{kind}: {}",
            case["name"]
        );
    }
    for case in cases(&fixtures, "refused", kind) {
        let read = decode::<T>(&case["frame"].to_string(), max);
        assert!(read.is_err(), "{kind} took {}", case["name"]);
    }
}

#[test]
fn signaling_frames() {
    check::<FromVisitor>(SIGNALING, "from_visitor", limits::SIGNALING_FRAME);
    check::<ToVisitor>(SIGNALING, "to_visitor", limits::SIGNALING_FRAME);
    check::<FromAgent>(SIGNALING, "from_agent", limits::SIGNALING_FRAME);
    check::<ToAgent>(SIGNALING, "to_agent", limits::SIGNALING_FRAME);
}

#[test]
fn channel_frames() {
    check::<Talk>(CHANNEL, "talk", limits::CHANNEL_FRAME);
    check::<Glance>(CHANNEL, "glance", limits::CHANNEL_FRAME);
}
