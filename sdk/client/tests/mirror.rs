//! A mirror's batches, as browsers record them and as nobody should send them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up has failed"
)]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use isession_protocol::bulk::MIRROR_HEADER;
use isession_protocol::limits;
use isession_sdk::mirror::events::{Change, Node, NodeKind};
use isession_sdk::mirror::{Malformed, read};
use serde_json::Value;

fn deflated(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// What browsers recorded: the deflated bytes of each batch.
fn recorded() -> Vec<Vec<u8>> {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../protocol/fixtures/mirror.json")).unwrap();
    cases
        .iter()
        .map(|case| {
            let messages = case["messages"].as_array().unwrap();
            let pieces = messages
                .iter()
                .map(|message| base64(message.as_str().unwrap())[MIRROR_HEADER..].to_vec());
            pieces.collect::<Vec<_>>().concat()
        })
        .collect()
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = text
        .chars()
        .filter_map(|c| ALPHABET.find(c))
        .flat_map(|six| (0..6).rev().map(move |bit| six >> bit & 1 == 1));
    let bits: Vec<bool> = bits.collect();
    bits.chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit)))
        .collect()
}

fn tag(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Element { tag, .. } => Some(tag),
        _ => None,
    }
}

#[test]
fn what_browsers_record_is_typed() {
    let batches = recorded();
    let snapshot = read(&batches[0]).unwrap();
    assert!(snapshot.first);
    let [meta, page] = snapshot.events.as_slice() else {
        panic!("a snapshot is two events")
    };
    assert!(
        matches!(&meta.change, Change::Meta(meta) if meta.href == "https://shop.example/" && meta.width == 800)
    );
    let Change::Snapshot { nodes, .. } = &page.change else {
        panic!("{page:?}")
    };
    let input = nodes
        .iter()
        .find(|node| tag(node) == Some("input"))
        .unwrap();
    let NodeKind::Element { attributes, .. } = &input.kind else {
        unreachable!()
    };
    assert_eq!(attributes["value"], "•••••");
    let shadow = nodes.iter().find(|node| node.shadow).unwrap();
    let host = nodes.iter().find(|node| Some(node.id) == shadow.parent);
    assert_eq!(host.and_then(tag), Some("x-box"));
    let texts = nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Text(text) => Some(text.as_str()),
        _ => None,
    });
    assert!(texts.into_iter().any(|text| text == "12 €"));

    let changes = read(&batches[1]).unwrap();
    assert!(!changes.first);
    let mutation = changes.events.iter().find_map(|event| match &event.change {
        Change::Mutation {
            texts,
            adds,
            removes,
            ..
        } => Some((texts, adds, removes)),
        _ => None,
    });
    let (texts, adds, removes) = mutation.unwrap();
    assert_eq!(texts[0].value.as_deref(), Some("10 €"));
    assert!(adds.iter().any(|add| tag(&add.nodes[0]) == Some("em")));
    assert_eq!(removes.len(), 1);
}

#[test]
fn what_is_newer_is_passed_over() {
    let text = r#"{"view":"v","first":false,"events":[
        {"type":99,"timestamp":1,"data":{"a":1}},
        {"type":3,"timestamp":2,"data":{"source":77,"b":2}}]}"#;
    let batch = read(&deflated(text.as_bytes())).unwrap();
    assert!(
        batch
            .events
            .iter()
            .all(|event| event.change == Change::Unknown)
    );
}

#[test]
fn a_page_may_be_nested_deeper_than_a_stack() {
    let depth = 1500;
    let open = r#"{"type":2,"id":2,"tagName":"div","attributes":{},"childNodes":["#;
    let node = format!("{}{}", open.repeat(depth), "]}".repeat(depth));
    let text = format!(
        r#"{{"view":"v","first":true,"events":[{{"type":2,"timestamp":1,"data":
        {{"node":{node},"initialOffset":{{"left":0,"top":0}}}}}}]}}"#
    );
    let batch = read(&deflated(text.as_bytes())).unwrap();
    let Change::Snapshot { nodes, .. } = &batch.events[0].change else {
        panic!("{batch:?}");
    };
    assert_eq!(nodes.len(), depth);
}

#[test]
fn what_is_no_mirror_is_told_apart() {
    let bomb = deflated(&vec![b' '; limits::MIRROR_BATCH + 1]);
    for (why, bytes, expected) in [
        ("no deflate", vec![255, 255, 255], Malformed::Deflate),
        ("no text", deflated(&[255, 254]), Malformed::Deflate),
        ("a bomb", bomb, Malformed::TooLarge),
        ("no batch", deflated(b"{}"), Malformed::Events),
        (
            "a node without an id",
            deflated(
                br#"{"view":"v","first":true,"events":[{"type":2,"timestamp":1,
                "data":{"node":{"type":0},"initialOffset":{"left":0,"top":0}}}]}"#,
            ),
            Malformed::Events,
        ),
    ] {
        assert_eq!(read(&bytes).unwrap_err(), expected, "{why}");
    }
}
