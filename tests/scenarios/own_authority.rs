//! Programs reach a node whose certificate is of its operator's own authority, once they are told
//! of that authority, and not before.

use std::sync::Arc;

use isession_sdk::{AgentOptions, RootCertificates, SdkError, Visitor, VisitorOptions};
use isession_tests::coturn::Certificates;
use isession_tests::{Lab, PASSWORD, accept, hears, opens};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;

/// What operators put in front of a node, at this listener.
pub(crate) fn tls_proxy(listener: TcpListener, node: &Url, certificates: &Certificates) {
    let certificate = CertificateDer::from_pem_slice(certificates.server.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let node = node.socket_addrs(|| None).unwrap()[0];
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut tls) = acceptor.accept(tcp).await {
                    let mut behind = TcpStream::connect(node).await.unwrap();
                    let _ = copy_bidirectional(&mut tls, &mut behind).await;
                }
            });
        }
    });
}

/// A listener, and its address for browsers.
pub(crate) async fn https_listener() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, format!("https://{address}").parse().unwrap())
}

#[tokio::test]
async fn is_trusted_by_whom_it_was_named_to() {
    let lab = Lab::start().await;
    let certificates = Certificates::new();
    let (listener, node) = https_listener().await;
    tls_proxy(listener, &lab.url(), &certificates);
    let stranger = VisitorOptions {
        node: node.clone(),
        ..lab.visitor_options()
    };
    let refused = Visitor::join(stranger.clone()).await;
    assert!(matches!(refused, Err(SdkError::Io(_))), "{refused:?}");

    let authority = certificates.authority.as_bytes();
    let pem = RootCertificates::default().with(authority).unwrap();
    let der = CertificateDer::from_pem_slice(authority).unwrap();
    let der = RootCertificates::default().with(&der).unwrap();
    let options = VisitorOptions {
        root_certificates: pem,
        ..stranger
    };
    let mut visitor = Visitor::join(options).await.unwrap();
    let options = AgentOptions {
        available: true,
        root_certificates: der,
        ..AgentOptions::new(node, "ada", PASSWORD)
    };
    let mut agent = lab.sign_in(options).await;
    let (mut agents, mut visitors) = accept(&mut agent, &mut visitor).await;
    opens(&mut agents).await;
    opens(&mut visitors).await;
    agents.say("hello").await.unwrap();
    assert_eq!(hears(&mut visitors).await, "hello");
}

#[test]
fn what_is_no_certificate_is_refused() {
    let damaged = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    for nothing in ["", "hello", damaged] {
        let roots = RootCertificates::default().with(nothing.as_bytes());
        assert!(matches!(roots, Err(SdkError::Certificate)), "{nothing:?}");
    }
}
