//! Clients over TCP and TLS: finding their frames, and what waits to be written to them.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::Notify,
    task::JoinSet,
    time::sleep,
};

use crate::{
    client::{FiveTuple, Transport},
    framing::{self, Frames, NoFrame},
    limits::{Limits, Source},
    metrics::Refusal,
    server::Shared,
    step::Input,
};

/// Bytes that wait to be written to one client. More is dropped, frame by frame, as a full
/// network drops it: whoever relays to this client is held up by nothing.
const OUTBOX: usize = 128 * 1024;
/// What is kept free for answers. On a stream nobody asks again.
const ANSWERS: usize = 8 * 1024;
/// A buffer that grew beyond this is not kept.
const KEPT: usize = 32 * 1024;

/// Why a stream is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamEnd {
    /// The client closed it, or the way to it broke.
    Closed,
    /// It held what is no frame.
    NoFrame,
    /// It had no allocation for too long.
    Idle,
    /// The client did not read what was written to it.
    Stalled,
    /// There are too many already, in all or from this source.
    Refused,
    /// The server is closed.
    Over,
}

/// Serves clients over TCP and TLS for as long as the server lives.
#[derive(Clone, Debug)]
pub struct TurnStreams(pub(crate) Weak<Shared>);

impl TurnStreams {
    /// Serves the client at the other end of `io` until either is done; its allocation ends with
    /// it, and also when this future is dropped. `client` and `server` are the two ends'
    /// addresses, and `tls` says how the client came, for the figures.
    ///
    /// That is done on the server's own thread, like all relaying: waking another one for each
    /// packet, and back, costs more than the packet. `settle` is called within that thread's
    /// runtime, and has it watch over what `io` reads and writes; see
    /// [`Movable`](crate::Movable).
    pub async fn serve<S>(
        &self,
        mut io: S,
        settle: impl FnOnce(&mut S) -> io::Result<()> + Send + 'static,
        tls: bool,
        server: SocketAddr,
        client: SocketAddr,
    ) -> StreamEnd
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let Some(shared) = self.0.upgrade() else {
            return StreamEnd::Over;
        };
        let tuple = FiveTuple {
            transport: if tls {
                Transport::SecureStream
            } else {
                Transport::Stream
            },
            server: canonical(server),
            client: canonical(client),
        };
        let runtime = shared.runtime.clone();
        let Some(stream) = Stream::open(Arc::clone(&shared), tuple) else {
            return StreamEnd::Refused;
        };
        let outbox = Arc::clone(&stream.outbox);
        let served = async move {
            if settle(&mut io).is_err() {
                return StreamEnd::Closed;
            }
            let (read, write) = tokio::io::split(io);
            tokio::select! {
                end = stream.receive(read) => end,
                end = stream.send(write) => end,
            }
        };
        // A set ends what is in it when it is dropped.
        let mut tasks = JoinSet::new();
        tasks.spawn_on(served, &runtime);
        tokio::select! {
            end = tasks.join_next() => match end {
                Some(Ok(end)) => end,
                // The thread ended, and all that ran there.
                _ => StreamEnd::Over,
            },
            end = lost_patience(&shared, tuple, &outbox) => end,
        }
    }
}

/// Ready when the client has no allocation, although it had the time to make one, or has not read
/// anything for as long.
async fn lost_patience(shared: &Shared, tuple: FiveTuple, outbox: &Outbox) -> StreamEnd {
    let patience = shared.lock().engine.policy.limits.stream_patience;
    let mut before = None;
    loop {
        sleep(patience).await;
        if shared.lock().engine.holder(tuple).is_none() {
            return StreamEnd::Idle;
        }
        let written = outbox.being_written();
        if written.is_some() && written == before {
            return StreamEnd::Stalled;
        }
        before = written;
    }
}

/// A client over IPv4 is told its IPv4 address, whatever kind of socket it came through.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// All streams there are.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    outboxes: HashMap<FiveTuple, Arc<Outbox>>,
    sources: HashMap<Source, usize>,
    closed: bool,
}

impl Streams {
    fn open(&self, tuple: FiveTuple, limits: &Limits) -> Option<Arc<Outbox>> {
        let mut table = lock(&self.0);
        let source = Source::from(tuple.client.ip());
        let here = table.sources.get(&source).copied().unwrap_or(0);
        if table.closed
            || here >= limits.streams_per_source
            || table.outboxes.len() >= limits.streams
            || table.outboxes.contains_key(&tuple)
        {
            return None;
        }
        table.sources.insert(source, here + 1);
        let outbox = Arc::new(Outbox::default());
        table.outboxes.insert(tuple, Arc::clone(&outbox));
        Some(outbox)
    }

    fn forget(&self, tuple: FiveTuple) {
        let mut table = lock(&self.0);
        table.outboxes.remove(&tuple);
        let source = Source::from(tuple.client.ip());
        if let Some(here) = table.sources.get_mut(&source) {
            *here -= 1;
            if *here == 0 {
                table.sources.remove(&source);
            }
        }
    }

    /// Puts a frame before the client; `false` if it was dropped.
    pub(crate) fn send(&self, tuple: FiveTuple, frame: &[u8]) -> bool {
        let table = lock(&self.0);
        table
            .outboxes
            .get(&tuple)
            .is_some_and(|outbox| outbox.push(frame))
    }

    /// Ends all streams, and lets none in any more.
    pub(crate) fn close(&self) {
        let mut table = lock(&self.0);
        table.closed = true;
        for outbox in table.outboxes.values() {
            lock(&outbox.waiting).over = true;
            outbox.changed.notify_one();
        }
    }
}

/// What waits to be written to one client.
#[derive(Debug, Default)]
struct Outbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
    /// Bytes that the client's side has taken so far.
    written: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// What was taken is being written.
    writing: bool,
    over: bool,
}

impl Outbox {
    fn push(&self, frame: &[u8]) -> bool {
        let mut waiting = lock(&self.waiting);
        // The class bit that only answers have (RFC 8489, section 5).
        let is_answer = frame.first().is_some_and(|first| first & 0xc1 == 1);
        let bound = if is_answer { OUTBOX } else { OUTBOX - ANSWERS };
        let room = waiting.bytes.len() + frame.len() <= bound;
        if room {
            framing::pad(frame, &mut waiting.bytes);
            self.changed.notify_one();
        }
        room
    }

    /// Swaps what waits for an empty buffer; `false` when nothing will come any more.
    async fn take(&self, bytes: &mut Vec<u8>) -> bool {
        loop {
            {
                let mut waiting = lock(&self.waiting);
                if waiting.over {
                    return false;
                }
                waiting.writing = !waiting.bytes.is_empty();
                if waiting.writing {
                    std::mem::swap(&mut waiting.bytes, bytes);
                    return true;
                }
            }
            self.changed.notified().await;
        }
    }

    /// How much was written so far; `None` while there is nothing to write.
    fn being_written(&self) -> Option<u64> {
        let writing = lock(&self.waiting).writing;
        writing.then(|| self.written.load(Ordering::Relaxed))
    }
}

/// One stream, which gives back all that it holds when it is dropped.
struct Stream {
    shared: Arc<Shared>,
    tuple: FiveTuple,
    outbox: Arc<Outbox>,
}

impl Stream {
    fn open(shared: Arc<Shared>, tuple: FiveTuple) -> Option<Self> {
        let mut state = shared.lock();
        let limits = state.engine.policy.limits;
        let Some(outbox) = shared.streams.open(tuple, &limits) else {
            state.engine.metrics.refuse(Refusal::Flood);
            return None;
        };
        drop(state);
        Some(Self {
            shared,
            tuple,
            outbox,
        })
    }

    async fn receive<S: AsyncRead>(&self, mut from: ReadHalf<S>) -> StreamEnd {
        let tuple = self.tuple;
        let mut frames = Frames::default();
        loop {
            match from.read_buf(frames.space()).await {
                Ok(0) | Err(_) => return StreamEnd::Closed,
                Ok(_) => {}
            }
            let understood = self.shared.steps(|step| {
                while let Some(packet) = frames.next()? {
                    step(Input::FromClient { tuple, packet });
                }
                Ok(())
            });
            if let Err(NoFrame) = understood {
                return StreamEnd::NoFrame;
            }
        }
    }

    async fn send<S: AsyncWrite>(&self, mut to: WriteHalf<S>) -> StreamEnd {
        let mut bytes = Vec::new();
        while self.outbox.take(&mut bytes).await {
            if self.write(&mut to, &bytes).await.is_err() {
                return StreamEnd::Closed;
            }
            if bytes.capacity() > KEPT {
                bytes = Vec::new();
            }
            bytes.clear();
        }
        StreamEnd::Over
    }

    async fn write<S: AsyncWrite>(&self, to: &mut WriteHalf<S>, bytes: &[u8]) -> io::Result<()> {
        // Within TLS each frame has a record of its own: it can be read as soon as it has come,
        // and some clients, such as coturn's, take a record for one frame.
        let by_frame = self.tuple.transport == Transport::SecureStream;
        let mut rest = bytes;
        let mut frame = 0;
        while !rest.is_empty() {
            if frame == 0 {
                let whole = if by_frame { framing::first(rest) } else { None };
                frame = whole.unwrap_or(rest.len());
            }
            let written = to.write(&rest[..frame]).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.outbox
                .written
                .fetch_add(written as u64, Ordering::Relaxed);
            rest = &rest[written..];
            frame -= written;
        }
        to.flush().await
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let tuple = self.tuple;
        self.shared.step(Input::Gone { tuple });
        self.shared.streams.forget(tuple);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while these locks are held, so a poisoned one is as good as any.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_outbox_drops_data_and_has_room_for_answers() {
        let outbox = Outbox::default();
        let data = [&[0x40, 1, 0x03, 0xe8][..], &[0; 1000]].concat();
        let pushed = (0..1000).take_while(|_| outbox.push(&data)).count();
        assert_eq!(pushed, (OUTBOX - ANSWERS) / data.len());
        // An indication is data as well; what answers a request gets through.
        assert!(!outbox.push(&[&[0x00, 0x17][..], &[0; 1002]].concat()));
        let answer = [&[0x01, 0x13][..], &[0; 102]].concat();
        assert!(outbox.push(&answer));
        let answers = (0..1000).take_while(|_| outbox.push(&answer)).count();
        assert!(
            (ANSWERS / answer.len()..200).contains(&answers),
            "{answers}"
        );
    }

    #[test]
    fn streams_are_counted_in_all_and_by_source() {
        let limits = Limits {
            streams: 3,
            streams_per_source: 2,
            ..Limits::default()
        };
        let streams = Streams::default();
        let tuple = |client: &str| FiveTuple {
            transport: Transport::Stream,
            server: "198.20.0.1:443".parse().unwrap(),
            client: client.parse().unwrap(),
        };
        let open = |client| streams.open(tuple(client), &limits).is_some();
        assert!(open("9.9.9.9:1"));
        assert!(!open("9.9.9.9:1"), "the same five-tuple");
        assert!(open("9.9.9.9:2"));
        assert!(!open("9.9.9.9:3"), "one source");
        assert!(open("9.9.9.8:1"));
        assert!(!open("9.9.9.7:1"), "all together");
        streams.forget(tuple("9.9.9.9:1"));
        assert!(streams.open(tuple("9.9.9.9:3"), &limits).is_some());
        for client in ["9.9.9.9:2", "9.9.9.9:3", "9.9.9.8:1"] {
            streams.forget(tuple(client));
        }
        assert!(lock(&streams.0).sources.is_empty());
        streams.close();
        assert!(streams.open(tuple("9.9.9.9:1"), &limits).is_none());
    }
}
