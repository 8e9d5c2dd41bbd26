//! What the two kinds of WebSocket have in common.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use isession_protocol::bounded::Reason;
use isession_protocol::signaling::ErrorFrame;
use isession_protocol::{DecodeError, ErrorCode, SUBPROTOCOL, limits};
use tokio::time::timeout;

use super::http::Problem;
use crate::node::Shared;
use crate::outbox::{Close, Out, Outbox};
use crate::rates::{Bucket, Door};

/// A connection that says nothing is closed after this time.
const HELLO: Duration = Duration::from_secs(10);
/// A peer that does not read for this long is let go.
const WRITE: Duration = Duration::from_secs(10);
/// After the last frame, the peer's own last ones are read and dropped for this long: a socket
/// closed with unread bytes is reset, and the peer would never read why (RFC 9293 section 3.6.1).
const LINGER: Duration = Duration::from_secs(2);
/// What one frame that cannot be read costs of the frame rate: noise is not free.
const BAD_FRAME_COST: u32 = 10;

/// A frame was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refusal {
    pub code: ErrorCode,
    pub message: &'static str,
    /// The connection ends with it.
    pub fatal: bool,
}

impl Refusal {
    pub(super) const fn fatal(code: ErrorCode, message: &'static str) -> Self {
        Self {
            code,
            message,
            fatal: true,
        }
    }

    pub(super) const fn mild(code: ErrorCode, message: &'static str) -> Self {
        Self {
            code,
            message,
            fatal: false,
        }
    }

    /// The frame that tells the peer.
    pub(super) fn frame(self) -> ErrorFrame {
        ErrorFrame {
            code: self.code,
            message: Reason::truncated(self.message),
            fatal: self.fatal,
        }
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        match error.code() {
            ErrorCode::TooLarge => Self::mild(ErrorCode::TooLarge, "the frame is too large"),
            code => Self::mild(code, "the frame is not understood"),
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        let message = match code {
            ErrorCode::NotFound => "no such session or link",
            ErrorCode::NotYours => "that session or link is somebody else's",
            _ => "refused",
        };
        Self::mild(code, message)
    }
}

/// One side's part of a connection: what its frames mean.
pub(super) trait Side: Send {
    /// Takes one frame.
    fn frame(&mut self, text: &str) -> impl Future<Output = Result<(), Refusal>> + Send;
    /// Whether the peer may stay; asked with each ping of the sweep.
    fn stays(&self) -> impl Future<Output = Result<(), Refusal>> + Send;
    /// Wraps a refusal in the side's own kind of frame.
    fn refuse(&self, refusal: Refusal);
    /// The connection is over.
    fn closed(self) -> impl Future<Output = ()> + Send;
}

/// Checks what both sides' upgrades have in common and bounds the socket's memory.
pub(super) fn prepare(ws: WebSocketUpgrade) -> Result<WebSocketUpgrade, Problem> {
    let ws = ws
        .protocols([SUBPROTOCOL])
        // The library zeroes and keeps a buffer of this size for each socket.
        .read_buffer_size(512)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * limits::SIGNALING_FRAME)
        .max_message_size(limits::SIGNALING_FRAME)
        .max_frame_size(limits::SIGNALING_FRAME);
    if ws.selected_protocol().is_none() {
        return Err(Problem::bad_request(
            "offer the WebSocket subprotocol isession.v1",
        ));
    }
    Ok(ws)
}

/// Reads and writes until either side is done. `door` stays open for as long.
pub(super) async fn run<S: Side>(
    mut ws: WebSocket,
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    mut side: S,
    door: Door,
) {
    let frames = shared.config.limits.frames_per_second;
    let mut bucket = Bucket::full(frames, 1000, frames.saturating_mul(4), shared.clock.now());
    let mut alive = shared.alive();
    let greeting = async {
        let text = next_text(&mut ws, &outbox, &mut bucket, &shared);
        let text = timeout(HELLO, text).await.ok()??;
        take(&mut side, &shared, &mut bucket, text).await;
        Some(())
    };
    let greeted = tokio::select! {
        greeted = greeting => greeted.is_some(),
        () = alive.over() => false,
    };
    // A connection that did not greet has nothing to read or write.
    let mut open = greeted;
    while open {
        open = tokio::select! {
            biased;
            () = alive.over() => false,
            out = outbox.next() => match out {
                Some(Out::Ping) => {
                    refuse(&side, &shared, side.stays().await);
                    write(&mut ws, Out::Ping).await
                }
                Some(out) => write(&mut ws, out).await,
                None => false,
            },
            text = next_text(&mut ws, &outbox, &mut bucket, &shared) => match text {
                Some(text) => {
                    take(&mut side, &shared, &mut bucket, text).await;
                    true
                }
                None => false,
            },
        };
    }
    side.closed().await;
    let farewell = async { while let Some(Ok(_)) = ws.recv().await {} };
    tokio::select! {
        _ = timeout(LINGER, farewell) => {}
        () = alive.over() => {}
    }
    drop(door);
}

/// Hands one frame to the side; a refusal is told, and a fatal one closes after it was told.
async fn take<S: Side>(
    side: &mut S,
    shared: &Shared,
    bucket: &mut Bucket,
    text: Result<Utf8Bytes, Refusal>,
) {
    let taken = match text {
        Ok(text) => side.frame(&text).await,
        Err(refusal) => Err(refusal),
    };
    let taken = taken.map_err(|refusal| Refusal {
        fatal: refusal.fatal
            || refusal.code == ErrorCode::BadFrame
                && !bucket.take(BAD_FRAME_COST, shared.clock.now()),
        ..refusal
    });
    refuse(side, shared, taken);
}

/// Tells a refusal and counts it.
fn refuse<S: Side>(side: &S, shared: &Shared, taken: Result<(), Refusal>) {
    if let Err(refusal) = taken {
        shared.metrics.refuse(refusal.code);
        side.refuse(refusal);
    }
}

/// The next text message, or a refusal of what came too fast; `None` when the connection is over.
async fn next_text(
    ws: &mut WebSocket,
    outbox: &Outbox,
    bucket: &mut Bucket,
    shared: &Shared,
) -> Option<Result<Utf8Bytes, Refusal>> {
    loop {
        let message = ws.recv().await?.ok()?;
        outbox.hear();
        // Pings too: each is read and answered.
        if !bucket.take(1, shared.clock.now()) {
            return Some(Err(Refusal::fatal(
                ErrorCode::TooFast,
                "frames come too fast",
            )));
        }
        match message {
            Message::Text(text) => return Some(Ok(text)),
            // An unreadable frame, so that it is answered like any other of its kind.
            Message::Binary(_) => return Some(Ok("binary".into())),
            Message::Close(_) => return None,
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

/// Writes one thing; false when the connection is over.
async fn write(ws: &mut WebSocket, out: Out) -> bool {
    let (message, last) = match out {
        Out::Frame(text) => (Message::Text(text), false),
        Out::Ping => (Message::Ping(axum::body::Bytes::new()), false),
        Out::Close(why) => (Message::Close(Some(close_frame(why))), true),
    };
    let written = timeout(WRITE, ws.send(message)).await;
    matches!(written, Ok(Ok(()))) && !last
}

fn close_frame(why: Close) -> CloseFrame {
    let reason = match why {
        Close::Refused(_) => "refused",
        Close::Overloaded => "overloaded",
        Close::Silent => "silent",
        Close::GoingAway => "going away",
    };
    CloseFrame {
        code: why.code(),
        reason: reason.into(),
    }
}
