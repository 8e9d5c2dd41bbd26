//! The node's HTTP and WebSocket edge.

mod agent;
mod assets;
mod check;
mod gate;
mod http;
mod identity;
mod link;
mod mirror;
mod peer;
mod socket;
mod visitor;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use isession_protocol::ErrorCode;
use tokio::time::timeout;

pub(crate) use self::gate::serve;
use self::http::Problem;
use self::peer::Peer;
use crate::node::Shared;

/// The largest request body: a sign-in.
const BODY: usize = 4096;
/// The longest that a request may take, its body and its answer's head included.
const REQUEST: Duration = Duration::from_secs(60);
/// How long browsers remember that this host speaks TLS (RFC 6797): long enough to bridge the time
/// between two visits, and short enough to outlast a mistake.
const HSTS: &str = "max-age=2592000";

pub(crate) type Node = State<Arc<Shared>>;

/// The node's pages. `tls` says that whoever reads them came through it.
fn router(shared: Arc<Shared>, tls: bool) -> Router {
    Router::new()
        .route("/", get(http::front))
        .route("/go/{site}", get(http::companion))
        .route("/console", get(http::console))
        .route("/mirror/{site}", get(mirror::show))
        .route("/launcher.js", get(assets::launcher))
        .route("/page.js", get(assets::page_script))
        .route("/assets/{file}", get(assets::asset))
        .route("/check", get(check::show))
        .route("/healthz", get(http::health))
        .route("/metrics", get(http::metrics))
        .route("/v1/visitor", get(visitor::upgrade))
        .route("/v1/agent", get(agent::upgrade))
        .route("/v1/check", post(check::servers))
        .route("/v1/login", post(identity::login))
        .route("/v1/logout", post(identity::logout))
        .route("/v1/me", get(identity::me))
        .route("/v1/sites/{site}", get(http::site))
        .fallback(http::nothing_here)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), pace))
        .layer(middleware::from_fn(move |request, next| {
            harden(tls, request, next)
        }))
        .with_state(shared)
}

/// For plain HTTP where TLS is spoken.
fn misplaced() -> Router {
    Router::new().fallback(async || {
        Problem::bad_request("this port speaks https: use an address that begins with https://")
    })
}

/// Refuses what one address asks for too often.
async fn pace(State(shared): Node, peer: Peer, request: Request, next: Next) -> Response {
    if shared.requests.admit(peer.address, shared.clock.now()) {
        next.run(request).await
    } else {
        Problem::busy(&shared, ErrorCode::TooFast).into_response()
    }
}

/// What every answer carries.
async fn harden(tls: bool, request: Request, next: Next) -> Response {
    let answer = timeout(REQUEST, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| {
        let message = "the request took too long";
        Problem::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::Unknown, message).into_response()
    });
    let headers = response.headers_mut();
    if tls {
        let hsts = HeaderValue::from_static(HSTS);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    );
    response
}
