//! One side of a session, as programs hold it.

use std::net::SocketAddr;

use isession_protocol::bounded::{MessageText, Url as LeadUrl};
use isession_protocol::channel::{
    Blocked, Body, Consent, EntryId, Failed, Glance, Grant, How, Landing, Permission, Point, Travel,
};
use isession_protocol::ids::{Epoch, LinkId, SessionId};
use isession_protocol::signaling::{EndReason, IceServer, LeadPolicy, PagePolicy, Path, Signal};
use tokio::sync::{mpsc, oneshot};
use url::Url;

use crate::SdkError;
use crate::actor::Actor;
use crate::bulk::{self, BulkReceiver, BulkSender};
use crate::mirror::MirrorReceiver;
use crate::net::RootCertificates;
use crate::task::Task;
use crate::transcript::Role;

/// Commands that wait for the session's task; whoever gives more waits.
const COMMANDS: usize = 64;
/// Signals on their way to the node or from it. The link's task waits when they are more.
const SIGNALS: usize = 256;

/// What happens in a session.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionEvent {
    /// The channel is open, directly or relayed; also again after a lost path, and by a better one
    /// than could be tried before the accept.
    Open {
        /// Which way it goes.
        path: Path,
    },
    /// The other side said something.
    Message {
        /// Names it for good.
        id: EntryId,
        /// What was said.
        text: String,
    },
    /// The other side has seen everything up to this entry of this side.
    Delivered {
        /// The last one seen.
        id: EntryId,
    },
    /// The agent asks to lead (visitors only). Hostile addresses never get here.
    Lead(LeadRequest),
    /// Something became of a lead (agents only).
    Landing {
        /// Which lead.
        lead: EntryId,
        /// What became of it.
        landing: Landing,
    },
    /// The visitor's standing word on leads changed (agents only).
    Consent(Consent),
    /// The agent asks to be followed (visitors only). [`Session::grant`] answers; silence is no
    /// answer, and permits nothing. What else is asked takes a page, which a program has not:
    /// that is answered without it.
    Ask(Permission),
    /// The agent gave a permission back (visitors only).
    Release(Permission),
    /// The agent, whom this visitor follows, is at another place of the site (visitors only).
    /// Whatever is not permitted, or not of the site, never gets here.
    Guide(LeadRequest),
    /// Where the agent, whom this visitor follows, sees the page begin (visitors only).
    Scroll {
        /// The place, in the agent's page.
        at: Point,
        /// The place at that page's end, if it was told.
        of: Option<Point>,
    },
    /// The visitor decided on something that was asked for, or took it back (agents only).
    Grant {
        /// What it is about.
        permission: Permission,
        /// What was decided.
        grant: Grant,
    },
    /// Something became of a highlight (agents only).
    Highlighted {
        /// Which one.
        highlight: EntryId,
        /// Whether the element was there, and may be pointed at.
        found: bool,
        /// What people call it; empty if it has no name that the agent may know.
        label: String,
        /// Why it was not looked for.
        why: Option<Blocked>,
    },
    /// The other side writes, or stopped.
    Typing(bool),
    /// The path was lost; it is being looked for.
    Reconnecting,
    /// The other side has not been reachable for a minute. It may yet come back: nothing ends by
    /// itself.
    Vanished,
    /// The session is over. Nothing follows.
    Ended(EndReason),
}

/// A lead that waits for the visitor's answer. One that is dropped is declined.
#[derive(Debug)]
pub struct LeadRequest {
    pub(crate) id: EntryId,
    pub(crate) url: Url,
    pub(crate) commands: Option<mpsc::Sender<Command>>,
}

impl LeadRequest {
    /// Where to. It passed [`crate::lead::judge_lead`].
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Names it for good.
    pub const fn id(&self) -> &EntryId {
        &self.id
    }

    /// The program went there.
    pub async fn landed(self) -> Result<(), SdkError> {
        self.answer(Landing::Landed { how: How::Program }).await
    }

    /// The visitor stays.
    pub async fn declined(self) -> Result<(), SdkError> {
        self.answer(Landing::Declined).await
    }

    /// The visitor agreed, and it did not work.
    pub async fn failed(self) -> Result<(), SdkError> {
        self.answer(Landing::Failed {
            why: Failed::NoWindow,
        })
        .await
    }

    async fn answer(mut self, landing: Landing) -> Result<(), SdkError> {
        let lead = self.id.clone();
        let Some(commands) = self.commands.take() else {
            return Err(SdkError::Over);
        };
        write(&commands, Body::Landing { lead, landing })
            .await
            .map(|_| ())
    }
}

impl Drop for LeadRequest {
    fn drop(&mut self) {
        if let Some(commands) = self.commands.take() {
            let body = Body::Landing {
                lead: self.id.clone(),
                landing: Landing::Declined,
            };
            let (answer, _) = oneshot::channel();
            // A session that is too busy to take it is told nothing: the lead stays open.
            let _ = commands.try_send(Command::Write { body, answer });
        }
    }
}

/// What a program wants of its session.
#[derive(Debug)]
pub(crate) enum Command {
    Write {
        body: Body,
        answer: oneshot::Sender<Result<EntryId, SdkError>>,
    },
    Glance(Glance),
    End {
        done: oneshot::Sender<()>,
    },
}

/// From the node's side of a link to the session.
#[derive(Debug)]
pub enum LinkInput {
    /// A signal of the other side.
    Signal(Signal),
    /// Fresh relay credentials.
    Ice(Vec<IceServer>),
    /// The node is there again: what was under way may have been lost.
    NodeReturned,
    /// This agent accepts whoever rings by this link.
    Answer,
    /// The node's word that the two have each other, with what they may connect by from now on.
    Accepted(Vec<IceServer>),
    /// The node says that the session is over.
    Ended(EndReason),
}

/// From the session to the node's side of a link.
#[derive(Debug)]
pub enum LinkOutput {
    /// A signal for the other side.
    Signal(Signal),
    /// Fresh relay credentials are wanted.
    WantIce,
    /// Which way the channel goes.
    Path(Path),
    /// The other side said goodbye. It tells the node too, unless it cannot.
    Bye,
    /// The session is over.
    End,
}

/// The two ends of a session's link. Whoever brings signals across may be a node, or a test.
#[derive(Debug)]
pub struct Link {
    /// Into the session.
    pub inputs: mpsc::Sender<LinkInput>,
    /// Out of the session.
    pub outputs: mpsc::Receiver<LinkOutput>,
}

/// How a session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the accept. `resumed`: this side was in the session before, in another life.
    Accepted {
        /// Whether it was.
        resumed: bool,
    },
    /// While it rings: the two connect, and neither hears the other before the accept.
    Ring {
        /// Only relayed paths before the accept.
        relay_only: bool,
        /// None at all: nothing but an offer without addresses passes before it.
        offer_only: bool,
    },
}

/// How a session connects.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Which side this is.
    pub role: Role,
    /// STUN and TURN servers.
    pub ice: Vec<IceServer>,
    /// Only relayed paths.
    pub relay_only: bool,
    /// Addresses to bind; unspecified ones stand for every interface but loopback.
    pub bind: Vec<SocketAddr>,
    /// Who vouches for relays over TLS.
    pub root_certificates: RootCertificates,
    /// What the site allows leads to (visitors).
    pub lead_policy: LeadPolicy,
    /// Which pages are the site's (visitors).
    pub page: PagePolicy,
    /// How it begins.
    pub begin: Begin,
}

/// One side of a session. Dropping it closes the channel without a word, and the other side
/// waits for this one to come back; [`Session::end`] says goodbye.
#[derive(Debug)]
pub struct Session {
    id: SessionId,
    link: LinkId,
    role: Role,
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<SessionEvent>,
    bulk: BulkSender,
    bulk_in: Option<BulkReceiver>,
    mirror: Option<BulkReceiver>,
    _task: Task,
}

impl Session {
    /// A session, and the link that somebody must serve.
    pub fn new(id: SessionId, link: LinkId, config: SessionConfig) -> (Self, Link) {
        let (commands, taken) = mpsc::channel(COMMANDS);
        let (inputs, from_link) = mpsc::channel(SIGNALS);
        let (to_link, outputs) = mpsc::channel(SIGNALS);
        let (events_tx, events) = mpsc::channel(1);
        let (open, bulk) = bulk::channel();
        let (queue, bulk_in, mirror) = bulk::queues();
        let role = config.role;
        let actor = Actor::new(
            config,
            commands.downgrade(),
            to_link,
            events_tx,
            open,
            queue,
        );
        let session = Self {
            id,
            link,
            role,
            commands,
            events,
            bulk,
            bulk_in: Some(bulk_in),
            mirror: Some(mirror),
            _task: Task::spawn(actor.run(taken, from_link)),
        };
        (session, Link { inputs, outputs })
    }

    /// The accept names what was begun while it rang.
    pub(crate) const fn name(&mut self, id: SessionId) {
        self.id = id;
    }

    /// The session's id.
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The link's id.
    pub const fn link(&self) -> LinkId {
        self.link
    }

    /// What happens next; `None` after the session ended. Events wait for the program, and the
    /// session for them: a program that does not ask holds the conversation up.
    pub async fn next_event(&mut self) -> Option<SessionEvent> {
        self.events.recv().await
    }

    /// Says something. It is kept until the other side has it, whatever the network does.
    pub async fn say(&self, text: &str) -> Result<EntryId, SdkError> {
        let text = MessageText::new(text)?;
        write(&self.commands, Body::Message { text }).await
    }

    /// Asks to lead the visitor (agents only).
    pub async fn lead(&self, url: &str) -> Result<EntryId, SdkError> {
        self.must_be(Role::Agent)?;
        let url = LeadUrl::new(url)?;
        write(&self.commands, Body::Lead { url }).await
    }

    /// Asks the visitor for a permission (agents only).
    pub async fn ask(&self, permission: Permission) -> Result<EntryId, SdkError> {
        self.must_be(Role::Agent)?;
        write(&self.commands, Body::Ask { permission }).await
    }

    /// Gives a permission back (agents only).
    pub async fn release(&self, permission: Permission) -> Result<EntryId, SdkError> {
        self.must_be(Role::Agent)?;
        write(&self.commands, Body::Release { permission }).await
    }

    /// Has a visitor who permits [`Permission::Follow`] go to this place of the site (agents only).
    /// Where in the page is told by [`Glance::Scroll`].
    pub async fn guide(&self, url: &str) -> Result<EntryId, SdkError> {
        self.must_be(Role::Agent)?;
        let url = LeadUrl::new(url)?;
        write(&self.commands, Body::Guide { url }).await
    }

    /// Decides on a permission: as an answer, or at any other time (visitors only).
    pub async fn grant(&self, permission: Permission, grant: Grant) -> Result<EntryId, SdkError> {
        self.must_be(Role::Visitor)?;
        write(&self.commands, Body::Grant { permission, grant }).await
    }

    /// Asks to move in the history of the visitor's page (agents only).
    pub async fn travel(&self, travel: Travel) -> Result<EntryId, SdkError> {
        self.must_be(Role::Agent)?;
        write(&self.commands, Body::Travel { travel }).await
    }

    /// Shows the visitor an element by its number in the mirror (agents only). `view` names the
    /// page's life, as batches do.
    pub async fn highlight(&self, view: Epoch, node: u32) -> Result<EntryId, SdkError> {
        self.must_be(Role::Agent)?;
        write(&self.commands, Body::Highlight { view, node }).await
    }

    /// Sets the standing word on leads (visitors only). `Stop` refuses all that come.
    pub async fn consent(&self, consent: Consent) -> Result<EntryId, SdkError> {
        self.must_be(Role::Visitor)?;
        write(&self.commands, Body::Consent { consent }).await
    }

    /// Tells that this side writes, or stopped. May get lost.
    pub async fn typing(&self, typing: bool) -> Result<(), SdkError> {
        self.glance(Glance::Typing { typing }).await
    }

    /// Shows something that is worth nothing a moment later, such as a pointer. May get lost.
    pub async fn glance(&self, glance: Glance) -> Result<(), SdkError> {
        let sent = self.commands.send(Command::Glance(glance)).await;
        sent.map_err(|_| SdkError::Over)
    }

    /// The way to send on the `bulk` channel.
    pub fn bulk(&self) -> BulkSender {
        self.bulk.clone()
    }

    /// The way to receive from the `bulk` channel, once.
    pub fn take_bulk(&mut self) -> Option<BulkReceiver> {
        self.bulk_in.take()
    }

    /// The way to see the visitor's page, once the visitor has agreed (agents only). Taken once.
    pub fn take_mirror(&mut self) -> Option<MirrorReceiver> {
        self.must_be(Role::Agent).ok()?;
        let messages = self.mirror.take()?;
        Some(MirrorReceiver::new(messages, self.bulk.clone()))
    }

    /// Says goodbye and closes.
    pub async fn end(self) {
        let (done, ended) = oneshot::channel();
        if self.commands.send(Command::End { done }).await.is_ok() {
            // The task drops it when it is over, whichever way.
            let _ = ended.await;
        }
    }

    fn must_be(&self, role: Role) -> Result<(), SdkError> {
        if self.role == role {
            Ok(())
        } else {
            Err(SdkError::Role)
        }
    }
}

async fn write(commands: &mpsc::Sender<Command>, body: Body) -> Result<EntryId, SdkError> {
    let (answer, written) = oneshot::channel();
    commands
        .send(Command::Write { body, answer })
        .await
        .map_err(|_| SdkError::Over)?;
    written.await.map_err(|_| SdkError::Over)?
}
