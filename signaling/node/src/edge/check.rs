//! The page that tells people what their network lets through, and what it needs of the node.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use isession_protocol::ErrorCode;
use isession_protocol::signaling::IceServer;
use serde::Serialize;

use super::http::{Problem, no_assets, page};
use super::identity::same_origin;
use super::peer::Peer;
use super::{Node, assets};

#[derive(Serialize)]
pub(super) struct Servers {
    ice: Vec<IceServer>,
}

/// Where to try, with credentials that carry nothing. Asked for by post, so that no link and no
/// prefetch mints any.
pub(super) async fn servers(
    State(shared): Node,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Json<Servers>, Problem> {
    let now = shared.clock.now();
    if !shared.checks.admit(peer.address, now) {
        return Err(Problem::busy(&shared, ErrorCode::TooFast));
    }
    same_origin(&headers, &peer)?;
    let ice = shared.relay.check(&peer.reached, now);
    Ok(Json(Servers { ice }))
}

pub(super) async fn show() -> Result<Response, Problem> {
    let html = assets::page("check.html").ok_or_else(no_assets)?;
    Ok(page(&html))
}
