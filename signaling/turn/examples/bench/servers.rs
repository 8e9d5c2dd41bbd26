//! The two servers, as processes.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use isession_turn::Secret;
use rcgen::CertificateParams;

use crate::turnserver::{Turnserver, free_port};

const SECRET: &str = "a secret that both servers share";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
    Tls,
}

impl Transport {
    pub(crate) const ALL: [Self; 3] = [Self::Udp, Self::Tcp, Self::Tls];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }
}

/// A running server. Ends when dropped.
pub(crate) struct Server {
    addresses: [SocketAddr; 3],
    /// The certificate, in DER.
    pub(crate) certificate: Vec<u8>,
    process: Process,
    folder: PathBuf,
}

enum Process {
    Ours(Child),
    Coturn(Turnserver),
}

impl Server {
    /// The example `turn_server`, which is built beside this one.
    pub(crate) fn ours() -> Self {
        let (folder, certificate) = certificate("ours");
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program.with_file_name("turn_server"))
            .arg(SECRET)
            .args([folder.join("server.pem"), folder.join("server.key")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the example turn_server is built");
        let output = BufReader::new(child.stdout.take().unwrap());
        let addresses: Vec<SocketAddr> = output
            .lines()
            .take(3)
            .map(|line| line.unwrap().parse().unwrap())
            .collect();
        Self {
            addresses: addresses.try_into().expect("three addresses"),
            certificate,
            process: Process::Ours(child),
            folder,
        }
    }

    pub(crate) async fn coturn() -> Self {
        let (folder, certificate) = certificate("coturn");
        let tls_port = free_port();
        let options = [
            "--tls-listening-port",
            &tls_port.to_string(),
            "--cert",
            &folder.join("server.pem").display().to_string(),
            "--pkey",
            &folder.join("server.key").display().to_string(),
        ];
        let mut coturn = Turnserver::start(SECRET, "bench", &options).await;
        coturn.listens(tls_port).await;
        coturn.answers().await;
        let address = coturn.address();
        let tls = SocketAddr::new(address.ip(), tls_port);
        Self {
            addresses: [address, address, tls],
            certificate,
            process: Process::Coturn(coturn),
            folder,
        }
    }

    pub(crate) const fn address(&self, transport: Transport) -> SocketAddr {
        self.addresses[transport as usize]
    }

    pub(crate) fn secret() -> Secret {
        Secret::new(SECRET).unwrap()
    }

    /// User and system time so far, of all threads.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        /// What the kernel counts by, on every machine that Linux runs on.
        const TICKS: f64 = 100.0;
        let stat = self.proc("stat");
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let field = |index| {
            fields
                .split(' ')
                .nth(index)
                .unwrap()
                .parse::<u32>()
                .unwrap()
        };
        f64::from(field(11) + field(12)) / TICKS
    }

    /// Resident bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<u64>().unwrap() * 1024
    }

    fn proc(&self, file: &str) -> String {
        let process = match &self.process {
            Process::Ours(child) => child.id(),
            Process::Coturn(coturn) => coturn.process().expect("coturn runs"),
        };
        std::fs::read_to_string(format!("/proc/{process}/{file}")).expect("the server runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Process::Ours(child) = &mut self.process {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A folder with a certificate for 127.0.0.1 and its key.
fn certificate(name: &str) -> (PathBuf, Vec<u8>) {
    let process = std::process::id();
    let folder = std::env::temp_dir().join(format!("isession-turn-bench-{name}-{process}"));
    std::fs::create_dir_all(&folder).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()])
        .and_then(|params| params.self_signed(&key))
        .unwrap();
    std::fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    (folder, certificate.der().to_vec())
}
