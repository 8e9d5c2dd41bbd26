//! The sessions of one side, by their links: those that go on, and those that connect while it
//! rings. Agents and visitors speak different frames; this much is the same for both.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use isession_protocol::bounded::Ticket;
use isession_protocol::ids::{LinkId, SessionId};
use isession_protocol::signaling::{EndReason, Path, Signal};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::session::{Link, LinkInput, LinkOutput, Session, SessionConfig};
use crate::transcript::Role;

/// Outputs of sessions that wait for the connection; the sessions wait beyond it.
const OUTPUTS: usize = 256;
/// The other side tells the node of its goodbye within this time, unless it cannot.
const THEIR_WORD: Duration = Duration::from_secs(2);

/// What a session wants told to the node.
#[derive(Debug)]
pub(crate) enum Said {
    Signal { link: LinkId, signal: Signal },
    Ice { link: LinkId },
    Path { link: LinkId, path: Path },
    End { session: SessionId },
}

/// Connects while it rings; nobody's before the accept.
struct Ring {
    session: Session,
    inputs: mpsc::Sender<LinkInput>,
}

/// A session that the program has, or had.
struct Held {
    session: SessionId,
    ticket: Ticket,
    inputs: mpsc::Sender<LinkInput>,
    end: End,
}

/// How far the end of a session is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It goes on.
    None,
    /// The program dropped it without a word. The node is asked of it once more, and gives it back
    /// or tells of its end.
    Dropped,
    /// The other side said goodbye, and has until then to tell the node.
    Heard(Instant),
    /// It was told, on a connection that may have been dead.
    Told,
    /// And once more on the next.
    ToldAgain,
}

/// An output of a link; `None` when its session is over or dropped.
type Output = (LinkId, Option<LinkOutput>);

pub(crate) struct Links {
    rings: BTreeMap<LinkId, Ring>,
    held: BTreeMap<LinkId, Held>,
    /// What is to be said before all else.
    first: VecDeque<Said>,
    output: mpsc::Sender<Output>,
    outputs: mpsc::Receiver<Output>,
    tasks: JoinSet<()>,
}

impl Links {
    pub(crate) fn new() -> Self {
        let (output, outputs) = mpsc::channel(OUTPUTS);
        Self {
            rings: BTreeMap::new(),
            held: BTreeMap::new(),
            first: VecDeque::new(),
            output,
            outputs,
            tasks: JoinSet::new(),
        }
    }

    /// How many connect while it rings.
    pub(crate) fn ringing(&self) -> usize {
        self.rings.len()
    }

    /// Proof of the sessions that the program has, or dropped.
    pub(crate) fn tickets(&self) -> impl Iterator<Item = &Ticket> {
        self.held.values().map(|held| &held.ticket)
    }

    /// Whether a session goes on that the program has not dropped.
    pub(crate) fn talks(&self) -> bool {
        let goes_on = |held: &Held| held.end == End::None && !held.inputs.is_closed();
        self.held.values().any(goes_on)
    }

    /// Begins to connect while it rings.
    pub(crate) async fn ring(&mut self, link: LinkId, config: SessionConfig) {
        let asks = config.role == Role::Agent;
        // The accept names it, and nobody sees it before.
        let (session, mut ends) = Session::new(SessionId::new(Uuid::nil()), link, config);
        // An agent's first word asks for an offer. It is to leave before an accept can.
        if asks && let Some(LinkOutput::Signal(signal)) = ends.outputs.recv().await {
            self.first.push_back(Said::Signal { link, signal });
        }
        let inputs = self.serve(link, ends);
        self.rings.insert(link, Ring { session, inputs });
    }

    pub(crate) fn ring_ended(&mut self, link: LinkId) {
        self.rings.remove(&link);
    }

    /// Nobody rings any more.
    pub(crate) fn hang_up(&mut self) {
        self.rings.clear();
    }

    /// The two have each other, or still have: gives back a session that the program does not
    /// have yet. `config` is for one that did not begin while it rang.
    pub(crate) fn accepted(
        &mut self,
        session: SessionId,
        link: LinkId,
        ticket: Ticket,
        config: SessionConfig,
    ) -> Option<Session> {
        let known = self.held.get_mut(&link);
        if let Some(held) = known.filter(|held| held.end != End::Dropped) {
            held.ticket = ticket;
            if held.end == End::None {
                self.put(link, LinkInput::Ice(config.ice));
                self.put(link, LinkInput::NodeReturned);
            } else {
                if held.end != End::ToldAgain {
                    held.end = End::Told;
                }
                self.first.push_back(Said::End { session });
            }
            return None;
        }
        let (began, inputs) = match self.rings.remove(&link) {
            Some(Ring {
                session: mut began,
                inputs,
            }) => {
                began.name(session);
                put_once(&inputs, LinkInput::Accepted(config.ice));
                (began, inputs)
            }
            None => {
                let (began, ends) = Session::new(session, link, config);
                (began, self.serve(link, ends))
            }
        };
        let held = Held {
            session,
            ticket,
            inputs,
            end: End::None,
        };
        self.held.insert(link, held);
        Some(began)
    }

    /// To a session. One that takes nothing is not waited for: it starts over later.
    pub(crate) fn put(&self, link: LinkId, input: LinkInput) {
        let ringing = || self.rings.get(&link).map(|ring| &ring.inputs);
        let held = self.held.get(&link).map(|held| &held.inputs);
        if let Some(inputs) = held.or_else(ringing) {
            let _ = inputs.try_send(input);
        }
    }

    /// The node says that a session is over.
    pub(crate) fn ended(&mut self, session: SessionId, reason: EndReason) {
        let link = self.held.iter().find(|(_, held)| held.session == session);
        let Some(link) = link.map(|(link, _)| *link) else {
            return;
        };
        if let Some(held) = self.held.remove(&link) {
            put_once(&held.inputs, LinkInput::Ended(reason));
        }
    }

    /// Whatever goes on here is over.
    pub(crate) fn all_ended(&mut self, reason: EndReason) {
        let sessions: Vec<_> = self.held.values().map(|held| held.session).collect();
        for session in sessions {
            self.ended(session, reason);
        }
    }

    /// Ends a session that nobody here wants.
    pub(crate) fn refuse(&mut self, session: SessionId) {
        self.first.push_back(Said::End { session });
    }

    /// Forgets what the node has forgotten.
    pub(crate) fn forget(&mut self) {
        self.held.clear();
    }

    /// The node is there again. What it does not confirm of an end now, it does not know.
    pub(crate) fn returned(&mut self) {
        self.hang_up();
        self.first.clear();
        let asked = |held: &Held| matches!(held.end, End::ToldAgain | End::Dropped);
        self.held.retain(|_, held| !asked(held));
        for held in self.held.values_mut() {
            if held.end == End::Told {
                held.end = End::ToldAgain;
            }
        }
    }

    /// What to tell the node next. Nothing is lost when this is dropped.
    pub(crate) async fn next(&mut self) -> Said {
        loop {
            // Sessions that ended leave a finished task behind.
            while self.tasks.try_join_next().is_some() {}
            if let Some(said) = self.first.pop_front() {
                return said;
            }
            let heard = |held: &Held| match held.end {
                End::Heard(at) => Some((at, held.session)),
                _ => None,
            };
            let due = self.held.values().filter_map(heard).min();
            tokio::select! {
                Some((link, output)) = self.outputs.recv() => {
                    if let Some(said) = self.output(link, output) {
                        return said;
                    }
                }
                () = at(due.map(|(at, _)| at)) => {
                    if let Some((_, session)) = due {
                        self.tell_end(session);
                    }
                }
            }
        }
    }

    fn output(&mut self, link: LinkId, output: Option<LinkOutput>) -> Option<Said> {
        let Some(held) = self.held.get_mut(&link) else {
            return match output {
                Some(LinkOutput::Signal(signal)) if self.rings.contains_key(&link) => {
                    Some(Said::Signal { link, signal })
                }
                Some(LinkOutput::WantIce) if self.rings.contains_key(&link) => {
                    Some(Said::Ice { link })
                }
                _ => None,
            };
        };
        match output {
            Some(LinkOutput::Signal(signal)) => Some(Said::Signal { link, signal }),
            Some(LinkOutput::WantIce) => Some(Said::Ice { link }),
            Some(LinkOutput::Path(path)) => Some(Said::Path { link, path }),
            Some(LinkOutput::Bye) => {
                held.end = End::Heard(Instant::now() + THEIR_WORD);
                None
            }
            Some(LinkOutput::End) => {
                let session = held.session;
                self.tell_end(session);
                None
            }
            None => {
                if held.end == End::None {
                    held.end = End::Dropped;
                }
                None
            }
        }
    }

    fn tell_end(&mut self, session: SessionId) {
        for held in self.held.values_mut() {
            if held.session == session {
                held.end = End::Told;
            }
        }
        self.first.push_back(Said::End { session });
    }

    /// Brings a session's outputs here; gives back the way in.
    fn serve(&mut self, link: LinkId, ends: Link) -> mpsc::Sender<LinkInput> {
        let Link {
            inputs,
            mut outputs,
        } = ends;
        let to = self.output.clone();
        self.tasks.spawn(async move {
            while let Some(output) = outputs.recv().await {
                if to.send((link, Some(output))).await.is_err() {
                    return;
                }
            }
            let _ = to.send((link, None)).await;
        });
        inputs
    }
}

/// What is said but once. A session that is busy takes it a moment later, one that is gone never.
fn put_once(inputs: &mpsc::Sender<LinkInput>, input: LinkInput) {
    if let Err(TrySendError::Full(input)) = inputs.try_send(input) {
        let inputs = inputs.clone();
        tokio::spawn(async move {
            let _ = inputs.send(input).await;
        });
    }
}

/// When that time comes.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
