//! The pages' scripts and styles, built by `web/` and carried in the binary.

use std::borrow::Cow;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Dist;

pub(super) const NO_SITE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
     <meta name=\"viewport\" content=\"width=device-width\">\
     <meta name=\"color-scheme\" content=\"light dark\"><title>No such site</title>\
     <main><h1>There is no such site here</h1>\
     <p>The link that brought you here is not complete or no longer works. \
     Please go back to the website and try its help link again.</p></main></html>";

/// A page's template.
pub(super) fn page(name: &str) -> Option<String> {
    let file = Dist::get(name)?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// Named by its content, so it never changes. Pages of sites load parts of theirs from here, and so
/// does the mirror's frame, which has no origin.
pub(super) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let file = format!("assets/{file}");
    foreign(serve(
        &file,
        &headers,
        "public, max-age=31536000, immutable",
    ))
}

/// Keeps its name over versions, and is loaded by pages of other origins.
pub(super) async fn launcher(headers: HeaderMap) -> Response {
    foreign(serve("launcher.js", &headers, FOR_SOME_MINUTES))
}

/// The same.
pub(super) async fn page_script(headers: HeaderMap) -> Response {
    foreign(serve("page.js", &headers, FOR_SOME_MINUTES))
}

const FOR_SOME_MINUTES: &str = "public, max-age=300";

/// What any page may load: there is nothing in it that is not public.
fn foreign(response: Response) -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    (headers, response).into_response()
}

fn serve(name: &str, headers: &HeaderMap, cache: &'static str) -> Response {
    let kind = match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let compressed = accepts_brotli(headers)
        .then(|| Dist::get(&format!("{name}.br")))
        .flatten();
    let encoding = compressed
        .is_some()
        .then_some((header::CONTENT_ENCODING, "br"));
    let Some(file) = compressed.or_else(|| Dist::get(name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let body = match file.data {
        Cow::Borrowed(bytes) => axum::body::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let plain = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "Accept-Encoding"),
    ];
    (plain, axum::response::AppendHeaders(encoding), body).into_response()
}

/// Browsers that take brotli name it plainly; a weight of 0 is not worth a parser.
fn accepts_brotli(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.trim() == "br")
}
