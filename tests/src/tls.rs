//! Connections to a node that speaks TLS itself.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use isession_node::{Clock, Config, SystemClock, TlsConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::Lab;
use crate::coturn::Certificates;

/// The name of the file with the authority, next to the certificate.
const AUTHORITY: &str = "authority.pem";

/// A node that speaks TLS with these certificates. Its files are next to its database.
pub async fn lab(certificates: &Certificates, change: impl FnOnce(&mut Config)) -> Lab {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Lab::with(
        |config| {
            let folder = config.database.parent().expect("a folder");
            let (certificate, key) = certificates.write(folder);
            std::fs::write(folder.join(AUTHORITY), &certificates.authority).expect("a file");
            config.tls = Some(TlsConfig { certificate, key });
            change(config);
        },
        clock,
    )
    .await
}

/// Connects, trusting this authority (PEM) and offering these protocols.
///
/// # Errors
/// When the handshake fails.
pub async fn connect(
    node: SocketAddr,
    authority: &str,
    protocols: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
        roots
            .add(certificate.expect("a certificate"))
            .expect("an authority");
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
    let tcp = TcpStream::connect(node).await?;
    let name = ServerName::IpAddress(node.ip().into());
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
}

/// Connects, trusting the authority that lies next to this certificate.
pub(crate) async fn connect_trusting(node: SocketAddr, certificate: &Path) -> TlsStream<TcpStream> {
    let authority = std::fs::read_to_string(certificate.with_file_name(AUTHORITY));
    connect(node, &authority.expect("an authority"), &[])
        .await
        .expect("the node is trusted")
}
