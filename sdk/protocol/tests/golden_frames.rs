//! The frames in fixtures/ are read and written again by Rust here and by TypeScript in
//! web/packages/protocol: two implementations, one wire.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use isession_protocol::channel::{Glance, Talk};
use isession_protocol::signaling::{FromAgent, FromVisitor, ToAgent, ToVisitor};
use isession_protocol::{DecodeError, decode, encode, limits};
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
    check_read::<T>(fixtures, kind, |text| decode(text, max));
}

fn check_read<T: Serialize>(
    fixtures: &str,
    kind: &str,
    decode: impl Fn(&str) -> Result<T, DecodeError>,
) {
    let fixtures: Value = serde_json::from_str(fixtures).unwrap();
    assert!(
        !cases(&fixtures, "golden", kind).is_empty(),
        "no golden {kind}"
    );
    for case in cases(&fixtures, "golden", kind) {
        let frame: T = decode(&case["frame"].to_string()).unwrap();
        let again: Value = serde_json::from_str(&encode(&frame)).unwrap();
        assert_eq!(again, case["frame"], "{kind}: {}", case["name"]);
    }
    for case in cases(&fixtures, "newer", kind) {
        let frame: T = decode(&case["frame"].to_string()).unwrap();
        let again: Value = serde_json::from_str(&encode(&frame)).unwrap();
        let unknown = serde_json::json!({ "type": "unknown" });
        assert_eq!(
            &again,
            case.get("reads").unwrap_or(&unknown),
            "{kind}: {}",
            case["name"]
        );
    }
    for case in cases(&fixtures, "unread", kind) {
        let text = case["text"].as_str().map(str::to_owned);
        let frame = decode(&text.unwrap_or_else(|| case["frame"].to_string())).unwrap();
        let read = serde_json::to_value(&frame).unwrap();
        assert_eq!(read, case["reads"], "{kind}: {}", case["name"]);
    }
    for case in cases(&fixtures, "refused", kind) {
        let read = decode(&case["frame"].to_string());
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
    check_read(CHANNEL, "talk", Talk::read);
    check::<Glance>(CHANNEL, "glance", limits::CHANNEL_FRAME);
}
