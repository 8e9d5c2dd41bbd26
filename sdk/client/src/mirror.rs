//! The visitor's page, as the visitor's side lets the agent see it: batches of rrweb's events.

pub mod events;

use std::io::Read;

use flate2::read::DeflateDecoder;
use isession_protocol::bulk::{self, Batch, LAST, MIRROR_HEADER};
use isession_protocol::limits;

use crate::SdkError;
use crate::bulk::{BulkReceiver, BulkSender};
use events::MirrorEvent;

/// Why what arrived is no mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A message that is too long, or has no header.
    #[error("a message is not one of a mirror")]
    Message,
    /// More than a batch may have, deflated or inflated.
    #[error("a batch has more than {} bytes", limits::MIRROR_BATCH)]
    TooLarge,
    /// Not deflated text.
    #[error("a batch is not deflated text")]
    Deflate,
    /// Not the events of a page.
    #[error("a batch is not one of events")]
    Events,
}

/// Receives a visitor's mirror (agents). Up to 16 MiB in up to 1,024 messages wait for the program.
#[derive(Debug)]
pub struct MirrorReceiver {
    messages: BulkReceiver,
    answers: BulkSender,
    pieces: Vec<u8>,
    /// Until a batch begins anew, the rest of what came says nothing.
    lost: bool,
}

impl MirrorReceiver {
    pub(crate) const fn new(messages: BulkReceiver, answers: BulkSender) -> Self {
        Self {
            messages,
            answers,
            pieces: Vec::new(),
            lost: true,
        }
    }

    /// The next batch. After an error those that depend on what was lost are passed over:
    /// [`Self::begin_anew`] asks for one that does not.
    pub async fn next(&mut self) -> Result<Batch<MirrorEvent>, SdkError> {
        loop {
            let message = match self.messages.next().await {
                Ok(message) => message,
                Err(error) => {
                    self.lose();
                    return Err(error);
                }
            };
            // Another channel: what was not complete never will be.
            if message.is_empty() {
                self.lose();
                continue;
            }
            let batch = self.take(&message).inspect_err(|_| self.lose())?;
            if let Some(batch) = batch.filter(|batch| batch.first || !self.lost) {
                self.lost = false;
                return Ok(batch);
            }
        }
    }

    /// Asks the visitor's side for a full snapshot.
    pub async fn begin_anew(&self) -> Result<(), SdkError> {
        self.answers.send_mirror(&[], true).await
    }

    fn take(&mut self, message: &[u8]) -> Result<Option<Batch<MirrorEvent>>, Malformed> {
        let piece = message.get(MIRROR_HEADER..).ok_or(Malformed::Message)?;
        if message.len() > limits::MIRROR_MESSAGE {
            return Err(Malformed::Message);
        }
        if self.pieces.len() + piece.len() > limits::MIRROR_BATCH {
            return Err(Malformed::TooLarge);
        }
        self.pieces.extend_from_slice(piece);
        if message.get(1).is_none_or(|flags| flags & LAST == 0) {
            return Ok(None);
        }
        let deflated = std::mem::take(&mut self.pieces);
        read(&deflated).map(Some)
    }

    fn lose(&mut self) {
        self.pieces.clear();
        self.lost = true;
    }
}

/// The events in a deflated batch.
pub fn read(deflated: &[u8]) -> Result<Batch<MirrorEvent>, Malformed> {
    let mut text = String::new();
    let most = limits::MIRROR_BATCH as u64;
    // Read no further than a batch may be long: a small bomb makes no large text.
    DeflateDecoder::new(deflated)
        .take(most + 1)
        .read_to_string(&mut text)
        .map_err(|_| Malformed::Deflate)?;
    if text.len() > limits::MIRROR_BATCH {
        return Err(Malformed::TooLarge);
    }
    events::read(&text).ok_or(Malformed::Events)
}

/// Whether a message of `bulk` is a mirror's.
pub(crate) fn is_mirror(message: &[u8]) -> bool {
    message.first() == Some(&bulk::kind::MIRROR)
}
