//! The TypeScript types are written from these Rust types; this test keeps them current.

use std::path::PathBuf;

use ts_rs::{Config, TS};

use crate::{ErrorCode, Timestamp, channel, ids, limits, signaling};

fn generated() -> String {
    let config = Config::default();
    let mut out = String::from(
        "// Written by `cargo test -p isession-protocol` from sdk/protocol; do not edit.\n\n",
    );
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
        channel::Entry,
        channel::Body,
        channel::Landing,
        channel::How,
        channel::Blocked,
        channel::Failed,
        channel::Consent,
        channel::Glance,
    );
    out.push_str(&format!(
        "\nexport const SUBPROTOCOL = {:?};\n",
        crate::SUBPROTOCOL
    ));
    out.push_str("export const LIMITS = {\n");
    for (name, value) in [
        ("signalingFrame", limits::SIGNALING_FRAME),
        ("channelFrame", limits::CHANNEL_FRAME),
        ("messageText", limits::MESSAGE_TEXT),
        ("url", limits::URL),
        ("sdp", limits::SDP),
        ("candidate", limits::CANDIDATE),
        ("name", limits::NAME),
        ("topic", limits::TOPIC),
        ("department", limits::DEPARTMENT),
        ("ticket", limits::TICKET),
        ("tickets", limits::TICKETS),
        ("epoch", limits::EPOCH),
        ("seenEpochs", limits::SEEN_EPOCHS),
    ] {
        out.push_str(&format!("  {name}: {value},\n"));
    }
    out.push_str(&format!("  time: {},\n", limits::TIME));
    out.push_str("} as const;\n\nexport const STREAMS = { ");
    out.push_str(&format!(
        "talk: {}, glance: {}, bulk: {} }} as const;\n",
        channel::stream::TALK,
        channel::stream::GLANCE,
        channel::stream::BULK
    ));
    out
}

#[test]
fn generated_types_are_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../web/packages/protocol/src/generated.ts");
    let wanted = generated();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{} is not current: run UPDATE_GENERATED=1 cargo test -p isession-protocol",
        path.display()
    );
}
