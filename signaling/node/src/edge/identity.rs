//! Who an agent is: sign-in, sign-out, and the proof that later requests carry.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use isession_protocol::ErrorCode;
use isession_protocol::signaling::AgentCard;
use serde::{Deserialize, Serialize};

use super::Node;
use super::http::Problem;
use super::peer::Peer;
use crate::accounts::{Agent, SignIn, Token};
use crate::node::Shared;

const COOKIE: &str = "isession";

#[derive(Deserialize)]
pub(super) struct Login {
    login: String,
    password: String,
    /// Give the token in the answer, for programs. Browsers get a cookie no script can read.
    #[serde(default)]
    bearer: bool,
}

#[derive(Serialize)]
struct SignedIn {
    agent: AgentCard,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

pub(super) async fn login(
    State(shared): Node,
    peer: Peer,
    headers: HeaderMap,
    body: Result<Json<Login>, JsonRejection>,
) -> Result<Response, Problem> {
    let now = shared.clock.now();
    if !shared.logins.admit(peer.address, now) {
        return Err(Problem::busy(&shared, ErrorCode::TooFast));
    }
    same_origin(&headers, &peer)?;
    let Json(login) = body.map_err(|_| Problem::bad_request("send login and password as JSON"))?;
    let signed_in = shared
        .accounts
        .sign_in(&login.login, &login.password, now)
        .await;
    match signed_in.map_err(|error| Problem::broken(&error))? {
        SignIn::Refused => Err(Problem::not_signed_in("login or password is wrong")),
        SignIn::Welcome(agent, token) if login.bearer => Ok(Json(SignedIn {
            agent: agent.card,
            token: Some(token.as_str().to_owned()),
        })
        .into_response()),
        SignIn::Welcome(agent, token) => {
            let cookie = cookie(&peer, token.as_str(), "");
            let body = SignedIn {
                agent: agent.card,
                token: None,
            };
            Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(body)).into_response())
        }
    }
}

pub(super) async fn logout(
    State(shared): Node,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    same_origin(&headers, &peer)?;
    if let Some(token) = presented(&headers) {
        shared
            .accounts
            .sign_out(&token)
            .await
            .map_err(|error| Problem::broken(&error))?;
    }
    let cookie = cookie(&peer, "", "; Max-Age=0");
    Ok((
        StatusCode::NO_CONTENT,
        AppendHeaders([(header::SET_COOKIE, cookie)]),
    )
        .into_response())
}

pub(super) async fn me(
    State(shared): Node,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (agent, _) = authenticate(&shared, &peer, &headers).await?;
    Ok(Json(SignedIn {
        agent: agent.card,
        token: None,
    })
    .into_response())
}

/// The agent who sent this request, and the token that proves it. A cookie counts only from the
/// node's own pages: browsers attach cookies to WebSockets that other pages open (RFC 6455 section
/// 10.2).
pub(super) async fn authenticate(
    shared: &Shared,
    peer: &Peer,
    headers: &HeaderMap,
) -> Result<(Agent, Token), Problem> {
    if bearer(headers).is_none() {
        same_origin(headers, peer)?;
    }
    let token = presented(headers).ok_or_else(|| Problem::not_signed_in("sign in first"))?;
    shared
        .accounts
        .signed_in(&token, shared.clock.now())
        .await
        .map_err(|error| Problem::broken(&error))?
        .map(|agent| (agent, token))
        .ok_or_else(|| Problem::not_signed_in("sign in again"))
}

/// Requests of other pages are refused; programs send no origin.
pub(super) fn same_origin(headers: &HeaderMap, peer: &Peer) -> Result<(), Problem> {
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str());
    match origin {
        None => Ok(()),
        Some(Ok(origin)) if peer.reached.is_own(origin) => Ok(()),
        Some(_) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            ErrorCode::OriginNotAllowed,
            "only the node's own pages may do this; behind a proxy, set public_url",
        )),
    }
}

fn presented(headers: &HeaderMap) -> Option<Token> {
    bearer(headers)
        .or_else(|| cookie_value(headers))
        .map(Token::presented)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

fn cookie_value(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

fn cookie(peer: &Peer, value: &str, more: &str) -> String {
    let secure = if peer.reached.https { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}")
}
