//! Reaching the node: TCP, TLS where the address says so, HTTP for the sign-in.

use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use isession_protocol::ErrorCode;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use url::Url;

use crate::SdkError;
use crate::task::Task;

/// The largest answer to a sign-in.
const ANSWER: usize = 16 * 1024;

/// A connection, with or without TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects to the host of an http or https address.
pub(crate) async fn connect(node: &Url) -> Result<Box<dyn Stream>, SdkError> {
    let host = node.host_str().ok_or(SdkError::Address("no host"))?;
    let port = node
        .port_or_known_default()
        .ok_or(SdkError::Address("no port"))?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let tcp = TcpStream::connect((bare, port)).await?;
    tcp.set_nodelay(true)?;
    match node.scheme() {
        "http" => Ok(Box::new(tcp)),
        "https" => {
            let name = ServerName::try_from(bare.to_owned())
                .map_err(|_| SdkError::Address("not the name of a server"))?;
            Ok(Box::new(tls()?.connect(name, tcp).await?))
        }
        _ => Err(SdkError::Address("neither http nor https")),
    }
}

fn tls() -> Result<TlsConnector, SdkError> {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// `host:port` as the `Host` header says it.
pub(crate) fn authority(node: &Url) -> String {
    let host = node.host_str().unwrap_or_default();
    node.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Posts JSON and reads the JSON answer.
pub(crate) async fn post(node: &Url, path: &str, body: String) -> Result<Vec<u8>, SdkError> {
    let stream = TokioIo::new(connect(node).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
        .await
        .map_err(std::io::Error::other)?;
    let _connection = Task::spawn(async move {
        // What went wrong shows at the request.
        let _ = connection.await;
    });
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, authority(node))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(std::io::Error::other)?;
    let answer = sender
        .send_request(request)
        .await
        .map_err(std::io::Error::other)?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), ANSWER).collect().await;
    let body = body.map_err(std::io::Error::other)?.to_bytes().to_vec();
    if status == StatusCode::OK {
        return Ok(body);
    }
    #[derive(serde::Deserialize)]
    struct Problem {
        code: ErrorCode,
        message: String,
    }
    let problem: Problem = serde_json::from_slice(&body).map_err(|_| SdkError::Answer)?;
    Err(SdkError::Refused {
        code: problem.code,
        message: problem.message,
    })
}
