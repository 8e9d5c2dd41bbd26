//! Sizes in bytes of UTF-8, counts and times that both ends rely on.

/// One signaling frame, either direction.
pub const SIGNALING_FRAME: usize = 64 * 1024;
/// One message on any data channel (what every peer here can receive, RFC 8841 section 6.1).
pub const CHANNEL_FRAME: usize = 256 * 1024;
/// One chat message.
pub const MESSAGE_TEXT: usize = 16 * 1024;
/// A URL, as a lead or as the page a visitor came from.
pub const URL: usize = 2048;
/// A page's title.
pub const TITLE: usize = 300;
/// How an element is read out.
pub const LABEL: usize = 80;
/// A host of a site's lead policy: the longest name (RFC 1035 section 2.3.4) and `*.`.
pub const HOST_PATTERN: usize = 255;
/// A CSS selector of a site's page policy.
pub const SELECTOR: usize = 300;
/// An origin: scheme, the longest host, port.
pub const ORIGIN: usize = 275;
/// Entries in each list of a site's policies.
pub const POLICY_ENTRIES: usize = 100;
/// Points of ink in one glance.
pub const INK_POINTS: usize = 64;
/// One message of a mirror on `bulk`: small, so that nothing else waits long behind it.
pub const MIRROR_MESSAGE: usize = 64 * 1024;
/// One batch of a mirror, inflated. A full snapshot of a large page fits.
pub const MIRROR_BATCH: usize = 16 * 1024 * 1024;
/// One session description.
pub const SDP: usize = 32 * 1024;
/// One ICE candidate line.
pub const CANDIDATE: usize = 1024;
/// A person's or a site's name.
pub const NAME: usize = 80;
/// What a visitor says the visit is about.
pub const TOPIC: usize = 300;
/// A department of a site.
pub const DEPARTMENT: usize = 40;
/// A ticket; opaque to everyone but the node.
pub const TICKET: usize = 1024;
/// Tickets an agent may present at once: more sessions than anyone can hold side by side.
pub const TICKETS: usize = 32;
/// An epoch.
pub const EPOCH: usize = 32;
/// Epochs of the other side that a peer reports in `seen`: one per page of the recent past.
pub const SEEN_EPOCHS: usize = 16;
/// A plain-language explanation that goes with an error.
pub const REASON: usize = 300;
/// The last time, in milliseconds, that a JavaScript date holds (ECMA-262, section 21.4.1.1).
pub const TIME: u64 = 8_640_000_000_000_000;
