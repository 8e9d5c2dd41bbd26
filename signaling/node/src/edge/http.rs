//! Pages, figures and plain answers.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use isession_protocol::ErrorCode;
use isession_protocol::bounded::{Department, Name};
use isession_protocol::ids::SiteId;
use serde::{Deserialize, Serialize};

use super::Node;
use super::assets;
use crate::accounts::chain;
use crate::node::Shared;

/// No script, style or connection but the node's own, and in no frame.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// An error for programs and people: a code and a sentence.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    code: ErrorCode,
    message: &'static str,
}

impl Problem {
    pub(super) const fn new(status: StatusCode, code: ErrorCode, message: &'static str) -> Self {
        Self {
            status,
            code,
            message,
        }
    }

    pub(super) const fn bad_request(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadFrame, message)
    }

    pub(super) const fn not_signed_in(message: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, ErrorCode::NotSignedIn, message)
    }

    /// Too much at once; counted.
    pub(super) fn busy(shared: &Shared, code: ErrorCode) -> Self {
        shared.metrics.refuse(code);
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            code,
            "too many at once; try again in a minute",
        )
    }

    /// Our own fault: logged here, and told without details.
    pub(super) fn broken(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = chain(error), "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::Unknown,
            "the node failed",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(self)).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, 60.into());
        }
        response
    }
}

pub(super) async fn front() -> Redirect {
    Redirect::temporary("/console")
}

pub(super) async fn health(State(shared): Node) -> Result<&'static str, Problem> {
    if shared.is_whole() {
        return Ok("ok\n");
    }
    Err(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Unknown,
        "a part of the node has failed",
    ))
}

pub(super) async fn nothing_here() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
        "there is nothing here",
    )
}

pub(super) async fn metrics(State(shared): Node) -> Result<Response, Problem> {
    let text = shared
        .metrics
        .encode()
        .map_err(|error| Problem::broken(&error))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// The companion sends no Cross-Origin-Opener-Policy: it must keep its opener to lead it.
pub(super) async fn companion(
    State(shared): Node,
    Path(site): Path<String>,
) -> Result<Response, Problem> {
    let found = match site.parse::<SiteId>() {
        Ok(id) => shared
            .accounts
            .site(&id)
            .await
            .map_err(|error| Problem::broken(&error))?,
        Err(_) => None,
    };
    let Some(found) = found else {
        return Ok((StatusCode::NOT_FOUND, page(assets::NO_SITE)).into_response());
    };
    let template = assets::page("companion.html").ok_or_else(no_assets)?;
    let html = template
        .replace("{{site}}", found.card.id.as_str())
        .replace("{{name}}", &escape(found.card.name.as_str()));
    Ok(page(&html))
}

/// The console frames mirrors, and nothing else. Who opens it is cut off; the one window that it
/// opens and keeps in touch with is the agent's own tab on a site.
pub(super) async fn console() -> Result<Response, Problem> {
    let html = assets::page("console.html").ok_or_else(no_assets)?;
    let policy = format!("{CONTENT_POLICY}; frame-src 'self'");
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin-allow-popups",
        ),
    ];
    Ok((headers, Html(html)).into_response())
}

#[derive(Serialize)]
struct SiteState {
    id: SiteId,
    name: Name,
    available: bool,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    department: Option<Department>,
}

/// What a launcher on a site's page may know.
pub(super) async fn site(
    State(shared): Node,
    Path(site): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unreadable = |_| Problem::bad_request("a department has at most 40 bytes");
    let Query(Wanted { department }) = wanted.map_err(unreadable)?;
    let missing = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            ErrorCode::UnknownSite,
            "there is no such site here",
        )
    };
    let id: SiteId = site.parse().map_err(|_| missing())?;
    let found = shared
        .accounts
        .site(&id)
        .await
        .map_err(|error| Problem::broken(&error))?;
    let found = found.ok_or_else(missing)?;
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    let allowed = origin.filter(|origin| found.origins.iter().any(|known| known == origin));
    let allow = allowed.map(|origin| (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.to_owned()));
    let state = SiteState {
        available: shared.is_available(&id, department).await,
        id,
        name: found.card.name,
    };
    let vary = [(header::VARY, "Origin")];
    Ok((vary, AppendHeaders(allow), Json(state)).into_response())
}

pub(super) fn page(html: &str) -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY)];
    (policy, Html(html.to_owned())).into_response()
}

pub(super) const fn no_assets() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::NotFound,
        "this binary was built without its pages: run cargo xtask web before building it",
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sites_name_cannot_leave_its_place_in_the_page() {
        assert_eq!(
            escape(r#"<b a="1">&'"#),
            "&lt;b a=&quot;1&quot;&gt;&amp;&#39;"
        );
    }
}
