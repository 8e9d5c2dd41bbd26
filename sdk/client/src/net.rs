//! Reaching the node: TCP, TLS where the address says so, HTTP for the sign-in.

use std::io;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use isession_protocol::ErrorCode;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
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
pub(crate) async fn connect(
    node: &Url,
    roots: &RootCertificates,
) -> Result<Box<dyn Stream>, SdkError> {
    let host = node.host_str().ok_or(SdkError::Address("no host"))?;
    let port = node
        .port_or_known_default()
        .ok_or(SdkError::Address("no port"))?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let tls = match node.scheme() {
        "http" => None,
        "https" => Some(roots),
        _ => return Err(SdkError::Address("neither http nor https")),
    };
    Ok(connect_to(bare, port, tls).await?)
}

/// Connects by TCP, and by TLS with the roots that are given.
pub(crate) async fn connect_to(
    host: &str,
    port: u16,
    tls: Option<&RootCertificates>,
) -> io::Result<Box<dyn Stream>> {
    let tcp = TcpStream::connect((host, port)).await?;
    tcp.set_nodelay(true)?;
    let Some(roots) = tls else {
        return Ok(Box::new(tcp));
    };
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "not the name of a server"))?;
    Ok(Box::new(roots.connector()?.connect(name, tcp).await?))
}

/// Who may vouch for a server's name: the web's authorities, and those that the program adds.
#[derive(Clone, Debug)]
pub struct RootCertificates(Arc<RootCertStore>);

impl Default for RootCertificates {
    fn default() -> Self {
        let web = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        Self(Arc::new(RootCertStore::from_iter(web)))
    }
}

impl RootCertificates {
    /// The web's, and these besides: one certificate in DER, or any number in PEM.
    pub fn with(mut self, certificates: &[u8]) -> Result<Self, SdkError> {
        let pem = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
        let mut added = pem.map_err(|_| SdkError::Certificate)?;
        if added.is_empty() {
            added.push(CertificateDer::from(certificates));
        }
        let roots = Arc::make_mut(&mut self.0);
        for certificate in added {
            roots
                .add(certificate.into_owned())
                .map_err(|_| SdkError::Certificate)?;
        }
        Ok(self)
    }

    fn connector(&self) -> io::Result<TlsConnector> {
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(Arc::clone(&self.0))
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

/// `host:port` as the `Host` header says it.
pub(crate) fn authority(node: &Url) -> String {
    let host = node.host_str().unwrap_or_default();
    node.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Posts JSON and reads the JSON answer.
pub(crate) async fn post(
    node: &Url,
    roots: &RootCertificates,
    path: &str,
    body: String,
) -> Result<Vec<u8>, SdkError> {
    let stream = TokioIo::new(connect(node, roots).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
        .await
        .map_err(io::Error::other)?;
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
        .map_err(io::Error::other)?;
    let answer = sender
        .send_request(request)
        .await
        .map_err(io::Error::other)?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), ANSWER).collect().await;
    let body = body.map_err(io::Error::other)?.to_bytes().to_vec();
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
