//! The frame in which a console shows a visitor's page. Its policy is what keeps the page harmless:
//! it names everything that may be loaded, and the documents within inherit it.

use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse, Response};
use isession_protocol::ErrorCode;
use isession_protocol::ids::SiteId;

use super::http::{Problem, no_assets};
use super::{Node, assets};
use crate::node::Shared;

pub(super) async fn show(
    State(shared): Node,
    Path(site): Path<String>,
) -> Result<Response, Problem> {
    let origins = origins_of(&shared, &site).await?;
    let html = assets::page("mirror.html").ok_or_else(no_assets)?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy(&origins)),
        (
            HeaderName::from_static("x-dns-prefetch-control"),
            "off".to_owned(),
        ),
    ];
    Ok((headers, Html(html)).into_response())
}

async fn origins_of(shared: &Shared, site: &str) -> Result<Vec<String>, Problem> {
    let missing = || {
        Problem::new(
            axum::http::StatusCode::NOT_FOUND,
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
    Ok(found.ok_or_else(missing)?.origins)
}

/// No script but the node's own; looks of the site's own origins only; in no frame but the
/// console's, and no frame within but the one of `data:` that has an origin of its own.
fn policy(origins: &[String]) -> String {
    let own = origins.join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline' {own}; \
         img-src data: {own}; font-src data: {own}; frame-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'self'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_come_from_the_sites_own_origins() {
        let policy = policy(&["https://shop.example".into(), "https://cdn.example".into()]);
        let looks = "https://shop.example https://cdn.example;";
        assert!(policy.contains(&format!("style-src 'unsafe-inline' {looks}")));
        assert!(policy.contains(&format!("img-src data: {looks}")));
        assert!(policy.contains(&format!("font-src data: {looks}")));
        assert!(policy.contains("script-src 'self';"));
    }
}
