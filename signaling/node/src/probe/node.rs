//! Asking a node by HTTP and WebSocket.

use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use isession_protocol::SUBPROTOCOL;
use isession_protocol::signaling::IceServer;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use url::Url;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The largest answer that is read.
const ANSWER: usize = 64 * 1024;

/// Why a node gave no answer.
#[derive(Debug)]
pub(super) enum Unreachable {
    Refused(String),
    /// TLS came to nothing.
    Untrusted(String),
}

impl<E: std::error::Error> From<E> for Unreachable {
    fn from(error: E) -> Self {
        Self::Refused(error.to_string())
    }
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A node at its address.
pub(super) struct Node {
    host: String,
    port: u16,
    authority: String,
    /// What the node's own pages send: that they may ask is checked along with the rest.
    origin: String,
    https: bool,
    tls: TlsConnector,
}

impl Node {
    pub(super) async fn new(url: Url, root_certificate: Option<&Path>) -> Result<Self, String> {
        let https = match url.scheme() {
            "http" => false,
            "https" => true,
            scheme => return Err(format!("{scheme} is neither http nor https")),
        };
        let host = url.host_str().ok_or("the address names no host")?;
        let port = url.port_or_known_default().unwrap_or(443);
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if let Some(path) = root_certificate {
            let unread = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
            let pem = tokio::fs::read(path).await.map_err(|e| unread(&e))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|e| unread(&e))?;
                roots.add(certificate).map_err(|e| unread(&e))?;
            }
        }
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            authority,
            origin: url.origin().ascii_serialization(),
            https,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// What is trusted, for relays over TLS too.
    pub(super) const fn roots(&self) -> &TlsConnector {
        &self.tls
    }

    /// Days for which the certificate still holds; `None` without TLS.
    pub(super) async fn certificate(&self) -> Result<Option<i64>, Unreachable> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await?;
        if !self.https {
            return Ok(None);
        }
        let name = ServerName::try_from(self.host.clone())?;
        let tls = self.tls.connect(name, tcp).await;
        let tls = tls.map_err(|error| Unreachable::Untrusted(error.to_string()))?;
        let (_, connection) = tls.get_ref();
        let first = connection.peer_certificates().and_then(<[_]>::first);
        let certificate = first.and_then(|der| X509Certificate::from_der(der).ok());
        let left = certificate.and_then(|(_, read)| read.validity().time_to_expiration());
        Ok(left.map(|left| left.whole_days()))
    }

    pub(super) async fn health(&self) -> Result<(), Unreachable> {
        self.ask(Method::GET, "/healthz").await.map(|_| ())
    }

    /// Where a check may try to be relayed.
    pub(super) async fn servers(&self) -> Result<Vec<IceServer>, Unreachable> {
        #[derive(Deserialize)]
        struct Servers {
            ice: Vec<IceServer>,
        }
        let body = self.ask(Method::POST, "/v1/check").await?;
        let servers: Servers = serde_json::from_slice(&body)?;
        Ok(servers.ice)
    }

    /// A frame there and a frame back: proxies that take the upgrade and nothing after it fail.
    pub(super) async fn web_socket(&self) -> Result<(), Unreachable> {
        let request = Request::get("/v1/visitor")
            .header(header::HOST, &self.authority)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "aXNlc3Npb24gY2hlY2sgIQ==")
            .header(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL)
            .body(Full::default())?;
        let mut connection = JoinSet::new();
        let answer = self.send(request, &mut connection).await?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Unreachable::Refused(format!(
                "answered {}",
                answer.status()
            )));
        }
        let mut socket = TokioIo::new(hyper::upgrade::on(answer).await?);
        // Not the frame that the node expects first, so it says so (RFC 6455, section 5.2: text,
        // masked with zeros).
        let words = br#"{"type":"check"}"#;
        let mut frame = vec![0x81, 0x80 | 16, 0, 0, 0, 0];
        frame.extend_from_slice(words);
        socket.write_all(&frame).await?;
        socket.read_u8().await?;
        Ok(())
    }

    async fn ask(&self, method: Method, path: &str) -> Result<Bytes, Unreachable> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::ORIGIN, &self.origin)
            .body(Full::default())?;
        let mut connection = JoinSet::new();
        let answer = self.send(request, &mut connection).await?;
        let status = answer.status();
        if status == StatusCode::FORBIDDEN {
            return Err(Unreachable::Refused(format!(
                "answered {status}: this is not the address of its own pages; set public_url"
            )));
        }
        if status != StatusCode::OK {
            return Err(Unreachable::Refused(format!("answered {status}")));
        }
        let body = Limited::new(answer.into_body(), ANSWER).collect().await;
        let body = body.map_err(|error| Unreachable::Refused(error.to_string()))?;
        Ok(body.to_bytes())
    }

    /// Sends a request on a connection of its own, which ends with the set.
    async fn send(
        &self,
        request: Request<Full<Bytes>>,
        connection: &mut JoinSet<()>,
    ) -> Result<axum::http::Response<hyper::body::Incoming>, Unreachable> {
        let tls = self.https.then_some(&self.tls);
        let stream = connect(&self.host, self.port, tls).await?;
        let (mut sender, work) = http1::handshake(TokioIo::new(stream)).await?;
        connection.spawn(async move {
            // What went wrong shows at the request.
            let _ = work.with_upgrades().await;
        });
        Ok(sender.send_request(request).await?)
    }
}

/// By TCP, and by TLS with a connector.
pub(super) async fn connect(
    host: &str,
    port: u16,
    tls: Option<&TlsConnector>,
) -> io::Result<Box<dyn Stream>> {
    let tcp = TcpStream::connect((host, port)).await?;
    let Some(tls) = tls else {
        return Ok(Box::new(tcp));
    };
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    Ok(Box::new(tls.connect(name, tcp).await?))
}
