//! What travels on `bulk`: messages of bytes, each of which begins with its kind.
//!
//! A mirror is a row of batches. A batch is UTF-8 JSON, deflated (RFC 1951, no header) and cut
//! into messages of at most [`limits::MIRROR_MESSAGE`](crate::limits::MIRROR_MESSAGE) bytes:
//!
//! | byte | meaning |
//! |---|---|
//! | 0 | [`kind::MIRROR`] |
//! | 1 | [`LAST`] in the last message of a batch, else 0 |
//! | 2.. | deflated bytes |
//!
//! Inflated, a batch has at most [`limits::MIRROR_BATCH`](crate::limits::MIRROR_BATCH) bytes and
//! the shape of [`Batch`].

use serde::{Deserialize, Serialize};

use crate::ids::Epoch;

/// The first byte of a message.
pub mod kind {
    /// Data of a program, of which nothing here knows anything.
    pub const DATA: u8 = 0;
    /// A piece of a mirror's batch.
    pub const MIRROR: u8 = 1;
}

/// The second byte of a mirror's message, when it ends its batch.
pub const LAST: u8 = 1;

/// Bytes before the payload of a mirror's message.
pub const MIRROR_HEADER: usize = 2;

/// Events of a page, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Batch<E> {
    /// The life of the page whose nodes the events number.
    pub view: Epoch,
    /// Whether it begins with a full snapshot, so that nothing of before is needed.
    pub first: bool,
    /// As rrweb records them.
    pub events: Vec<E>,
}
