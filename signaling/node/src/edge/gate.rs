//! The one door: TCP connections come in here, and leave as HTTP or as TURN.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use isession_protocol::ErrorCode;
use isession_turn::{Movable, TurnStreams, canonical};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;

use crate::node::Shared;
use crate::rates::Door;
use crate::reached::Connection;
use crate::tls::Tls;

/// Connections that have not said yet what they are. The oldest goes when one more comes: who
/// means it is done within a few round trips, and who does not is many.
const PENDING: usize = 1024;
/// After the kernel refused to give a connection: it may have no file descriptors left.
const NO_MORE: Duration = Duration::from_secs(1);
/// One connection's requests; a browser that wants more connects anew.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// For a request that is under way when a connection is to end.
const LAST: Duration = Duration::from_secs(10);
/// Bytes of a request's head, and of an answer that wait for a slow reader.
const BUFFER: usize = 64 * 1024;

/// The first byte of a TLS handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;
/// The first byte of a STUN request (RFC 8489, section 5), which is what TURN begins with. Channel
/// data begins like the letters of HTTP, but nobody has a channel yet.
const STUN: u8 = 0;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// Goes over to the runtime that this is called within.
    fn settle(&mut self) -> io::Result<()>;
}

impl Stream for Movable {
    fn settle(&mut self) -> io::Result<()> {
        self.settle()
    }
}

impl Stream for TlsStream<Movable> {
    fn settle(&mut self) -> io::Result<()> {
        self.get_mut().0.settle()
    }
}

/// What a connection turned out to be.
enum Sort {
    Http,
    Turn,
    /// HTTP where TLS is expected.
    Misplaced,
}

/// A connection that has said what it is.
struct Arrival {
    io: Box<dyn Stream>,
    sort: Sort,
    tls: bool,
    ends: Ends,
    door: Door,
}

#[derive(Clone, Copy)]
struct Ends {
    server: SocketAddr,
    client: SocketAddr,
}

/// Serves connections until told to stop, then lets requests under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    tls: Option<Arc<Tls>>,
    streams: Option<TurnStreams>,
    stop: impl Future<Output = ()>,
) {
    let gate = Gate {
        router: super::router(Arc::clone(&shared), tls.is_some()),
        misplaced: super::misplaced(),
        patience: Duration::from_secs(shared.config.limits.handshake_timeout.into()),
        shared,
        tls,
        streams,
    };
    gate.run(&listener, stop).await;
}

struct Gate {
    shared: Arc<Shared>,
    tls: Option<Arc<Tls>>,
    streams: Option<TurnStreams>,
    router: Router,
    misplaced: Router,
    patience: Duration,
}

impl Gate {
    async fn run(&self, listener: &TcpListener, stop: impl Future<Output = ()>) {
        let (stopping, watching) = watch::channel(());
        let mut pending = Pending::default();
        let mut serving = JoinSet::new();
        let mut next = pin!(accept(listener));
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                (tcp, client) = next.as_mut() => {
                    next.set(accept(listener));
                    self.admit(tcp, client, &mut pending);
                }
                Some(arrival) = pending.tasks.join_next() => {
                    if let Ok(Some(arrival)) = arrival {
                        self.hand_over(arrival, &mut serving, &watching);
                    }
                }
                Some(_) = serving.join_next() => {}
                () = stop.as_mut() => break,
            }
        }
        drop((pending, watching, stopping));
        while serving.join_next().await.is_some() {}
    }

    fn admit(&self, tcp: TcpStream, client: SocketAddr, pending: &mut Pending) {
        let client = canonical(client);
        let address = client.ip();
        let trusted = self.shared.proxies.iter().any(|net| net.contains(address));
        // Behind a proxy there are many.
        let counted = (!trusted).then_some(address);
        let (Some(door), Ok(server)) = (self.shared.gate.open(counted), tcp.local_addr()) else {
            return self.shared.metrics.refuse(ErrorCode::TooManyConnections);
        };
        // Frames are small and each is an answer: held back for the last one's acknowledgement,
        // every second one would come 40 ms late.
        let _ = tcp.set_nodelay(true);
        let ends = Ends {
            server: canonical(server),
            client,
        };
        let (tls, patience) = (self.tls.clone(), self.patience);
        pending.add(async move {
            let sorted = timeout(patience, sort(tcp, tls.as_deref())).await;
            let (io, sort, tls) = sorted.ok()?.ok()?;
            Some(Arrival {
                io,
                sort,
                tls,
                ends,
                door,
            })
        });
    }

    fn hand_over(
        &self,
        arrival: Arrival,
        serving: &mut JoinSet<()>,
        stopping: &watch::Receiver<()>,
    ) {
        let Arrival {
            io,
            sort,
            tls,
            ends: Ends { server, client },
            door,
        } = arrival;
        let router = match sort {
            Sort::Http => self.router.clone(),
            Sort::Misplaced => self.misplaced.clone(),
            Sort::Turn => {
                let Some(streams) = self.streams.clone() else {
                    return;
                };
                let now = self.shared.clock.now();
                if !self.shared.streams.admit(client.ip(), now) {
                    return self.shared.metrics.refuse(ErrorCode::TooFast);
                }
                // From here on the relay keeps count.
                drop(door);
                serving.spawn(async move {
                    let settle = |io: &mut Box<dyn Stream>| io.settle();
                    let end = streams.serve(io, settle, tls, server, client).await;
                    tracing::debug!(?end, "a stream to the relay ended");
                });
                return;
            }
        };
        let connection = Connection {
            from: client.ip(),
            port: server.port(),
            tls,
        };
        let (patience, stopping) = (self.patience, stopping.clone());
        serving.spawn(async move {
            http(io, router, connection, patience, stopping).await;
            drop(door);
        });
    }
}

/// Connections that have not said yet what they are.
#[derive(Default)]
struct Pending {
    tasks: JoinSet<Option<Arrival>>,
    order: VecDeque<AbortHandle>,
}

impl Pending {
    fn add(&mut self, arriving: impl Future<Output = Option<Arrival>> + Send + 'static) {
        if self.order.len() >= PENDING {
            self.order.retain(|task| !task.is_finished());
        }
        if self.order.len() >= PENDING
            && let Some(oldest) = self.order.pop_front()
        {
            oldest.abort();
        }
        self.order.push_back(self.tasks.spawn(arriving));
    }
}

/// The next connection, however often that fails.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The peer gave up before it was its turn.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionRefused
                ) => {}
            Err(error) => {
                tracing::error!(%error, "a connection cannot be accepted");
                sleep(NO_MORE).await;
            }
        }
    }
}

/// Waits until a connection says what it is.
async fn sort(tcp: TcpStream, tls: Option<&Tls>) -> io::Result<(Box<dyn Stream>, Sort, bool)> {
    let mut first = [0];
    let said = tcp.peek(&mut first).await?;
    let first = first.into_iter().take(said).next();
    let tcp = Movable::from(tcp);
    match (first.ok_or(io::ErrorKind::UnexpectedEof)?, tls) {
        (STUN, _) => Ok((Box::new(tcp), Sort::Turn, false)),
        (HANDSHAKE, Some(tls)) => {
            let mut io = tls.accept(tcp).await?;
            let first = io.fill_buf().await?.first().copied();
            let sort = match first.ok_or(io::ErrorKind::UnexpectedEof)? {
                STUN => Sort::Turn,
                _ => Sort::Http,
            };
            Ok((Box::new(io), sort, true))
        }
        (_, Some(_)) => Ok((Box::new(tcp), Sort::Misplaced, false)),
        (_, None) => Ok((Box::new(tcp), Sort::Http, false)),
    }
}

/// Answers requests until there are no more, or it is time to end, or the connection became a
/// WebSocket.
async fn http(
    io: Box<dyn Stream>,
    router: Router,
    connection: Connection,
    patience: Duration,
    mut stopping: watch::Receiver<()>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(connection);
        router.call(request)
    });
    let mut served = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades()
    );
    // How it ended is the peer's business.
    tokio::select! {
        _ = served.as_mut() => return,
        _ = stopping.changed() => {}
        () = sleep(LONGEST) => {}
    }
    served.as_mut().graceful_shutdown();
    let _ = timeout(LAST, served).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_of_too_many_that_say_nothing_goes() {
        let mut pending = Pending::default();
        // Those that said what they are make room by themselves.
        for _ in 0..PENDING {
            pending.add(std::future::ready(None));
        }
        while let Some(done) = pending.tasks.join_next().await {
            assert!(matches!(done, Ok(None)));
        }
        for _ in 0..PENDING {
            pending.add(std::future::pending());
        }
        let oldest = pending.order.front().map(AbortHandle::id);
        pending.add(std::future::pending());
        let gone = pending.tasks.join_next().await.and_then(Result::err);
        assert!(gone.as_ref().is_some_and(|gone| gone.is_cancelled()));
        assert_eq!(gone.map(|gone| gone.id()), oldest);
        assert_eq!(pending.tasks.len(), PENDING);
    }
}
