//! Whatever a socket sends, the node answers with a typed error and stays up.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use isession_node::{Clock, Config, ManualClock, SystemClock};
use isession_protocol::signaling::{ErrorFrame, ToVisitor};
use isession_protocol::{ErrorCode, limits};
use isession_tests::{Lab, Ws, agent_there, http, raw_visitor};
use tokio_tungstenite::tungstenite::Message;

const HELLO: &str = r#"{"type":"hello","site":"shop","details":{}}"#;

async fn send(ws: &mut Ws, text: &str) {
    ws.send(Message::text(text)).await.unwrap();
}

/// The next error; `None` when the connection closes without one.
async fn error(ws: &mut Ws) -> Option<ErrorFrame> {
    while let Some(Ok(message)) = ws.next().await {
        if let Message::Text(text) = message
            && let Ok(ToVisitor::Error(error)) = serde_json::from_str(&text)
        {
            return Some(error);
        }
    }
    None
}

#[tokio::test]
async fn before_hello_they_are_told_and_hello_must_come_first() {
    let lab = Lab::start().await;
    for (frame, code, fatal) in [
        ("no json", ErrorCode::BadFrame, false),
        ("{}", ErrorCode::BadFrame, false),
        (
            r#"{"type":"hello","site":"../etc"}"#,
            ErrorCode::BadFrame,
            false,
        ),
        (r#"{"type":"leave"}"#, ErrorCode::BadFrame, true),
        (
            r#"{"type":"hello","site":"nowhere"}"#,
            ErrorCode::UnknownSite,
            true,
        ),
    ] {
        let mut ws = raw_visitor(&lab.url(), None).await.unwrap();
        send(&mut ws, frame).await;
        let error = error(&mut ws).await.unwrap();
        assert_eq!((error.code, error.fatal), (code, fatal), "{frame}");
    }
}

#[tokio::test]
async fn in_the_queue_they_cost_nothing_but_an_answer() {
    let lab = Lab::start().await;
    let mut ws = raw_visitor(&lab.url(), None).await.unwrap();
    send(&mut ws, HELLO).await;
    let nobody = "01936f2a-7b1c-7d00-8a00-000000000009";
    for (frame, code) in [
        ("[]".to_owned(), ErrorCode::BadFrame),
        (HELLO.to_owned(), ErrorCode::BadFrame),
        (
            format!(r#"{{"type":"ice","link":"{nobody}"}}"#),
            ErrorCode::NotFound,
        ),
        (
            format!(r#"{{"type":"end","session":"{nobody}"}}"#),
            ErrorCode::NotFound,
        ),
        (
            format!(r#"{{"type":"path","link":"{nobody}","path":"direct"}}"#),
            ErrorCode::NotFound,
        ),
        (
            format!(
                r#"{{"type":"signal","link":"{nobody}","signal":{{"kind":"ready","epoch":"a"}}}}"#
            ),
            ErrorCode::NotFound,
        ),
    ] {
        send(&mut ws, &frame).await;
        let error = error(&mut ws).await.unwrap();
        assert_eq!((error.code, error.fatal), (code, false), "{frame}");
    }
    // A frame of a newer version is no error: the next answer is of the frame after it.
    send(&mut ws, r#"{"type":"wave"}"#).await;
    send(&mut ws, "[]").await;
    assert_eq!(error(&mut ws).await.unwrap().code, ErrorCode::BadFrame);
}

#[tokio::test]
async fn a_ticket_that_does_not_hold_is_told_and_the_visitor_let_in() {
    let lab = Lab::start().await;
    let mut ws = raw_visitor(&lab.url(), None).await.unwrap();
    send(
        &mut ws,
        r#"{"type":"hello","site":"shop","ticket":"e30.AAAA","details":{}}"#,
    )
    .await;
    assert_eq!(error(&mut ws).await.unwrap().code, ErrorCode::BadTicket);
    let Some(Ok(Message::Text(text))) = ws.next().await else {
        panic!("closed")
    };
    assert!(
        matches!(serde_json::from_str(&text), Ok(ToVisitor::Welcome { .. })),
        "{text}"
    );
}

#[tokio::test]
async fn frames_that_come_too_fast_end_the_connection() {
    flooding_ends_it(Message::text(r#"{"type":"wave"}"#)).await;
}

#[tokio::test]
async fn pings_that_come_too_fast_end_the_connection() {
    flooding_ends_it(Message::Ping("wave".into())).await;
}

#[tokio::test]
async fn all_sockets_of_an_address_share_a_pace() {
    // None is ever given back: the time stands still.
    let clock = ManualClock::starting_at(SystemClock.now());
    let few = |config: &mut Config| config.limits.frames_per_minute = 100;
    let lab = Lab::with(few, Arc::new(clock)).await;
    let mut heard = 0;
    let refused = loop {
        let mut ws = raw_visitor(&lab.url(), None).await.unwrap();
        for _ in 0..10 {
            send(&mut ws, "[]").await;
            let error = error(&mut ws).await.unwrap();
            if error.code != ErrorCode::BadFrame {
                break;
            }
            heard += 1;
        }
        if heard == 100 {
            send(&mut ws, "[]").await;
            break error(&mut ws).await.unwrap();
        }
    };
    assert_eq!((refused.code, refused.fatal), (ErrorCode::TooFast, true));
}

#[tokio::test]
async fn requests_that_come_too_fast_are_refused() {
    let clock = ManualClock::starting_at(SystemClock.now());
    let few = |config: &mut Config| config.limits.requests_per_minute = 5;
    let lab = Lab::with(few, Arc::new(clock.clone())).await;
    let url = lab.url();
    let ask = || http(&url, "GET", "/v1/sites/shop", "", "");
    for _ in 0..5 {
        assert!(ask().await.starts_with("HTTP/1.1 200"));
    }
    let refused = ask().await;
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains(r#""code":"too_fast""#), "{refused}");
    clock.advance(60_000);
    assert!(ask().await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn whether_an_agent_is_available_is_asked_of_a_department() {
    let lab = Lab::start().await;
    let _ada = agent_there(&lab.url(), "ada").await;
    let url = lab.url();
    let ask = async |department: &str| {
        let path = format!("/v1/sites/shop?department={department}");
        http(&url, "GET", &path, "", "").await
    };
    let answer = ask("billing").await;
    assert!(answer.contains(r#""available":true"#), "{answer}");
    let refused = ask(&"x".repeat(41)).await;
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
}

#[tokio::test]
async fn a_frame_that_is_too_large_is_told_and_ends_the_connection() {
    let lab = Lab::start().await;
    let mut ws = raw_visitor(&lab.url(), None).await.unwrap();
    send(&mut ws, HELLO).await;
    send(&mut ws, &" ".repeat(limits::SIGNALING_FRAME + 1)).await;
    let error = error(&mut ws).await.unwrap();
    assert_eq!((error.code, error.fatal), (ErrorCode::TooLarge, true));
    assert!(self::error(&mut ws).await.is_none());
    let metrics = lab.metrics().await;
    let closed = r#"isession_closed_total{reason="refused"} 1"#;
    assert!(metrics.contains(closed), "{metrics}");
}

#[tokio::test]
async fn whoever_is_not_let_in_in_time_is_let_go_whatever_it_says() {
    let (lab, clock) = Lab::with_manual_clock().await;
    let mut ws = raw_visitor(&lab.url(), None).await.unwrap();
    send(&mut ws, "[]").await;
    assert_eq!(error(&mut ws).await.unwrap().code, ErrorCode::BadFrame);
    // One who was let in stays.
    let mut other = raw_visitor(&lab.url(), None).await.unwrap();
    send(&mut other, HELLO).await;
    send(&mut other, "[]").await;
    assert_eq!(error(&mut other).await.unwrap().code, ErrorCode::BadFrame);
    clock.advance(10_000);
    let Some(Ok(Message::Close(Some(close)))) = ws.next().await else {
        panic!("no close");
    };
    assert_eq!(close.reason.as_str(), "silent");
    let silent = r#"isession_closed_total{reason="silent"}"#;
    lab.until_metric(silent, |closed| closed == 1.0).await;
    send(&mut other, "[]").await;
    assert_eq!(error(&mut other).await.unwrap().code, ErrorCode::BadFrame);
}

async fn flooding_ends_it(message: Message) {
    let lab = Lab::start().await;
    let mut ws = raw_visitor(&lab.url(), None).await.unwrap();
    send(&mut ws, HELLO).await;
    for _ in 0..1000 {
        // Refused ones close the connection, so a later write may fail.
        if ws.feed(message.clone()).await.is_err() {
            break;
        }
    }
    let _ = ws.flush().await;
    let error = error(&mut ws).await.unwrap();
    assert_eq!((error.code, error.fatal), (ErrorCode::TooFast, true));
    assert!(self::error(&mut ws).await.is_none());
    // The node is as well as before.
    lab.visitor().await;
}

#[tokio::test]
async fn without_the_subprotocol_there_is_no_socket() {
    let lab = Lab::start().await;
    let url = lab.url().to_string().replace("http:", "ws:") + "v1/visitor";
    assert!(tokio_tungstenite::connect_async(url).await.is_err());
}
