//! A new certificate is used without a restart; a bad one is not, and says why.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use isession_protocol::signaling::{Details, FromVisitor, QueuePlace, ToVisitor};
use isession_tests::coturn::Certificates;
use isession_tests::{isession, raw_visitor_on, says, site, tls, told};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// A folder with the certificate and key of a node, and its database.
struct Folder(PathBuf);

impl Folder {
    fn new(certificates: &Certificates) -> Self {
        let folder = std::env::temp_dir().join(format!("isession-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        certificates.write(&folder);
        Self(folder)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(isession());
        command.args(words).kill_on_drop(true);
        let file = |name| self.0.join(name).display().to_string();
        for setting in [
            format!("database={}", file("isession.db")),
            format!("tls.certificate={}", file("server.pem")),
            format!("tls.key={}", file("server.key")),
            "listen=127.0.0.1:0".to_owned(),
            "turn.listen=127.0.0.1:0".to_owned(),
        ] {
            command.args(["--set", &setting]);
        }
        command
    }

    /// What `isession check` says, and how it ends.
    async fn check(&self, more: &[&str]) -> (String, ExitStatus) {
        let output = self.command(&["check"]).args(more).output().await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (String::from_utf8(said).unwrap(), output.status)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Running {
    address: SocketAddr,
    log: Lines<BufReader<ChildStderr>>,
    _child: Child,
}

impl Running {
    async fn start(folder: &Folder) -> Self {
        let added = folder.command(&["site", "add", "shop"]).output().await;
        assert!(added.unwrap().status.success());
        let mut child = folder
            .command(&["serve", "--log", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = said.next_line().await.unwrap().unwrap();
        let address = line.strip_prefix("isession serves https://").unwrap();
        Self {
            address: address.parse().unwrap(),
            log,
            _child: child,
        }
    }

    /// Waits for a line of the log with all these words.
    async fn logs(&mut self, words: &[&str]) {
        loop {
            let line = self.log.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended and never said {words:?}"));
            if words.iter().all(|words| line.contains(words)) {
                return;
            }
        }
    }

    async fn stays_with_the_old_one(&mut self, why: &str) {
        self.logs(&["the old certificate stays in use", why]).await;
    }

    async fn presents(&self, certificates: &Certificates) -> bool {
        let tls = tls::connect(self.address, &certificates.authority, &[]);
        tls.await.is_ok()
    }
}

#[tokio::test]
async fn while_people_are_connected() {
    let old = Certificates::new();
    let folder = Folder::new(&old);
    let mut node = Running::start(&folder).await;
    assert!(node.presents(&old).await);
    let io = tls::connect(node.address, &old.authority, &[])
        .await
        .unwrap();
    let url = format!("https://{}", node.address).parse().unwrap();
    let mut visitor = raw_visitor_on(io, &url).await;
    let hello = FromVisitor::Hello {
        site: site(),
        ticket: None,
        details: Details::default(),
    };
    says(&mut visitor, &hello).await;
    let place = |frame| match frame {
        ToVisitor::Queue(QueuePlace { position, .. }) => Some(position),
        _ => None,
    };
    assert_eq!(told(&mut visitor, place).await, 1);

    // The key of one and the certificate of another.
    let new = Certificates::new();
    std::fs::write(folder.path().join("server.key"), &new.key).unwrap();
    node.stays_with_the_old_one("tls.key").await;
    assert!(node.presents(&old).await);

    // One whose time is over, none at all, and no file.
    Certificates::expired().write(folder.path());
    node.stays_with_the_old_one("it has expired").await;
    std::fs::write(folder.path().join("server.pem"), "nothing").unwrap();
    node.stays_with_the_old_one("holds no certificate").await;
    std::fs::remove_file(folder.path().join("server.key")).unwrap();
    node.stays_with_the_old_one("cannot read").await;
    assert!(node.presents(&old).await);

    new.write(folder.path());
    node.logs(&["a new certificate is in use"]).await;
    assert!(node.presents(&new).await);
    assert!(!node.presents(&old).await);

    // The visitor's connection is the one from before.
    says(&mut visitor, &hello).await;
    let code = told(&mut visitor, |frame| match frame {
        ToVisitor::Error(error) => Some(error.code),
        _ => None,
    });
    assert_eq!(code.await, isession_protocol::ErrorCode::BadFrame);
}

#[tokio::test]
async fn a_check_says_what_is_wrong_before_anybody_connects() {
    let good = Certificates::new();
    let folder = Folder::new(&good);
    let (said, status) = folder.check(&[]).await;
    assert!(
        said.contains("certificate ok") && status.success(),
        "{said}"
    );

    let (said, status) = folder
        .check(&["--set", "public_url=https://help.example"])
        .await;
    assert!(
        said.contains("not for help.example") && !status.success(),
        "{said}"
    );
    // Browsers see the proxy's.
    let proxied = ["public_url=https://help.example", "trusted_proxies=['::1']"];
    let (said, status) = folder
        .check(&["--set", proxied[0], "--set", proxied[1]])
        .await;
    assert!(
        said.contains("not for help.example") && status.success(),
        "{said}"
    );
    let (said, _) = folder
        .check(&["--set", "public_url=https://127.0.0.1"])
        .await;
    assert!(!said.contains("not for"), "{said}");

    Certificates::expired().write(folder.path());
    let (said, status) = folder.check(&[]).await;
    assert!(
        said.contains("it has expired") && !status.success(),
        "{said}"
    );

    std::fs::write(folder.path().join("server.key"), &good.key).unwrap();
    let (said, status) = folder.check(&[]).await;
    assert!(
        said.contains("tls.key: not the key") && !status.success(),
        "{said}"
    );

    std::fs::write(folder.path().join("server.key"), &good.server).unwrap();
    let (said, status) = folder.check(&[]).await;
    assert!(
        said.contains("holds no private key") && !status.success(),
        "{said}"
    );

    std::fs::remove_file(folder.path().join("server.pem")).unwrap();
    let (said, status) = folder.check(&[]).await;
    assert!(
        said.contains("tls.certificate: cannot read") && !status.success(),
        "{said}"
    );
}
