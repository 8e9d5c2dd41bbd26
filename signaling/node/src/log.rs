//! How inputs reach the switchboard: a node appends them to a log and applies what the log
//! delivers, so that several nodes reading one log come to the same state.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use isession_protocol::Timestamp;
use isession_switchboard::Input;
use tokio::sync::{Mutex, mpsc};

use crate::clock::Clock;

/// The node is stopping and takes no more inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log is closed")]
pub(crate) struct LogClosed;

type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An ordered, timestamped sequence of inputs.
pub(crate) trait Log: std::fmt::Debug + Send + Sync + 'static {
    /// Adds an input at the end. Waits while the log is full: whoever has news waits, nothing is
    /// dropped.
    fn append(&self, input: Input) -> Pending<'_, Result<(), LogClosed>>;
    /// The next input to apply; `None` when the log is closed and read to its end.
    fn next(&self) -> Pending<'_, Option<(Timestamp, Input)>>;
}

/// Inputs waiting in a local log at the most.
const LOCAL_DEPTH: usize = 4096;

/// A log inside one process.
pub(crate) struct LocalLog {
    clock: Arc<dyn Clock>,
    writer: mpsc::Sender<Input>,
    reader: Mutex<mpsc::Receiver<Input>>,
}

impl LocalLog {
    /// An empty log that takes its timestamps from this clock.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let (writer, reader) = mpsc::channel(LOCAL_DEPTH);
        Self {
            clock,
            writer,
            reader: Mutex::new(reader),
        }
    }
}

impl std::fmt::Debug for LocalLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalLog").finish_non_exhaustive()
    }
}

impl Log for LocalLog {
    fn append(&self, input: Input) -> Pending<'_, Result<(), LogClosed>> {
        Box::pin(async { self.writer.send(input).await.map_err(|_| LogClosed) })
    }

    fn next(&self) -> Pending<'_, Option<(Timestamp, Input)>> {
        Box::pin(async {
            let input = self.reader.lock().await.recv().await?;
            Some((self.clock.now(), input))
        })
    }
}
