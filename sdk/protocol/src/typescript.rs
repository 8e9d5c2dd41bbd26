//! The TypeScript types are written from these Rust types; this test keeps them current.

use std::path::PathBuf;

use ts_rs::{Config, TS};

use crate::{ErrorCode, Timestamp, bulk, channel, ids, limits, signaling};

const HEADER: &str =
    "// Written by `cargo test -p isession-protocol` from sdk/protocol; do not edit.\n\n";

fn generated() -> String {
    let config = Config::default();
    let mut out = String::from(HEADER);
    macro_rules! declare {
        ($($type:ty),+ $(,)?) => { $( out.push_str(&format!("export {}\n", <$type>::decl(&config))); )+ };
    }
    declare!(
        ids::VisitorId,
        ids::AgentId,
        ids::SessionId,
        ids::LinkId,
        ids::SiteId,
        ids::Epoch,
        Timestamp,
        ErrorCode,
        signaling::FromVisitor,
        signaling::ToVisitor,
        signaling::FromAgent,
        signaling::ToAgent,
        signaling::Preconnect,
        signaling::ErrorFrame,
        signaling::Details,
        signaling::VisitorCard,
        signaling::AgentCard,
        signaling::SiteCard,
        signaling::LeadPolicy,
        signaling::PagePolicy,
        signaling::Destination,
        signaling::QueuePlace,
        signaling::RingEnd,
        signaling::EndReason,
        signaling::Signal,
        signaling::DescriptionRole,
        signaling::MediaId,
        signaling::IceServer,
        signaling::Path,
        channel::EntryId,
        channel::Seen,
        channel::Talk,
        channel::NextOffer,
        channel::Entry,
        channel::Body,
        channel::Landing,
        channel::How,
        channel::Blocked,
        channel::Failed,
        channel::Consent,
        channel::Permission,
        channel::Grant,
        channel::Travel,
        channel::Location,
        channel::Point,
        channel::InkPoints,
        channel::Glance,
        bulk::Batch<ts_rs::Dummy>,
    );
    out.push_str(&format!(
        "\nexport const SUBPROTOCOL = {:?};\n",
        crate::SUBPROTOCOL
    ));
    out.push_str(&format!(
        "\nexport const STREAMS = {{ talk: {}, glance: {}, bulk: {} }} as const;\n",
        channel::stream::TALK,
        channel::stream::GLANCE,
        channel::stream::BULK
    ));
    out.push_str(&format!(
        "\n/// The first byte of a message on `bulk`.\nexport const BULK = {{ data: {}, mirror: {} }} as const;\n\
         export const MIRROR = {{ last: {}, header: {} }} as const;\n",
        bulk::kind::DATA,
        bulk::kind::MIRROR,
        bulk::LAST,
        bulk::MIRROR_HEADER
    ));
    out
}

/// The limits by the names that they have in TypeScript.
pub(crate) const LIMITS: [(&str, usize); 22] = [
    ("signalingFrame", limits::SIGNALING_FRAME),
    ("channelFrame", limits::CHANNEL_FRAME),
    ("messageText", limits::MESSAGE_TEXT),
    ("url", limits::URL),
    ("title", limits::TITLE),
    ("label", limits::LABEL),
    ("hostPattern", limits::HOST_PATTERN),
    ("selector", limits::SELECTOR),
    ("origin", limits::ORIGIN),
    ("policyEntries", limits::POLICY_ENTRIES),
    ("inkPoints", limits::INK_POINTS),
    ("mirrorMessage", limits::MIRROR_MESSAGE),
    ("mirrorBatch", limits::MIRROR_BATCH),
    ("sdp", limits::SDP),
    ("candidate", limits::CANDIDATE),
    ("name", limits::NAME),
    ("topic", limits::TOPIC),
    ("department", limits::DEPARTMENT),
    ("ticket", limits::TICKET),
    ("tickets", limits::TICKETS),
    ("epoch", limits::EPOCH),
    ("seenEpochs", limits::SEEN_EPOCHS),
];

/// Each a name of its own, so that pages carry only what they use.
fn generated_limits() -> String {
    let mut out = String::from(HEADER);
    for (name, value) in LIMITS {
        out.push_str(&format!("export const {name} = {value};\n"));
    }
    out.push_str(&format!("export const time = {};\n", limits::TIME));
    out
}

/// Compares a file of the repository with what should be in it, or writes it.
pub(crate) fn is_current(file: &str, wanted: &str) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join(file);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{file} is not current: run UPDATE_GENERATED=1 cargo test -p isession-protocol"
    );
}

#[test]
fn generated_types_are_current() {
    let folder = "web/packages/protocol/src";
    is_current(&format!("{folder}/generated.ts"), &generated());
    is_current(&format!("{folder}/limits.ts"), &generated_limits());
}
