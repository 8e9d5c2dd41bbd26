//! The node's HTTP and WebSocket edge.

mod agent;
mod assets;
mod check;
mod http;
mod identity;
mod mirror;
mod socket;
mod visitor;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::node::Shared;

/// The largest request body: a sign-in.
const BODY: usize = 4096;

pub(crate) type Node = State<Arc<Shared>>;

/// Serves until told to stop, then lets requests under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(shared).into_make_service_with_connect_info::<SocketAddr>();
    // Frames are small and each is an answer: held back for the last one's acknowledgement, every
    // second one would come 40 ms late.
    let listener = listener.tap_io(|tcp| {
        let _ = tcp.set_nodelay(true);
    });
    axum::serve(listener, service)
        .with_graceful_shutdown(stop)
        .await
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(http::front))
        .route("/go/{site}", get(http::companion))
        .route("/console", get(http::console))
        .route("/mirror/{site}", get(mirror::show))
        .route("/launcher.js", get(assets::launcher))
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
        .layer(middleware::from_fn(harden))
        .with_state(shared)
}

/// What every answer carries.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
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
