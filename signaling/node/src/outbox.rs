//! What waits to be written to one WebSocket.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use isession_protocol::ErrorCode;
use tokio::sync::Notify;

use crate::reached::Reached;

/// One thing to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    /// A frame.
    Frame(Utf8Bytes),
    /// A ping of the sweep.
    Ping,
    /// The last thing: a close frame.
    Close(Close),
}

/// Why the node closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Close {
    /// Refused with this code, which an error frame told before.
    Refused(ErrorCode),
    /// The peer reads too slowly; it may come back with its ticket.
    Overloaded,
    /// The peer did not answer pings, or was not let in in time.
    Silent,
    /// The node stops.
    GoingAway,
}

impl Close {
    /// The close code (RFC 6455 section 7.4.1 and the IANA registry).
    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::Refused(_) => 1008,
            Self::GoingAway => 1012,
            Self::Overloaded | Self::Silent => 1013,
        }
    }

    /// The reason in the close frame and in a metric's label.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Overloaded => "overloaded",
            Self::Silent => "silent",
            Self::GoingAway => "going_away",
        }
    }
}

/// A bounded queue in front of one WebSocket. When it is full, what waits is dropped and the
/// connection is closed: the peer comes back with its ticket and is told everything anew, so
/// nothing is lost by it and nobody waits for a slow reader.
#[derive(Debug)]
pub(crate) struct Outbox {
    id: u64,
    reached: Reached,
    capacity: usize,
    state: Mutex<State>,
    changed: Notify,
    heard: AtomicBool,
}

#[derive(Debug)]
enum State {
    Open(VecDeque<Out>),
    /// Closed; what is still to be written, then nothing more.
    Closing(VecDeque<Out>),
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Outbox {
    /// An empty outbox. `reached` is how the peer reached the node.
    pub(crate) fn new(capacity: usize, reached: Reached) -> Self {
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            reached,
            capacity,
            state: Mutex::new(State::Open(VecDeque::new())),
            changed: Notify::new(),
            heard: AtomicBool::new(true),
        }
    }

    /// Tells this connection from all others of this process.
    pub(crate) const fn id(&self) -> u64 {
        self.id
    }

    /// How the peer reached the node.
    pub(crate) const fn reached(&self) -> &Reached {
        &self.reached
    }

    /// Adds a frame; a full outbox closes.
    pub(crate) fn send<T: serde::Serialize>(&self, frame: &T) {
        self.push(Out::Frame(isession_protocol::encode(frame).into()));
    }

    /// Asks for a sign of life, and gives one: scripts in browsers see no pings. False if there
    /// was none since the last time.
    pub(crate) fn ping(&self, alive: Utf8Bytes) -> bool {
        let heard = self.heard.swap(false, Ordering::Relaxed);
        if heard {
            self.push(Out::Ping);
            self.push(Out::Frame(alive));
        }
        heard
    }

    /// Notes a sign of life.
    pub(crate) fn hear(&self) {
        self.heard.store(true, Ordering::Relaxed);
    }

    /// Writes what waits, then closes.
    pub(crate) fn close(&self, why: Close) {
        let mut state = self.lock();
        if let State::Open(queue) = &mut *state {
            let mut queue = std::mem::take(queue);
            queue.push_back(Out::Close(why));
            *state = State::Closing(queue);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// The next thing to write; `None` after the last.
    pub(crate) async fn next(&self) -> Option<Out> {
        loop {
            let changed = self.changed.notified();
            match &mut *self.lock() {
                State::Open(queue) => {
                    if let Some(out) = queue.pop_front() {
                        if queue.is_empty() {
                            // An idle connection holds no memory for what it once had to say.
                            queue.shrink_to_fit();
                        }
                        return Some(out);
                    }
                }
                State::Closing(queue) => return queue.pop_front(),
            }
            changed.await;
        }
    }

    fn push(&self, out: Out) {
        let mut state = self.lock();
        if let State::Open(queue) = &mut *state {
            if queue.len() < self.capacity {
                queue.push_back(out);
            } else {
                *state = State::Closing(VecDeque::from([Out::Close(Close::Overloaded)]));
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Nothing panics while the lock is held, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_come_out_in_order() {
        let outbox = Outbox::new(3, Reached::default());
        outbox.send(&1);
        outbox.send(&2);
        assert_eq!(outbox.next().await, Some(Out::Frame("1".into())));
        assert_eq!(outbox.next().await, Some(Out::Frame("2".into())));
    }

    #[tokio::test]
    async fn a_full_outbox_closes_and_takes_no_more() {
        let outbox = Outbox::new(2, Reached::default());
        for n in 0..5 {
            outbox.send(&n);
        }
        assert_eq!(outbox.next().await, Some(Out::Close(Close::Overloaded)));
        assert_eq!(outbox.next().await, None);
    }

    #[tokio::test]
    async fn what_waits_is_written_before_the_close() {
        let outbox = Outbox::new(2, Reached::default());
        outbox.send(&1);
        outbox.close(Close::GoingAway);
        outbox.send(&2);
        assert_eq!(outbox.next().await, Some(Out::Frame("1".into())));
        assert_eq!(outbox.next().await, Some(Out::Close(Close::GoingAway)));
        assert_eq!(outbox.next().await, None);
    }

    #[test]
    fn a_peer_that_answers_no_ping_is_silent() {
        let outbox = Outbox::new(4, Reached::default());
        let ping = || outbox.ping("alive".into());
        assert!(ping());
        assert!(!ping());
        outbox.hear();
        assert!(ping());
    }
}
