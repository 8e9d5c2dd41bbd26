//! coturn (Debian package `coturn`) on loopback, and the certificates of a small authority.

use std::path::{Path, PathBuf};

use isession_node::ExternalTurn;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::turnserver::{Turnserver, free_port};

const SECRET: &str = "a secret that coturn and the node share";

/// A certificate for 127.0.0.1 of an authority that nobody knows.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The authority, in PEM.
    pub authority: String,
    /// The server's certificate, in PEM.
    pub server: String,
    /// The server's key, in PEM.
    pub key: String,
}

impl Certificates {
    /// Fresh ones.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// Ones whose time was over long ago.
    pub fn expired() -> Self {
        Self::with(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1))
    }

    fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = params.self_signed(&key).expect("an authority");
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().expect("a key");
        let mut params =
            CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address is a name");
        change(&mut params);
        let server = params.signed_by(&key, &issuer).expect("a certificate");
        Self {
            authority: authority.pem(),
            server: server.pem(),
            key: key.serialize_pem(),
        }
    }

    /// Writes certificate and key into a folder.
    pub fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let paths = (folder.join("server.pem"), folder.join("server.key"));
        std::fs::write(&paths.0, &self.server).expect("a certificate's file");
        std::fs::write(&paths.1, &self.key).expect("a key's file");
        paths
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

/// A running coturn, with one port for UDP and TCP and one for TLS. Ends when dropped.
#[derive(Debug)]
pub struct Coturn {
    server: Turnserver,
    tls_port: u16,
    certificates: Certificates,
    folder: PathBuf,
}

impl Coturn {
    /// Starts it; `options` come after those that every test needs.
    pub async fn start(options: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("isession-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).expect("a folder for coturn");
        let certificates = Certificates::new();
        let (certificate, key) = certificates.write(&folder);
        let tls_port = free_port();
        let tls = [
            "--tls-listening-port",
            &tls_port.to_string(),
            "--cert",
            &certificate.display().to_string(),
            "--pkey",
            &key.display().to_string(),
        ];
        let mut server = Turnserver::start(SECRET, "tests", &[&tls, options].concat()).await;
        server.listens(tls_port).await;
        Self {
            server,
            tls_port,
            certificates,
            folder,
        }
    }

    /// The authority that vouches for it.
    pub fn authority(&self) -> &str {
        &self.certificates.authority
    }

    /// The URL for UDP.
    pub fn udp(&self) -> String {
        format!(
            "turn:127.0.0.1:{}?transport=udp",
            self.server.address().port()
        )
    }

    /// The URL for TCP.
    pub fn tcp(&self) -> String {
        format!(
            "turn:127.0.0.1:{}?transport=tcp",
            self.server.address().port()
        )
    }

    /// The URL for TLS.
    pub fn tls(&self) -> String {
        format!("turns:127.0.0.1:{}?transport=tcp", self.tls_port)
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What a node is told of relays at these addresses.
pub fn external(urls: Vec<String>) -> Option<ExternalTurn> {
    Some(ExternalTurn {
        urls,
        secret: SECRET.to_owned(),
    })
}
