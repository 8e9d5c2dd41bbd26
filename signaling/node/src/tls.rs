//! The node's certificate and key: read from files, and read anew when those change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use isession_protocol::Timestamp;
use isession_turn::Movable;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{Acceptor, ParsedCertificate};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use x509_parser::parse_x509_certificate;

use crate::clock::Clock;
use crate::config::TlsConfig;

/// What is spoken within TLS: HTTP/1.1 (RFC 7301), and STUN and TURN (RFC 7443).
const PROTOCOLS: [&[u8]; 3] = [b"http/1.1", b"stun.turn", b"stun.nat-discovery"];
/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A certificate and key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{key}: cannot read {path}")]
    Read {
        /// Which key of the configuration names it.
        key: &'static str,
        /// Which file.
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The file holds no certificate.
    #[error("tls.certificate: {0} holds no certificate in PEM")]
    NoCertificate(PathBuf),
    /// The file holds no key.
    #[error("tls.key: {0} holds no private key in PEM, or an encrypted one")]
    NoKey(PathBuf),
    /// The two do not belong together.
    #[error("tls.key: not the key of tls.certificate, or of no use with it")]
    Mismatch(#[source] rustls::Error),
    /// The certificate's time is over.
    #[error("tls.certificate: it has expired")]
    Expired,
}

/// The certificate in use, and where to look for the next.
#[derive(Debug)]
pub(crate) struct Tls {
    files: TlsConfig,
    current: RwLock<Arc<Identity>>,
}

/// A certificate and its key, ready for handshakes.
#[derive(Debug)]
pub(crate) struct Identity {
    /// For whoever offers a protocol that is spoken here.
    agreeing: Arc<ServerConfig>,
    /// For whoever offers none, or only others: HTTP or TURN is what follows anyway.
    silent: Arc<ServerConfig>,
    certificate: CertificateDer<'static>,
    expires: Timestamp,
}

/// What the two files hold.
#[derive(PartialEq, Eq)]
pub(crate) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads the files for the first time; what they held is for [`Tls::watch`].
    pub(crate) async fn open(files: TlsConfig) -> Result<(Self, Files), TlsError> {
        let read = Files::read(&files).await?;
        let current = RwLock::new(Arc::new(Identity::new(&read, &files)?));
        Ok((Self { files, current }, read))
    }

    /// The one in use.
    pub(crate) fn current(&self) -> Arc<Identity> {
        // What is replaced in one step cannot be left half done by a panic.
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Watches the files, which held this, for as long as it is polled. Whoever is connected
    /// stays so.
    pub(crate) async fn watch(self: Arc<Self>, held: Files, clock: Arc<dyn Clock>) {
        let mut judged = Some(held);
        let mut seen = None;
        let mut looks = tokio::time::interval(LOOK);
        loop {
            looks.tick().await;
            let now = Some(Files::read(&self.files).await.ok());
            // Two files are not written in one step: what is judged is what two looks found.
            let settled = now == seen;
            seen = now;
            let Some(found) = seen.as_ref().filter(|found| settled && **found != judged) else {
                continue;
            };
            match self.renew(found.as_ref(), clock.now()).await {
                Ok(()) => tracing::info!("a new certificate is in use"),
                Err(error) => {
                    let source = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, source, "the old certificate stays in use");
                }
            }
            judged = seen.take().flatten();
        }
    }

    async fn renew(&self, found: Option<&Files>, now: Timestamp) -> Result<(), TlsError> {
        let identity = match found {
            Some(files) => Identity::new(files, &self.files)?,
            // Read once more for the reason.
            None => Identity::new(&Files::read(&self.files).await?, &self.files)?,
        };
        if identity.expired(now) {
            return Err(TlsError::Expired);
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(identity);
        Ok(())
    }

    /// The server's side of a handshake.
    pub(crate) async fn accept(&self, tcp: Movable) -> std::io::Result<TlsStream<Movable>> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), tcp).await?;
        let offered = start.client_hello().alpn();
        let agrees = offered.is_some_and(|mut offered| offered.any(|it| PROTOCOLS.contains(&it)));
        let identity = self.current();
        let config = if agrees {
            &identity.agreeing
        } else {
            &identity.silent
        };
        start.into_stream(Arc::clone(config)).await
    }
}

impl Identity {
    fn new(files: &Files, from: &TlsConfig) -> Result<Self, TlsError> {
        let no_certificate = || TlsError::NoCertificate(from.certificate.clone());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&files.certificate)
            .collect::<Result<_, _>>()
            .map_err(|_| no_certificate())?;
        let certificate = chain.first().ok_or_else(no_certificate)?.clone();
        let (_, parsed) = parse_x509_certificate(&certificate).map_err(|_| no_certificate())?;
        let expires = parsed.validity().not_after.timestamp();
        let key = PrivateKeyDer::from_pem_slice(&files.key)
            .map_err(|_| TlsError::NoKey(from.key.clone()))?;
        // Named, since with two providers in the program none would be the default.
        let silent = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(TlsError::Mismatch)?;
        let mut agreeing = silent.clone();
        agreeing.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Self {
            agreeing: Arc::new(agreeing),
            silent: Arc::new(silent),
            certificate,
            expires: Timestamp::from_millis(u64::try_from(expires).unwrap_or(0) * 1000),
        })
    }

    /// Whether its time is over.
    pub(crate) fn expired(&self, now: Timestamp) -> bool {
        self.expires < now
    }

    /// Whole days for which it still holds.
    pub(crate) fn days_left(&self, now: Timestamp) -> u64 {
        self.expires.since(now) / (24 * 60 * 60 * 1000)
    }

    /// Whether it is for this host, in the spelling of URLs.
    pub(crate) fn covers(&self, host: &str) -> bool {
        let name = ServerName::try_from(host.trim_matches(['[', ']']));
        let certificate = ParsedCertificate::try_from(&self.certificate);
        matches!((name, certificate), (Ok(name), Ok(certificate))
            if verify_server_name(&certificate, &name).is_ok())
    }
}

impl Files {
    async fn read(from: &TlsConfig) -> Result<Self, TlsError> {
        Ok(Self {
            certificate: read("tls.certificate", &from.certificate).await?,
            key: read("tls.key", &from.key).await?,
        })
    }
}

async fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    tokio::fs::read(path)
        .await
        .map_err(|source| TlsError::Read {
            key,
            path: path.to_owned(),
            source,
        })
}
