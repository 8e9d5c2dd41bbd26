//! Whatever arrives, decoding answers with a frame or a typed error, and quotes nothing back.

use isession_protocol::bounded::{MessageText, Name};
use isession_protocol::channel::Talk;
use isession_protocol::ids::SiteId;
use isession_protocol::signaling::{FromAgent, FromVisitor};
use isession_protocol::{DecodeError, ErrorCode, Timestamp, decode, encode, limits};
use proptest::prelude::*;

#[test]
fn a_frame_over_the_limit_is_refused_before_it_is_parsed() {
    let long = format!(
        "{{\"type\":\"leave\"{}}}",
        " ".repeat(limits::SIGNALING_FRAME)
    );
    let error = decode::<FromVisitor>(&long, limits::SIGNALING_FRAME).unwrap_err();
    assert!(matches!(error, DecodeError::TooLarge { .. }));
    assert_eq!(error.code(), ErrorCode::TooLarge);
}

#[test]
fn an_error_names_the_place_and_never_the_content() {
    let error = decode::<FromVisitor>(r#"{"type":"hello","site":"My Secret"}"#, 100).unwrap_err();
    assert_eq!(error.code(), ErrorCode::BadFrame);
    assert!(!error.to_string().contains("Secret"), "{error}");
}

#[test]
fn debug_output_shows_no_text_of_people() {
    let frame: FromVisitor =
        decode(r#"{"type":"details","details":{"name":"Zoë Secret"}}"#, 100).unwrap();
    assert!(!format!("{frame:?}").contains("Secret"));
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let deep = "[".repeat(60_000);
    assert!(decode::<Talk>(&deep, limits::CHANNEL_FRAME).is_err());
}

proptest! {
    #[test]
    fn any_text_decodes_or_is_refused(text in ".{0,400}") {
        let _ = decode::<FromVisitor>(&text, limits::SIGNALING_FRAME);
        let _ = decode::<FromAgent>(&text, limits::SIGNALING_FRAME);
        let _ = decode::<Talk>(&text, limits::CHANNEL_FRAME);
    }

    #[test]
    fn any_message_comes_back_as_it_was(text in ".{0,400}", at in 0..=limits::TIME, seq: u32) {
        let entry = serde_json::json!({
            "type": "entry", "id": {"epoch": "e1", "seq": seq}, "at": at,
            "body": {"type": "message", "text": text},
        });
        let frame: Talk = decode(&entry.to_string(), limits::CHANNEL_FRAME).unwrap();
        let again: serde_json::Value = serde_json::from_str(&encode(&frame)).unwrap();
        prop_assert_eq!(again, entry);
    }

    #[test]
    fn truncated_text_is_a_prefix_that_fits(text in "\\PC{0,200}") {
        let cut = Name::truncated(&text);
        prop_assert!(text.starts_with(cut.as_str()));
        prop_assert!(cut.as_str().len() <= limits::NAME);
        prop_assert!(text.len() > limits::NAME || cut.as_str() == text);
    }

    #[test]
    fn only_short_plain_names_are_sites(id in "\\PC{0,70}") {
        let plain = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let fits = plain && (1..=64).contains(&id.len());
        prop_assert_eq!(id.parse::<SiteId>().is_ok(), fits);
    }

    #[test]
    fn text_is_measured_in_bytes(chars in 0usize..9000) {
        let text = "é".repeat(chars);
        prop_assert_eq!(MessageText::new(text).is_ok(), chars * 2 <= limits::MESSAGE_TEXT);
    }

    #[test]
    fn times_stay_in_what_javascript_holds(a: u64, b: u64) {
        let later = Timestamp::from_millis(a).plus(b);
        prop_assert!(later.as_millis() <= limits::TIME);
        prop_assert!(later >= Timestamp::from_millis(a));
    }
}
