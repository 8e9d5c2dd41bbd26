//! The WebSocket to the node: comes back by itself, and says hello anew each time.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use isession_protocol::bounded::Reason;
use isession_protocol::signaling::ErrorFrame;
use isession_protocol::{SUBPROTOCOL, decode, encode, limits};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use url::Url;
use uuid::Uuid;

use crate::SdkError;
use crate::net::{self, RootCertificates, Stream};

type Ws = WebSocketStream<Box<dyn Stream>>;

/// A question is answered in this time, or the connection is dead: nobody tells when an address
/// changes.
const ANSWER: Duration = Duration::from_secs(4);
/// A connection that does not open in this time never will.
const OPENING: Duration = Duration::from_secs(10);
/// A node that closed for a reason that may pass is left in peace for so many milliseconds.
const REFUSED: u32 = 5_000;
/// The longest pause, in milliseconds, that a node can ask for.
const LONGEST_PAUSE: u32 = 300_000;

/// Where and as whom to connect.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub node: Url,
    pub path: &'static str,
    /// Proof of an agent's sign-in.
    pub bearer: Option<String>,
    /// The page that a browser would tell.
    pub origin: Option<String>,
    pub roots: RootCertificates,
}

/// One side's part of a connection.
pub(crate) trait Side: Send {
    type In: DeserializeOwned + Send;
    type Out: Serialize + Send + Sync;

    /// The first frame of each connection.
    fn hello(&self) -> Self::Out;
    /// Takes a frame. `false` ends the connection for good.
    fn frame(&mut self, frame: Self::In) -> impl Future<Output = bool> + Send;
    /// What a frame means for the connection itself.
    fn meaning(frame: &Self::In) -> Meaning;
    /// Whether the node answers this frame.
    fn asks(frame: &Self::Out) -> bool;
    /// The next frame to send; `None` ends the connection for good.
    fn next(&mut self) -> impl Future<Output = Option<Self::Out>> + Send;
}

/// What a frame means for the connection itself.
pub(crate) enum Meaning {
    Welcome,
    GoingAway(u32),
    /// Milliseconds until the next sign of life.
    Alive(u32),
    /// It closes with this.
    Fatal(ErrorFrame),
    Other,
}

/// Opens the WebSocket.
pub(crate) async fn open(endpoint: &Endpoint) -> Result<Ws, SdkError> {
    let url = format!("ws://{}{}", net::authority(&endpoint.node), endpoint.path);
    let mut request = url.into_client_request()?;
    let headers = request.headers_mut();
    headers.insert(
        header::SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    let unfit = |_| SdkError::Address("a header that cannot be sent");
    if let Some(bearer) = &endpoint.bearer {
        let value = HeaderValue::from_str(&format!("Bearer {bearer}")).map_err(unfit)?;
        headers.insert(header::AUTHORIZATION, value);
    }
    if let Some(origin) = &endpoint.origin {
        headers.insert(
            header::ORIGIN,
            HeaderValue::from_str(origin).map_err(unfit)?,
        );
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .max_message_size(Some(limits::SIGNALING_FRAME));
    let stream = net::connect(&endpoint.node, &endpoint.roots).await?;
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((ws, _)) => Ok(ws),
        Err(WsError::Http(answer)) => Err(refusal(answer.body().as_deref())),
        Err(error) => Err(error.into()),
    }
}

fn refusal(body: Option<&[u8]>) -> SdkError {
    #[derive(serde::Deserialize)]
    struct Problem {
        code: isession_protocol::ErrorCode,
        message: String,
    }
    match body.and_then(|body| serde_json::from_slice::<Problem>(body).ok()) {
        Some(Problem { code, message }) => SdkError::Refused { code, message },
        None => SdkError::Answer,
    }
}

/// Serves the side until it or the node ends it. Gives back why, if it was the node.
pub(crate) async fn run<S: Side>(
    endpoint: Endpoint,
    first: Ws,
    side: &mut S,
) -> Option<ErrorFrame> {
    let mut tries = 0;
    let mut ws = Some(first);
    loop {
        let mut retry_after = 0;
        if let Some(ws) = ws.take() {
            match serve(ws, side, &mut tries).await {
                Ended::Lost { after } => retry_after = after,
                Ended::Refused(error) => return Some(error),
                Ended::Done => return None,
            }
        }
        let wait = Duration::from_millis(u64::from(retry_after) + back_off(tries));
        tries += 1;
        // What the side wants to send meanwhile is dropped: after the next hello the node and
        // the other side start over. Ends are told again then.
        let pause = tokio::time::sleep(wait);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                out = side.next() => {
                    out?;
                }
            }
        }
        match timeout(OPENING, open(&endpoint)).await {
            Ok(Ok(opened)) => ws = Some(opened),
            // A sign-in that lapsed is told before there is a connection.
            Ok(Err(SdkError::Refused { code, message })) if code.is_final() => {
                return Some(ErrorFrame {
                    code,
                    message: Reason::truncated(&message),
                    fatal: true,
                });
            }
            Ok(Err(error)) => tracing::debug!(%error, "the node is not reached"),
            Err(_) => tracing::debug!("the node does not answer"),
        }
    }
}

enum Ended {
    Lost { after: u32 },
    Refused(ErrorFrame),
    Done,
}

async fn serve<S: Side>(mut ws: Ws, side: &mut S, tries: &mut u32) -> Ended {
    let mut after = 0;
    // Connections die without a word when an address changes. A question without an answer shows
    // it; and once the node has said how often it speaks, two of these times without any frame.
    let mut patience = None;
    let mut silent_at = Some(Instant::now() + ANSWER);
    if ws.send(Message::text(encode(&side.hello()))).await.is_err() {
        return Ended::Lost { after };
    }
    loop {
        tokio::select! {
            () = sleep_until(silent_at.unwrap_or_else(Instant::now)), if silent_at.is_some() => {
                return Ended::Lost { after };
            }
            message = ws.next() => {
                silent_at = patience.map(|patience| Instant::now() + patience);
                let text = match message {
                    Some(Ok(Message::Text(text))) => text,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ended::Lost { after },
                    Some(Ok(_)) => continue,
                };
                let Ok(frame) = decode::<S::In>(&text, limits::SIGNALING_FRAME) else { continue };
                let mut refused = false;
                match S::meaning(&frame) {
                    Meaning::Welcome => *tries = 0,
                    Meaning::GoingAway(retry_after) => after = retry_after.min(LONGEST_PAUSE),
                    Meaning::Alive(next) => {
                        let between = 2 * Duration::from_millis(u64::from(next.min(LONGEST_PAUSE)));
                        patience = Some(between);
                        silent_at = Some(Instant::now() + between);
                    }
                    Meaning::Fatal(error) if error.is_final() => return Ended::Refused(error),
                    Meaning::Fatal(_) => (after, refused) = (REFUSED, true),
                    Meaning::Other => {}
                }
                if !side.frame(frame).await {
                    let _ = ws.close(None).await;
                    return Ended::Done;
                }
                if refused {
                    return Ended::Lost { after };
                }
            }
            out = side.next() => match out {
                Some(out) => {
                    if ws.send(Message::text(encode(&out))).await.is_err() {
                        return Ended::Lost { after };
                    }
                    if S::asks(&out) {
                        let answer_at = Instant::now() + ANSWER;
                        silent_at = Some(silent_at.map_or(answer_at, |at| at.min(answer_at)));
                    }
                }
                None => {
                    let _ = ws.close(None).await;
                    return Ended::Done;
                }
            },
        }
    }
}

/// Milliseconds before the next try; full jitter, so that a restarted node is not stormed.
fn back_off(tries: u32) -> u64 {
    let ceiling = (500_u64 << tries.min(6)).min(30_000);
    // The low bits of a version 4 UUID are random.
    let random = u64::from(Uuid::new_v4().as_fields().0);
    random % (ceiling + 1)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test that cannot be set up has failed"
    )]

    use serde_json::{Value, json};
    use tokio::io::duplex;
    use tokio::sync::mpsc;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    /// A side that asks when it is told to.
    struct Asking(mpsc::Receiver<Value>);

    impl Side for Asking {
        type In = Value;
        type Out = Value;

        fn hello(&self) -> Value {
            json!("hello")
        }

        fn meaning(frame: &Value) -> Meaning {
            match frame.as_str() {
                Some("alive") => Meaning::Alive(30_000),
                Some("alive, some day") => Meaning::Alive(u32::MAX),
                Some("going away for good") => Meaning::GoingAway(u32::MAX),
                Some("refused") => Meaning::Fatal(ErrorFrame {
                    code: isession_protocol::ErrorCode::TooFast,
                    message: Reason::default(),
                    fatal: true,
                }),
                _ => Meaning::Other,
            }
        }

        fn asks(frame: &Value) -> bool {
            frame == "question"
        }

        async fn frame(&mut self, _: Value) -> bool {
            true
        }

        async fn next(&mut self) -> Option<Value> {
            self.0.recv().await
        }
    }

    /// Serves a side whose node says `answers` and then nothing; how long until it gives up.
    async fn gives_up_after(answers: &[&str], asked: &[(u64, &str)]) -> Duration {
        let (waited, after) = gives_up(answers, asked).await;
        assert_eq!(after, 0);
        waited
    }

    /// The same, and for how long the node is left in peace.
    async fn gives_up(answers: &[&str], asked: &[(u64, &str)]) -> (Duration, u32) {
        let (mine, theirs) = duplex(64 * 1024);
        let mine: Box<dyn Stream> = Box::new(mine);
        let ws = WebSocketStream::from_raw_socket(mine, Role::Client, None).await;
        let mut node = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
        for answer in answers {
            node.send(Message::text(json!(answer).to_string()))
                .await
                .unwrap();
        }
        let (ask, questions) = mpsc::channel(4);
        let mut side = Asking(questions);
        let mut tries = 0;
        let began = Instant::now();
        let asks = async {
            for (at, question) in asked {
                sleep_until(began + Duration::from_secs(*at)).await;
                ask.send(json!(question)).await.unwrap();
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = serve(ws, &mut side, &mut tries) => match ended {
                Ended::Lost { after } => (began.elapsed(), after),
                _ => panic!("it comes back"),
            },
            () = asks => unreachable!("they go on"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_is_silent_is_left() {
        let four = Duration::from_secs(4);
        assert_eq!(gives_up_after(&[], &[]).await, four, "no answer to hello");
        let sixty = Duration::from_secs(60);
        assert_eq!(gives_up_after(&["welcome", "alive"], &[]).await, sixty);
        let asked = gives_up_after(&["welcome", "alive"], &[(10, "question")]).await;
        assert_eq!(asked, Duration::from_secs(14), "no answer to the question");
        let again = &[(10, "question"), (12, "question"), (13, "a word")];
        let asked = gives_up_after(&["welcome", "alive"], again).await;
        assert_eq!(
            asked,
            Duration::from_secs(14),
            "a later one gives no more time"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_asks_for_no_more_than_five_minutes() {
        let ten_minutes = Duration::from_secs(600);
        let silent = gives_up_after(&["welcome", "alive, some day"], &[]).await;
        assert_eq!(silent, ten_minutes, "twice the longest pause");
        let asked = &[(1, "question")];
        let (_, after) = gives_up(&["going away for good"], asked).await;
        assert_eq!(after, 300_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_that_may_pass_is_left_at_once() {
        let gave_up = gives_up(&["welcome", "refused"], &[]).await;
        assert_eq!(gave_up, (Duration::ZERO, REFUSED));
    }
}
