//! Frames between the two people, on the three pre-negotiated data channels.
//!
//! | stream | label | delivery | carries |
//! |---|---|---|---|
//! | 0 | `talk` | ordered, reliable | [`Talk`] |
//! | 1 | `glance` | unordered, no retransmission | [`Glance`] |
//! | 2 | `bulk` | ordered, reliable | [mirror](crate::bulk) and data of programs |
//!
//! Everything on `talk` that must not be lost is an [`Entry`] with an id. An id is the epoch of
//! the page that wrote it and a counter from 1. `resume` says what was seen of the other side;
//! nothing else is sent on a new channel before the other side's `seen` is known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bounded::{Label, MessageText, Sdp, Title, Url};
use crate::ids::Epoch;
use crate::signaling::Signal;
use crate::{DecodeError, Timestamp, decode, limits};

/// Stream ids of the pre-negotiated channels.
pub mod stream {
    pub const TALK: u16 = 0;
    pub const GLANCE: u16 = 1;
    pub const BULK: u16 = 2;
}

/// Names an entry for good.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct EntryId {
    pub epoch: Epoch,
    /// Counts from 1 within the epoch, without gaps.
    pub seq: u32,
}

/// The last `seq` seen of each epoch of the other side; of at most
/// [`limits::SEEN_EPOCHS`] epochs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(type = "Record<Epoch, number>")
)]
#[serde(try_from = "BTreeMap<Epoch, u32>")]
pub struct Seen(BTreeMap<Epoch, u32>);

/// More epochs than a page can have lived through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {} epochs", limits::SEEN_EPOCHS)]
pub struct TooManyEpochs;

impl Seen {
    /// The last `seq` seen of this epoch; 0 before the first.
    pub fn of(&self, epoch: &Epoch) -> u32 {
        self.0.get(epoch).copied().unwrap_or(0)
    }

    /// Each epoch with the last `seq` seen of it.
    pub fn iter(&self) -> impl Iterator<Item = (&Epoch, u32)> {
        self.0.iter().map(|(epoch, seq)| (epoch, *seq))
    }
}

impl TryFrom<BTreeMap<Epoch, u32>> for Seen {
    type Error = TooManyEpochs;

    fn try_from(seen: BTreeMap<Epoch, u32>) -> Result<Self, TooManyEpochs> {
        if seen.len() > limits::SEEN_EPOCHS {
            return Err(TooManyEpochs);
        }
        Ok(Self(seen))
    }
}

/// One message on `talk`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Talk {
    /// What was seen of the other side, when the channel opened without fresh signaling.
    Resume { seen: Seen },
    /// All up to this id was seen. Shows as delivered; the sender forgets nothing for it.
    Ack { id: EntryId },
    /// Something that must not be lost.
    Entry(Entry),
    /// Renegotiates this very connection: while it lives, that does not need the node.
    Signal { signal: Signal },
    /// About the visitor's next life, on another page of the site. The visitor asks, without an
    /// offer; an agent's side that can sends one ahead. Whoever comes back answers it by one
    /// message through the node. Sides that cannot do this pass it over.
    Next {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        offer: Option<NextOffer>,
    },
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}

impl Talk {
    /// Decodes one message on `talk`. An entry of which no more than the id can be read is one of
    /// a newer version: if it were refused, its writer would send it for ever.
    pub fn read(text: &str) -> Result<Self, DecodeError> {
        /// All else is passed over unread: JSON of browsers holds texts that are no Unicode.
        #[derive(Deserialize)]
        struct Named {
            #[serde(rename = "type")]
            _type: Tag,
            id: EntryId,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Tag {
            Entry,
        }
        decode(text, limits::CHANNEL_FRAME).or_else(|error| {
            let Named { id, .. } = decode(text, limits::CHANNEL_FRAME).map_err(|_| error)?;
            let (at, body) = (Timestamp::ZERO, Body::Unknown);
            Ok(Self::Entry(Entry { id, at, body }))
        })
    }
}

/// An offer that is sent ahead, whole: with all candidates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct NextOffer {
    /// The life of the peer connection that it comes from.
    pub epoch: Epoch,
    #[cfg_attr(test, ts(type = "string"))]
    pub sdp: Sdp,
}

/// Something that must not be lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Entry {
    pub id: EntryId,
    /// When it was written, by the writer's clock.
    pub at: Timestamp,
    pub body: Body,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    /// A chat message.
    Message {
        #[cfg_attr(test, ts(type = "string"))]
        text: MessageText,
    },
    /// The agent asks to move the visitor's browser. Only agents may.
    Lead {
        #[cfg_attr(test, ts(type = "string"))]
        url: Url,
    },
    /// What became of a lead. Only visitors may.
    Landing { lead: EntryId, landing: Landing },
    /// Whether leads are asked for. Only visitors may.
    Consent { consent: Consent },
    /// The agent asks for a permission. Only agents may.
    Ask { permission: Permission },
    /// The agent gives a permission back. Only agents may.
    Release { permission: Permission },
    /// The visitor's standing word on a permission. Only visitors may.
    Grant {
        permission: Permission,
        grant: Grant,
    },
    /// The agent asks the page of the site that is in front to move in its history; what became
    /// of it is told by a landing, as of a lead. Only agents may.
    Travel { travel: Travel },
    /// The agent is here on the site, and whoever permits `follow` goes along without being asked;
    /// what became of it is told by a landing, as of a lead. Only agents may.
    Guide {
        #[cfg_attr(test, ts(type = "string"))]
        url: Url,
    },
    /// Where a tab of the visitor is. Only visitors may.
    Location(Location),
    /// The agent shows an element of the mirror. Only agents may.
    Highlight {
        /// The life of the page whose mirror gave the node its number.
        view: Epoch,
        node: u32,
    },
    /// What became of a highlight. Only visitors may.
    Highlighted {
        highlight: EntryId,
        /// False when the element is there no more, or was not looked for.
        found: bool,
        /// How it is read out; empty if it has no name.
        #[cfg_attr(test, ts(type = "string"))]
        label: Label,
        /// Why it was not looked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        why: Option<Blocked>,
    },
    /// The session is over.
    Bye,
    /// An entry of a newer version: counted as seen, and passed over.
    #[serde(other)]
    Unknown,
}

/// What became of a lead. All but `shown` are final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Landing {
    /// The visitor is being asked.
    Shown,
    /// The visitor's browser went.
    Landed { how: How },
    /// The visitor said no.
    Declined,
    /// The visitor's code refused it.
    Blocked { why: Blocked },
    /// The visitor agreed and the browser would not.
    Failed { why: Failed },
    /// A state of a newer version.
    #[serde(other)]
    Unknown,
}

/// What was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The page that opened the companion.
    Opener,
    /// The stage window that the companion had opened.
    Stage,
    /// A new stage window.
    Window,
    /// A link that the visitor clicked.
    Link,
    /// The page script moved the page that it is in.
    Page,
    /// The page of the site moved itself, after its session had gone over to the companion.
    Companion,
    /// A native program, by its own means.
    Program,
    /// A way of a newer version.
    #[serde(other)]
    Unknown,
}

/// Why the visitor's code refused a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Blocked {
    /// Not a URL.
    Malformed,
    /// Longer than [`limits::URL`] bytes.
    TooLong,
    /// Not https, and the site's policy does not allow it.
    Scheme,
    /// Carries a user name or a password.
    Credentials,
    /// A name of the visitor's own network: localhost, a single label, `.local`, `.internal` ...
    LocalName,
    /// A literal address outside the public internet.
    PrivateAddress,
    /// The site's policy does not let its visitors be led there.
    NotAllowed,
    /// The visitor stopped leading.
    Stopped,
    /// It needs a permission that the visitor has not granted.
    NotPermitted,
    /// A reason of a newer version.
    #[serde(other)]
    Unknown,
}

/// Why the browser did not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Failed {
    /// No window could be moved or opened, and the link was not clicked.
    NoWindow,
    /// A newer lead took its place before the visitor answered.
    Replaced,
    /// The companion was closed or reloaded before the visitor answered.
    Interrupted,
    /// No page of the site is there to do it.
    NoPage,
    /// A reason of a newer version.
    #[serde(other)]
    Unknown,
}

/// The visitor's standing word on leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Each lead is asked for: how every session begins.
    Ask,
    /// Leads run without asking, for this session.
    Allow,
    /// Leads are refused.
    Stop,
    /// A word of a newer version; taken as `stop`.
    #[serde(other)]
    Unknown,
}

/// What a visitor may permit beyond talking and leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// The agent sees the site's page, with what was typed masked.
    View,
    /// The agent points at things in the page. Needs `view`.
    Point,
    /// The page follows the agent over the site.
    Follow,
    /// A permission of a newer version.
    #[serde(other)]
    Unknown,
}

/// The visitor's word on a permission. Before there is any, nothing is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Until it is withdrawn, or the session ends.
    Granted,
    /// The visitor said no.
    Declined,
    /// The visitor took it back.
    Withdrawn,
    /// The visitor gave no answer, which is a no.
    Expired,
    /// Following waits: the visitor went on alone, and may take it up again.
    Paused,
    /// Nobody could be asked: no page of the site is there that it could be permitted for.
    NoPage,
    /// A word of a newer version; taken as `withdrawn`.
    #[serde(other)]
    Unknown,
}

/// Where the page goes in its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Travel {
    /// One page back.
    Back,
    /// One page forward.
    Forward,
    /// The same page, fetched again.
    Reload,
    /// A way of a newer version.
    #[serde(other)]
    Unknown,
}

/// Where a tab of the visitor is, as far as the site's policy lets it be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Location {
    /// Names the tab for as long as it is open.
    pub tab: Epoch,
    /// Absent when the tab shows no page of the site any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub url: Option<Url>,
    #[cfg_attr(test, ts(type = "string"))]
    pub title: Title,
    /// Whether it is the tab that the visitor looks at.
    pub front: bool,
}

/// A place on a page, in whole CSS pixels from the document's origin (CSSOM View, section 8.1,
/// `pageX` and `pageY`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

/// A piece of a stroke, of at most [`limits::INK_POINTS`] points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(transparent)]
pub struct InkPoints(#[serde(deserialize_with = "at_most_points")] pub Vec<Point>);

/// Bounds the list once it is read; the frame's own limit has bounded it before.
fn at_most_points<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Point>, D::Error> {
    let points = Vec::<Point>::deserialize(from)?;
    if points.len() > limits::INK_POINTS {
        return Err(serde::de::Error::custom("too many points"));
    }
    Ok(points)
}

/// One message on `glance`: worth nothing a moment later. `n` counts up in each life of a page,
/// so that what was overtaken on the way is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Glance {
    /// The other side writes, or stopped.
    Typing { typing: bool },
    /// Where this side's pointer is; absent when it left the page.
    Pointer {
        n: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        at: Option<Point>,
    },
    /// What this side sees begins here. `of` is where it would begin at the page's end: pages of
    /// other shapes are followed by the share of it.
    Scroll {
        n: u32,
        at: Point,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        of: Option<Point>,
    },
    /// This side clicked here.
    Click { at: Point },
    /// The agent draws. `from` is the place of the first of these points in the stroke. Only
    /// agents may.
    Ink {
        stroke: u32,
        from: u32,
        points: InkPoints,
    },
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}
