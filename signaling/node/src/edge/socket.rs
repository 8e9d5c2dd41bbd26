//! What the two kinds of WebSocket have in common.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use isession_protocol::bounded::Reason;
use isession_protocol::signaling::ErrorFrame;
use isession_protocol::{DecodeError, ErrorCode, SUBPROTOCOL, limits};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;

use super::http::Problem;
use crate::node::Shared;
use crate::outbox::{Close, Out, Outbox};
use crate::rates::{Bucket, Door};

/// Milliseconds after which a connection is closed that was not let in, whatever it says.
const HELLO: u64 = 10_000;
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

/// It is not read to its end, so nothing that comes after it can be.
const TOO_LARGE: Refusal = Refusal::fatal(ErrorCode::TooLarge, "the frame is too large");

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        match error.code() {
            ErrorCode::TooLarge => TOO_LARGE,
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
    /// Whether hello was taken.
    fn joined(&self) -> bool;
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

/// How much a connection may say: so much itself, and so much all of its address.
struct Pace<'a> {
    shared: &'a Shared,
    address: IpAddr,
    own: Bucket,
}

impl<'a> Pace<'a> {
    fn new(shared: &'a Shared, address: IpAddr) -> Self {
        let frames = shared.config.limits.frames_per_second;
        let own = Bucket::full(frames, 1000, frames.saturating_mul(4), shared.clock.now());
        Self {
            shared,
            address,
            own,
        }
    }

    /// Whether one more frame may be heard.
    fn admits(&mut self) -> bool {
        let now = self.shared.clock.now();
        self.own.take(1, now) && self.shared.frames.admit(self.address, now)
    }

    /// Whether one more frame that cannot be read is put up with.
    fn forgives(&mut self) -> bool {
        self.own.take(BAD_FRAME_COST, self.shared.clock.now())
    }
}

/// Reads and writes until either side is done. `door` stays open for as long.
pub(super) async fn run<S: Side>(
    mut ws: WebSocket,
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    mut side: S,
    address: IpAddr,
    door: Door,
) {
    let mut pace = Pace::new(&shared, address);
    let mut alive = shared.alive();
    let mut patience = shared.clock.until(shared.clock.now().plus(HELLO));
    let (mut open, mut unread) = (true, false);
    while open {
        open = tokio::select! {
            biased;
            () = alive.over() => false,
            out = outbox.next() => match out {
                Some(Out::Ping) => {
                    refuse(&side, &shared, side.stays().await);
                    write(&mut ws, &shared, Out::Ping).await
                }
                Some(out) => write(&mut ws, &shared, out).await,
                None => false,
            },
            () = patience.as_mut(), if !side.joined() => {
                outbox.close(Close::Silent);
                true
            }
            text = next_text(&mut ws, &outbox, &mut pace) => match text {
                Some(text) => {
                    unread = text == Err(TOO_LARGE);
                    take(&mut side, &mut pace, text).await;
                    true
                }
                None => false,
            },
        };
    }
    side.closed().await;
    let farewell = async {
        if unread {
            std::future::pending::<()>().await;
        }
        while let Some(Ok(_)) = ws.recv().await {}
    };
    tokio::select! {
        _ = timeout(LINGER, farewell) => {}
        () = alive.over() => {}
    }
    drop(door);
}

/// Hands one frame to the side; a refusal is told, and a fatal one closes after it was told.
async fn take<S: Side>(side: &mut S, pace: &mut Pace<'_>, text: Result<Utf8Bytes, Refusal>) {
    let taken = match text {
        Ok(text) => side.frame(&text).await,
        Err(refusal) => Err(refusal),
    };
    let taken = taken.map_err(|refusal| Refusal {
        fatal: refusal.fatal || refusal.code == ErrorCode::BadFrame && !pace.forgives(),
        ..refusal
    });
    refuse(side, pace.shared, taken);
}

/// Tells a refusal and counts it.
fn refuse<S: Side>(side: &S, shared: &Shared, taken: Result<(), Refusal>) {
    if let Err(refusal) = taken {
        shared.metrics.refuse(refusal.code);
        side.refuse(refusal);
    }
}

/// The next text message, or a refusal of what came too fast or is too large; `None` when the
/// connection is over.
async fn next_text(
    ws: &mut WebSocket,
    outbox: &Outbox,
    pace: &mut Pace<'_>,
) -> Option<Result<Utf8Bytes, Refusal>> {
    loop {
        let message = match ws.recv().await? {
            Ok(message) => message,
            Err(error) => return is_too_large(error).then_some(Err(TOO_LARGE)),
        };
        outbox.hear();
        // Pings too: each is read and answered.
        if !pace.admits() {
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

fn is_too_large(error: axum::Error) -> bool {
    let error = error.into_inner();
    let error = error.downcast_ref::<tungstenite::Error>();
    matches!(error, Some(tungstenite::Error::Capacity(_)))
}

/// Writes one thing; false when the connection is over.
async fn write(ws: &mut WebSocket, shared: &Shared, out: Out) -> bool {
    let (message, last) = match out {
        Out::Frame(text) => (Message::Text(text), false),
        Out::Ping => (Message::Ping(axum::body::Bytes::new()), false),
        Out::Close(why) => {
            shared.metrics.close(why);
            (Message::Close(Some(close_frame(why))), true)
        }
    };
    let written = timeout(WRITE, ws.send(message)).await;
    matches!(written, Ok(Ok(()))) && !last
}

fn close_frame(why: Close) -> CloseFrame {
    CloseFrame {
        code: why.code(),
        reason: why.name().into(),
    }
}
