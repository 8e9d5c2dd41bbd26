//! The TURN server by itself, for the bench to measure beside coturn: over UDP, TCP and TLS.
//!
//!     turn_server SECRET CERTIFICATE KEY
//!
//! It listens on free ports of loopback, prints the three addresses, and serves until its input
//! ends.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "an example that cannot be set up has failed; its output is the point"
)]

use std::{path::Path, sync::Arc};

use isession_turn::{Limits, Movable, Secret, TurnConfig, TurnServer, TurnStreams};
use tokio::{io::AsyncReadExt as _, net::TcpListener};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
    server::TlsStream,
};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || {
        arguments
            .next()
            .expect("a secret, a certificate and its key")
    };
    let secret = Secret::new(&argument()).expect("a secret of some length");
    let acceptor = acceptor(Path::new(&argument()), Path::new(&argument()));
    // One source asks for everything, and as fast as it can.
    let limits = Limits {
        allocations: 20_000,
        allocations_per_link: 20_000,
        allocations_per_source: 20_000,
        strangers: 20_000,
        strangers_per_source: 20_000,
        stranger_packets_per_second: u32::MAX,
        ..Limits::default()
    };
    let listen = "127.0.0.1:0".parse().expect("an address");
    let server = TurnServer::bind(TurnConfig {
        limits,
        allow_peers: vec!["127.0.0.0/8".parse().expect("a network")],
        ..TurnConfig::new(listen, secret)
    })
    .expect("a free port");
    let tcp = TcpListener::bind(listen).await.expect("a free port");
    let tls = TcpListener::bind(listen).await.expect("a free port");
    let addresses = [Ok(server.local_addr()), tcp.local_addr(), tls.local_addr()];
    for address in addresses {
        println!("{}", address.expect("an address"));
    }
    tokio::select! {
        () = accept(tcp, server.streams(), None) => {}
        () = accept(tls, server.streams(), Some(acceptor)) => {}
        _ = read_to_end() => {}
    }
    server.shutdown().await;
}

async fn read_to_end() {
    let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
}

fn acceptor(certificate: &Path, key: &Path) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(certificate)
        .expect("a certificate")
        .collect::<Result<_, _>>()
        .expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}

async fn accept(listener: TcpListener, streams: TurnStreams, tls: Option<TlsAcceptor>) {
    let server = listener.local_addr().expect("an address");
    while let Ok((io, client)) = listener.accept().await {
        io.set_nodelay(true).expect("a socket");
        let io = Movable::from(io);
        let (streams, tls) = (streams.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => {
                    streams
                        .serve(io, Movable::settle, false, server, client)
                        .await
                }
                Some(tls) => {
                    let io = tls.accept(io).await.expect("a handshake");
                    let settle = |io: &mut TlsStream<Movable>| io.get_mut().0.settle();
                    streams.serve(io, settle, true, server, client).await
                }
            }
        });
    }
}
