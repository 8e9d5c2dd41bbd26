//! The `bulk` channel, as programs hold it. What arrives is always taken off the connection: data
//! left in it would close the window that all three channels share (RFC 9260, section 6.2), and
//! with it the conversation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use isession_protocol::bounded::TooLong;
use isession_protocol::{bulk, limits};
use tokio::sync::{mpsc, watch};
use webrtc::data_channel::DataChannel;

use crate::SdkError;
use crate::mirror::is_mirror;

/// Messages, and bytes in them, that wait for a program. Beyond either, all is thrown away until
/// the program has taken what waits and been told.
const MESSAGES: usize = 1024;
const BYTES: usize = 16 * 1024 * 1024;

/// Where a session puts its open channel.
pub(crate) type Open = watch::Sender<Option<OpenBulk>>;

#[derive(Clone)]
pub(crate) struct OpenBulk(pub Arc<dyn DataChannel>);

impl std::fmt::Debug for OpenBulk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenBulk")
    }
}

/// Sends on the `bulk` channel, which never delays the conversation.
#[derive(Clone, Debug)]
pub struct BulkSender(watch::Receiver<Option<OpenBulk>>);

impl BulkSender {
    /// Sends up to a byte less than 256 KiB. Waits while the channel's buffer is full. What is sent
    /// while there is no path is refused.
    pub async fn send(&self, data: &[u8]) -> Result<(), SdkError> {
        self.send_as(&[bulk::kind::DATA], data).await
    }

    /// Sends a piece of a mirror.
    pub(crate) async fn send_mirror(&self, piece: &[u8], last: bool) -> Result<(), SdkError> {
        let flags = if last { bulk::LAST } else { 0 };
        self.send_as(&[bulk::kind::MIRROR, flags], piece).await
    }

    async fn send_as(&self, head: &[u8], data: &[u8]) -> Result<(), SdkError> {
        let bytes = head.len() + data.len();
        if bytes > limits::CHANNEL_FRAME {
            return Err(SdkError::TooLong(TooLong {
                bytes,
                max: limits::CHANNEL_FRAME,
            }));
        }
        let channel = self.0.borrow().clone().ok_or(SdkError::NotOpen)?;
        let message = [head, data].concat();
        Ok(channel.0.send(message.as_slice().into()).await?)
    }
}

/// Receives from the `bulk` channel. Up to 16 MiB in up to 1,024 messages wait for the program.
#[derive(Debug)]
pub struct BulkReceiver {
    messages: mpsc::Receiver<Vec<u8>>,
    waiting: Arc<Waiting>,
}

/// What waits, and what found no room.
#[derive(Debug, Default)]
struct Waiting {
    /// Nobody is heard before the accept.
    listens: AtomicBool,
    bytes: AtomicUsize,
    lost: AtomicUsize,
}

impl BulkReceiver {
    /// The next message. After [`SdkError::BulkLost`] come those that arrived since.
    pub async fn next(&mut self) -> Result<Vec<u8>, SdkError> {
        if let Ok(message) = self.messages.try_recv() {
            return Ok(self.took(message));
        }
        match self.waiting.lost.swap(0, Ordering::AcqRel) {
            0 => {
                let message = self.messages.recv().await.ok_or(SdkError::Over)?;
                Ok(self.took(message))
            }
            messages => Err(SdkError::BulkLost { messages }),
        }
    }

    fn took(&self, message: Vec<u8>) -> Vec<u8> {
        self.waiting
            .bytes
            .fetch_sub(message.len(), Ordering::AcqRel);
        message
    }
}

/// Where a session's messages go: each kind has a queue of its own.
#[derive(Clone, Debug)]
pub(crate) struct BulkQueues {
    data: BulkQueue,
    mirror: BulkQueue,
}

impl BulkQueues {
    /// Messages from here on are for the program.
    pub(crate) fn listen(&self) {
        self.data.listen();
        self.mirror.listen();
    }

    /// Keeps a message for the program, or counts it as lost: never waits.
    pub(crate) fn put(&self, mut message: Vec<u8>) {
        if is_mirror(&message) {
            self.mirror.put(message);
        } else if message.first() == Some(&bulk::kind::DATA) {
            message.remove(0);
            self.data.put(message);
        }
    }

    /// Another channel takes over. To the mirror that is a message with nothing in it.
    pub(crate) fn begin(&self) {
        self.mirror.put(Vec::new());
    }
}

/// The other end of a [`BulkReceiver`].
#[derive(Clone, Debug)]
struct BulkQueue {
    messages: mpsc::Sender<Vec<u8>>,
    waiting: Arc<Waiting>,
}

impl BulkQueue {
    fn listen(&self) {
        self.waiting.listens.store(true, Ordering::Release);
    }

    fn put(&self, message: Vec<u8>) {
        let length = message.len();
        let waiting = &self.waiting;
        if !waiting.listens.load(Ordering::Acquire) {
            return;
        }
        let behind = waiting.lost.load(Ordering::Acquire) > 0;
        if behind || waiting.bytes.fetch_add(length, Ordering::AcqRel) + length > BYTES {
            if !behind {
                waiting.bytes.fetch_sub(length, Ordering::AcqRel);
            }
            waiting.lost.fetch_add(1, Ordering::AcqRel);
        } else if self.messages.try_send(message).is_err() {
            waiting.bytes.fetch_sub(length, Ordering::AcqRel);
            waiting.lost.fetch_add(1, Ordering::AcqRel);
        }
    }
}

/// The queues of a session, and the ends at the program: of its own data, and of the mirror.
pub(crate) fn queues() -> (BulkQueues, BulkReceiver, BulkReceiver) {
    let (data, data_in) = queue();
    let (mirror, mirror_in) = queue();
    (BulkQueues { data, mirror }, data_in, mirror_in)
}

fn queue() -> (BulkQueue, BulkReceiver) {
    let (sender, messages) = mpsc::channel(MESSAGES);
    let waiting = Arc::new(Waiting::default());
    let queue = BulkQueue {
        messages: sender,
        waiting: Arc::clone(&waiting),
    };
    (queue, BulkReceiver { messages, waiting })
}

/// A session's channel, not open yet, and the way to send on it.
pub(crate) fn channel() -> (Open, BulkSender) {
    let (open, sender) = watch::channel(None);
    (open, BulkSender(sender))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test that cannot be set up has failed"
    )]

    use super::*;

    #[tokio::test]
    async fn a_slow_program_is_told_what_it_lost_and_goes_on() {
        let (queue, mut receiver) = queue();
        queue.listen();
        for n in 0..=MESSAGES + 1 {
            queue.put(vec![u8::try_from(n % 256).unwrap()]);
        }
        for n in 0..MESSAGES {
            assert_eq!(
                receiver.next().await.unwrap(),
                [u8::try_from(n % 256).unwrap()]
            );
        }
        let lost = receiver.next().await;
        assert!(
            matches!(lost, Err(SdkError::BulkLost { messages: 2 })),
            "{lost:?}"
        );
        queue.put(vec![7]);
        assert_eq!(receiver.next().await.unwrap(), [7]);
    }

    #[tokio::test]
    async fn what_comes_before_the_accept_is_not_heard() {
        let (queue, mut receiver) = queue();
        queue.put(vec![1]);
        queue.listen();
        queue.put(vec![2]);
        assert_eq!(receiver.next().await.unwrap(), [2]);
    }

    #[tokio::test]
    async fn bytes_are_bounded_too() {
        let (queue, mut receiver) = queue();
        queue.listen();
        let large = limits::CHANNEL_FRAME;
        for _ in 0..=BYTES / large {
            queue.put(vec![0; large]);
        }
        for _ in 0..BYTES / large {
            assert_eq!(receiver.next().await.unwrap().len(), large);
        }
        assert!(matches!(
            receiver.next().await,
            Err(SdkError::BulkLost { messages: 1 })
        ));
        drop(queue);
        assert!(matches!(receiver.next().await, Err(SdkError::Over)));
    }
}
