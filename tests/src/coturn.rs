//! coturn (Debian package `coturn`) on loopback, and the certificates of a small authority.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use isession_node::ExternalTurn;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::process::{Child, Command};

const PROGRAM: &str = "turnserver";
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
    port: u16,
    tls_port: u16,
    certificates: Certificates,
    folder: PathBuf,
    _child: Child,
}

impl Coturn {
    /// Starts it; `options` come after those that every test needs.
    pub async fn start(options: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("isession-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).expect("a folder for coturn");
        let certificates = Certificates::new();
        let (certificate, key) = certificates.write(&folder);
        // coturn takes no port 0: these were free a moment ago, and whoever is quicker makes it
        // fail with its own words.
        let (port, tls_port) = (free_port(), free_port());
        let mut child = Command::new(PROGRAM)
            .args(["-n", "-L", "127.0.0.1", "-E", "127.0.0.1", "-m", "1"])
            .args([
                "--no-cli",
                "--no-rfc5780",
                "--no-dtls",
                "--allow-loopback-peers",
            ])
            .args([
                "--use-auth-secret",
                "--static-auth-secret",
                SECRET,
                "-r",
                "tests",
            ])
            .args([
                "-p",
                &port.to_string(),
                "--tls-listening-port",
                &tls_port.to_string(),
            ])
            .args(["-l", "stdout"])
            .arg("--cert")
            .arg(&certificate)
            .arg("--pkey")
            .arg(&key)
            .arg("--pidfile")
            .arg(folder.join("pid"))
            .arg("--userdb")
            .arg(folder.join("turndb"))
            .args(options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{PROGRAM} (Debian package coturn): {error}"));
        for port in [port, tls_port] {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .await
                .is_err()
            {
                let ended = child.try_wait().expect("coturn's state");
                assert_eq!(ended, None, "{PROGRAM} does not start");
                tokio::task::yield_now().await;
            }
        }
        Self {
            port,
            tls_port,
            certificates,
            folder,
            _child: child,
        }
    }

    /// The authority that vouches for it.
    pub fn authority(&self) -> &str {
        &self.certificates.authority
    }

    /// The URL for UDP.
    pub fn udp(&self) -> String {
        format!("turn:127.0.0.1:{}?transport=udp", self.port)
    }

    /// The URL for TCP.
    pub fn tcp(&self) -> String {
        format!("turn:127.0.0.1:{}?transport=tcp", self.port)
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

/// A port that is free for UDP and for TCP.
fn free_port() -> u16 {
    loop {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let tcp = TcpListener::bind(any).expect("a port");
        let address = tcp.local_addr().expect("a port");
        if UdpSocket::bind(address).is_ok() {
            return address.port();
        }
    }
}
