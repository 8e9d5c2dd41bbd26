//! coturn (Debian package `coturn`) on loopback. This file needs nothing but tokio: the tests of
//! `isession-turn` include it, and come before everything else that is tested.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::{Child, Command};

const PROGRAM: &str = "turnserver";

/// A running coturn. Ends when dropped.
#[derive(Debug)]
pub struct Turnserver {
    port: u16,
    folder: PathBuf,
    child: Child,
}

impl Turnserver {
    /// Starts it with a shared secret, one relay thread, and loopback peers let through;
    /// `options` come after those that every test needs. It listens when this returns.
    pub async fn start(secret: &str, realm: &str, options: &[&str]) -> Self {
        // coturn takes no port 0: this one was free a moment ago, and whoever is quicker makes it
        // fail with its own words.
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("isession-turnserver-{port}"));
        std::fs::create_dir_all(&folder).expect("a folder for coturn");
        let mut child = Command::new(PROGRAM)
            .args(["-n", "-L", "127.0.0.1", "-E", "127.0.0.1", "-m", "1"])
            .args(["--no-cli", "--no-rfc5780", "--no-dtls", "-l", "stdout"])
            .args(["--allow-loopback-peers", "--use-auth-secret"])
            .args(["--static-auth-secret", secret, "-r", realm])
            .args(["-p", &port.to_string()])
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
        listens(&mut child, port).await;
        Self {
            port,
            folder,
            child,
        }
    }

    /// Where it listens, over UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Waits until another of its ports is listened on as well.
    pub async fn listens(&mut self, port: u16) {
        listens(&mut self.child, port).await;
    }

    /// Waits until it answers over UDP, which may be later than over TCP.
    pub async fn answers(&mut self) {
        const BINDING: [u8; 20] = [
            0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        let socket = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        socket.connect(self.address()).await.expect("a port");
        // Refused is what a packet to nobody is.
        while socket.send(&BINDING).await.is_err() || socket.recv(&mut [0; 256]).await.is_err() {
            let ended = self.child.try_wait().expect("coturn's state");
            assert_eq!(ended, None, "{PROGRAM} does not start");
            tokio::task::yield_now().await;
        }
    }

    /// Its process.
    pub fn process(&self) -> Option<u32> {
        self.child.id()
    }
}

impl Drop for Turnserver {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn listens(child: &mut Child, port: u16) {
    while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .is_err()
    {
        let ended = child.try_wait().expect("coturn's state");
        assert_eq!(ended, None, "{PROGRAM} does not start");
        tokio::task::yield_now().await;
    }
}

/// A port that is free for UDP and for TCP.
pub fn free_port() -> u16 {
    loop {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let tcp = TcpListener::bind(any).expect("a port");
        let address = tcp.local_addr().expect("a port");
        if UdpSocket::bind(address).is_ok() {
            return address.port();
        }
    }
}
