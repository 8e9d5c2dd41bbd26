//! The task behind a [`Session`](crate::Session): carries out what the core wants, on real
//! connections and by a real clock.

mod better;
mod ending;
mod following;
mod heard;
mod resumes;
mod world;

use std::collections::VecDeque;
use std::time::Duration;

use isession_protocol::channel::{Body, EntryId, Talk};
use isession_protocol::ids::Epoch;
use isession_protocol::signaling::{DescriptionRole, EndReason, IceServer, Path, Signal};
use isession_protocol::{decode, encode, limits};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use self::better::Better;
use self::following::stops_leads;
use self::resumes::Resumes;
use self::world::{beginning, chance, ended, fresh_epoch, instant, now, stirs};
use crate::SdkError;
use crate::bulk::{self, BulkQueues};
use crate::outbox::Outbox;
use crate::peer::{Peer, PeerConfig, PeerEvent, Stir, Taken, Way};
use crate::session::{Begin, Command, LinkInput, LinkOutput, SessionConfig, SessionEvent};
use crate::session_core::{Connection, Effect, Input, PeerInput, SessionCore, Source};
use crate::transcript::{Role, Transcript};

/// Events of a peer connection that wait; its channels are held back beyond it.
const PEER_EVENTS: usize = 512;
/// Events that the program has not taken; nothing is read from the other side beyond it.
const OUTGOING: usize = 256;
/// What failed by itself is tried again after this time.
const AGAIN: Duration = Duration::from_secs(4);
/// The selected pair is known a moment after the channel opened.
const LOOK: Duration = Duration::from_millis(20);
/// The other side's stack may go over from a relay to a better pair by itself, without a word.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// After that, waiting is a choice. Networks mend most gaps much sooner.
const VANISHED: Duration = Duration::from_secs(60);

pub(crate) struct Actor {
    config: SessionConfig,
    core: SessionCore,
    /// Inputs that carrying out effects brought about.
    inputs: VecDeque<Input>,
    commands: mpsc::WeakSender<Command>,
    link: mpsc::Sender<LinkOutput>,
    events: mpsc::Sender<SessionEvent>,
    outgoing: VecDeque<SessionEvent>,
    bulk: bulk::Open,
    bulk_in: BulkQueues,
    peer: Option<Peer>,
    outbox: Outbox,
    resumes: Resumes,
    peer_events: mpsc::Receiver<PeerEvent>,
    /// What was last told of the connection.
    told: Option<Path>,
    /// When to look again which way the channel goes.
    look_at: Option<Instant>,
    better: Better,
    /// The last scroll that was told: an overtaken one is older.
    scrolled: Option<u32>,
    /// When to begin anew, because a connection could not even be made.
    again_at: Option<Instant>,
    /// When the other side has been out of reach for long enough to tell.
    vanished_at: Option<Instant>,
    /// The node told the end: when and how it comes, if the other side's goodbye does not.
    ends: Option<(Instant, EndReason)>,
    /// The program has no session before the accept, and hears nothing of it.
    ringing: bool,
    /// Better paths than a relay's are for after the accept.
    withheld: bool,
    over: bool,
}

/// Whether a step worked.
type Step = Result<(), SdkError>;

impl Actor {
    pub(crate) fn new(
        config: SessionConfig,
        commands: mpsc::WeakSender<Command>,
        link: mpsc::Sender<LinkOutput>,
        events: mpsc::Sender<SessionEvent>,
        bulk: bulk::Open,
        bulk_in: BulkQueues,
    ) -> Self {
        let transcript = Transcript::new(config.role, fresh_epoch());
        let source = Source {
            epoch: Box::new(fresh_epoch),
            chance: Box::new(chance),
        };
        if let Begin::Accepted { .. } = config.begin {
            bulk_in.listen();
        }
        Self {
            core: SessionCore::new(transcript, source),
            config,
            inputs: VecDeque::new(),
            commands,
            link,
            events,
            outgoing: VecDeque::new(),
            bulk,
            bulk_in,
            peer: None,
            outbox: Outbox::default(),
            resumes: Resumes::default(),
            peer_events: mpsc::channel(1).1,
            told: None,
            look_at: None,
            better: Better::default(),
            scrolled: None,
            again_at: None,
            vanished_at: Some(Instant::now() + VANISHED),
            ends: None,
            ringing: false,
            withheld: false,
            over: false,
        }
    }

    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut link: mpsc::Receiver<LinkInput>,
    ) {
        let events = self.events.clone();
        // Without a node the session goes on over the channel it has.
        let mut linked = true;
        if let Begin::Ring { relay_only, .. } = self.config.begin {
            (self.ringing, self.withheld) = (true, relay_only);
        }
        self.feed(beginning(self.config.begin)).await;
        while !(self.over && self.outgoing.is_empty()) {
            let tick_at = self.core.deadline().map(instant).filter(|_| !self.over);
            let look_at = self.look_at.filter(|_| !self.over);
            let again_at = self.again_at.filter(|_| !self.over);
            let resume_at = self.resumes.due().filter(|_| !self.over);
            let vanished_at = self.vanished_at.filter(|_| !self.over && !self.ringing);
            let ends = self.ends.filter(|_| !self.over);
            // That the channel is open is told before what comes over it.
            let open = self.core.connection() == Connection::Open && !self.ringing;
            let told = !open || self.told.is_some();
            let room = self.outgoing.len() < OUTGOING && told && !self.over;
            tokio::select! {
                permit = events.reserve(), if !self.outgoing.is_empty() => {
                    match (permit, self.outgoing.pop_front()) {
                        (Ok(permit), Some(event)) => permit.send(event),
                        // The program is gone.
                        _ => break,
                    }
                }
                command = commands.recv(), if !self.over => match command {
                    Some(command) => self.command(command).await,
                    None => break,
                },
                input = link.recv(), if linked && !self.over => match input {
                    Some(input) => self.input(input).await,
                    None => linked = false,
                },
                Some(event) = self.peer_events.recv(), if room => self.peer_event(event).await,
                stir = stirs(self.peer.as_mut(), !self.outbox.is_empty()) => match stir {
                    Stir::Path => self.path_changed().await,
                    Stir::Room => self.pump().await,
                },
                () = sleep_until(look_at.unwrap_or_else(Instant::now)), if look_at.is_some() => {
                    self.look().await;
                    self.go_on().await;
                }
                () = sleep_until(tick_at.unwrap_or_else(Instant::now)), if tick_at.is_some() => {
                    self.feed(Input::Tick).await;
                }
                () = sleep_until(again_at.unwrap_or_else(Instant::now)), if again_at.is_some() => {
                    self.again_at = None;
                    self.feed(Input::NodeReturned).await;
                }
                () = sleep_until(resume_at.unwrap_or_else(Instant::now)), if resume_at.is_some() => {
                    self.hear_late().await;
                }
                () = sleep_until(vanished_at.unwrap_or_else(Instant::now)),
                    if vanished_at.is_some() =>
                {
                    self.vanished_at = None;
                    self.tell(SessionEvent::Vanished);
                }
                reason = ended(ends) => self.finish(reason),
            }
        }
    }

    /// Hands an input to the core, and carries out what it wants, with all that follows from it.
    async fn feed(&mut self, input: Input) {
        // Inputs from here are never refused; what the program writes goes by `write`.
        let _ = self.try_feed(input).await;
    }

    async fn try_feed(&mut self, input: Input) -> Step {
        let effects = self.core.handle(now(), input).map_err(|_| SdkError::Full)?;
        self.carry_out_all(effects).await;
        self.go_on().await;
        Ok(())
    }

    /// Feeds what carrying out effects brought about.
    async fn go_on(&mut self) {
        while let Some(input) = self.inputs.pop_front() {
            // What the agent's side waits for is not left out: without room for it the session ends.
            let effects = self.core.handle(now(), input);
            let effects = effects.unwrap_or_else(|_| vec![Effect::Full]);
            self.carry_out_all(effects).await;
        }
    }

    async fn carry_out_all(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Err(error) = self.carry_out(effect).await {
                tracing::debug!(%error, "a step of the session failed");
            }
        }
    }

    async fn carry_out(&mut self, effect: Effect) -> Step {
        match effect {
            Effect::Connect(epoch) => self.connect(epoch, false).await,
            Effect::Prepare(epoch) => self.connect(epoch, true).await,
            Effect::Gather => match &mut self.peer {
                Some(peer) => peer.gather(&self.config.ice).await,
                None => Ok(()),
            },
            Effect::Restart if self.core.connection() == Connection::Open => {
                self.look_for_better().await
            }
            Effect::Restart => {
                let ice = &self.config.ice;
                let Some(peer) = &mut self.peer else {
                    return Ok(());
                };
                let sdp = peer.restart(ice).await?;
                let epoch = peer.epoch.clone();
                let role = DescriptionRole::Offer;
                self.tell_core(epoch, PeerInput::Described { role, sdp });
                Ok(())
            }
            Effect::Take(signal) => self.take(signal).await,
            Effect::Signal(signal) => self.to_node(LinkOutput::Signal(signal)).await,
            Effect::Flow(entries) => {
                self.outbox.replace(entries);
                self.pump().await;
                Ok(())
            }
            Effect::Entry(entry) => {
                self.outbox.add(entry);
                self.pump().await;
                Ok(())
            }
            Effect::Tell(talk) => {
                self.outbox.tell(talk);
                self.pump().await;
                Ok(())
            }
            Effect::WantIce => self.to_node(LinkOutput::WantIce).await,
            Effect::Heard(entry) => {
                if entry.body == Body::Bye {
                    self.to_node(LinkOutput::Bye).await?;
                }
                self.heard(entry);
                Ok(())
            }
            Effect::Delivered(id) => {
                self.tell(SessionEvent::Delivered { id });
                Ok(())
            }
            Effect::Show(connection) => {
                self.show(connection).await;
                Ok(())
            }
            Effect::Full => {
                self.to_node(LinkOutput::End).await?;
                self.finish(EndReason::Unknown);
                Ok(())
            }
        }
    }

    async fn connect(&mut self, epoch: Epoch, prepares: bool) -> Step {
        let made = self.make(epoch, prepares).await;
        if made.is_err() {
            self.again_at.get_or_insert_with(|| Instant::now() + AGAIN);
        }
        made
    }

    /// Makes a new peer connection; a visitor's begins with an offer.
    async fn make(&mut self, epoch: Epoch, prepares: bool) -> Step {
        let (events, peer_events) = mpsc::channel(PEER_EVENTS);
        let config = PeerConfig {
            ice: self.config.ice.clone(),
            relay_only: self.config.relay_only || self.withheld,
            bind: self.config.bind.clone(),
            roots: self.config.root_certificates.clone(),
        };
        self.bulk.send_replace(None);
        self.bulk_in.begin();
        self.look_at = None;
        self.peer = None;
        self.outbox.clear();
        self.resumes = Resumes::default();
        self.better.connects();
        self.scrolled = None;
        self.peer_events = peer_events;
        let mut peer = Peer::new(epoch.clone(), config, events, self.bulk_in.clone()).await?;
        if self.config.role == Role::Visitor {
            let sdp = peer.begin(prepares).await?;
            let role = DescriptionRole::Offer;
            self.tell_core(epoch, PeerInput::Described { role, sdp });
        }
        self.peer = Some(peer);
        Ok(())
    }

    /// Looks for a path that a relay's has kept the session from.
    async fn look_for_better(&mut self) -> Step {
        if self.config.relay_only {
            return Ok(());
        }
        self.connect_anew().await
    }

    /// The `webrtc` crate gives up the path it has when it restarts ICE: a new connection is the
    /// safer way to another one.
    async fn connect_anew(&mut self) -> Step {
        let epoch = fresh_epoch();
        let ready = Signal::Ready { epoch };
        match self.config.role {
            Role::Visitor => {
                self.inputs.push_back(Input::Signal(ready));
                Ok(())
            }
            Role::Agent => self.to_node(LinkOutput::Signal(ready)).await,
        }
    }

    async fn take(&mut self, signal: Signal) -> Step {
        let offered = matches!(
            signal,
            Signal::Description {
                role: DescriptionRole::Offer,
                ..
            }
        );
        if offered && self.config.role == Role::Agent && self.core.is_connected() {
            // An answer would take with it the path that it has to go.
            return self.connect_anew().await;
        }
        let polite = self.config.role == Role::Visitor;
        let Some(peer) = &mut self.peer else {
            return Ok(());
        };
        match signal {
            Signal::Description {
                role, sdp, seen, ..
            } => {
                let epoch = peer.epoch.clone();
                match peer.description(role, sdp.into(), polite).await? {
                    Taken::Ignored => return Ok(()),
                    Taken::Answer => {}
                    Taken::Offer(sdp) => {
                        let role = DescriptionRole::Answer;
                        self.tell_core(epoch.clone(), PeerInput::Described { role, sdp });
                    }
                }
                self.tell_core(epoch, PeerInput::Taken { seen });
                Ok(())
            }
            Signal::Candidate { candidate, mid, .. } => {
                peer.candidate(candidate.as_str(), mid.0.as_str()).await
            }
            Signal::Ready { .. } | Signal::Unknown => Ok(()),
        }
    }

    fn tell_core(&mut self, epoch: Epoch, input: PeerInput) {
        self.inputs.push_back(Input::Peer(epoch, input));
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Write { body, answer } => {
                let written = self.write(body).await;
                // Whoever asked may be gone; it is written all the same.
                let _ = answer.send(written);
            }
            Command::Glance(glance) => {
                if let Some(peer) = &self.peer {
                    peer.glance(&encode(&glance)).await;
                }
            }
            Command::End { done } => self.end(done).await,
        }
    }

    async fn write(&mut self, body: Body) -> Result<EntryId, SdkError> {
        let stops = stops_leads(&body);
        self.try_feed(Input::Write(body)).await?;
        let written = self.core.transcript().last_written();
        if stops {
            self.follow_no_longer().await;
        }
        Ok(written)
    }

    async fn input(&mut self, input: LinkInput) {
        match input {
            LinkInput::Signal(signal) => self.feed(Input::Signal(signal)).await,
            LinkInput::Ice(ice) => {
                self.config.ice = ice;
                self.feed(Input::Ice).await;
            }
            LinkInput::Answer => self.feed(Input::Answer).await,
            LinkInput::Accepted(ice) => self.accepted(ice).await,
            LinkInput::NodeReturned => self.feed(Input::NodeReturned).await,
            LinkInput::Ended(reason) => self.ended_by_node(reason),
        }
    }

    /// The node's word: the program has the session, with all that it may connect by.
    async fn accepted(&mut self, ice: Vec<IceServer>) {
        self.config.ice = ice;
        self.ringing = false;
        if self.core.connection() != Connection::Open {
            self.vanished_at = Some(Instant::now() + VANISHED);
        }
        self.bulk_in.listen();
        let withheld = std::mem::take(&mut self.withheld);
        let connecting = self.peer.is_some() && !self.core.is_connected();
        if withheld && connecting && self.config.role == Role::Visitor {
            let _ = self.look_for_better().await;
        }
        self.feed(Input::Accepted).await;
        self.told = None;
        self.look().await;
        self.go_on().await;
    }

    async fn peer_event(&mut self, event: PeerEvent) {
        let Some(peer) = &self.peer else { return };
        let epoch = peer.epoch.clone();
        let input = match event {
            PeerEvent::Candidate(candidate) => peer.candidate_input(candidate.as_ref()),
            PeerEvent::Open => PeerInput::Channel { open: true },
            PeerEvent::Closed => PeerInput::Channel { open: false },
            PeerEvent::Talk(text) => match Talk::read(&text) {
                Ok(talk) => match self.resumes.hear(Instant::now(), talk) {
                    Some(talk) => PeerInput::Hear(talk),
                    None => return,
                },
                Err(error) => {
                    tracing::debug!(%error, "a message of the other side is not understood");
                    return;
                }
            },
            PeerEvent::Glance(text) => {
                if let Ok(glance) = decode(&text, limits::CHANNEL_FRAME)
                    && self.core.connection() == Connection::Open
                    && !self.ringing
                {
                    self.glanced(&glance);
                }
                return;
            }
        };
        self.feed(Input::Peer(epoch, input)).await;
    }

    async fn hear_late(&mut self) {
        let epoch = self.peer.as_ref().map(|peer| peer.epoch.clone());
        if let (Some(epoch), Some(talk)) = (epoch, self.resumes.take()) {
            self.feed(Input::Peer(epoch, PeerInput::Hear(talk))).await;
        }
    }

    async fn path_changed(&mut self) {
        let Some(peer) = &mut self.peer else { return };
        if let Some(state) = peer.path_state() {
            let epoch = peer.epoch.clone();
            self.feed(Input::Peer(epoch, PeerInput::Path(state))).await;
        }
    }

    async fn show(&mut self, connection: Connection) {
        match connection {
            Connection::Open => {
                let bulk = self.peer.as_ref().map(|peer| peer.bulk.clone());
                self.bulk.send_replace(bulk);
                self.vanished_at = None;
                self.look().await;
            }
            Connection::Reconnecting => {
                self.vanished_at
                    .get_or_insert_with(|| Instant::now() + VANISHED);
                if self.told.take().is_some() && !self.ringing {
                    self.tell(SessionEvent::Reconnecting);
                }
            }
            Connection::Connecting | Connection::Ended => {}
        }
    }

    /// Tells which way the channel goes, once that is known.
    async fn look(&mut self) {
        self.look_at = None;
        let Some(peer) = &mut self.peer else { return };
        if self.core.connection() != Connection::Open {
            return;
        }
        let Some(Way { path, checks }) = peer.way().await else {
            self.look_at = Some(Instant::now() + LOOK);
            return;
        };
        let now = Instant::now();
        if path != Path::Direct {
            self.look_at = Some(now + LOOK_AGAIN);
        }
        let withheld = self.config.relay_only || self.ringing;
        let better = !withheld && self.better.look(now, path, checks);
        if self.told != Some(path) {
            self.told = Some(path);
            if !self.ringing {
                self.tell(SessionEvent::Open { path });
            }
            // Without anybody at the other end of the link, the session goes on with what it has.
            let _ = self.to_node(LinkOutput::Path(path)).await;
        }
        if better {
            // Without a node it is tried again later.
            let _ = self.look_for_better().await;
        }
    }

    fn tell(&mut self, event: SessionEvent) {
        self.outgoing.push_back(event);
    }

    /// Sends what the channel takes now. The rest waits, and the session does not.
    async fn pump(&mut self) {
        let Some(peer) = &self.peer else {
            return self.outbox.clear();
        };
        while let Some(talk) = self.outbox.next() {
            match peer.talk(&encode(&talk)).await {
                Ok(true) => {}
                Ok(false) => return self.outbox.put_back(talk),
                Err(error) => {
                    // A channel that is gone: all that matters flows on the next.
                    tracing::debug!(%error, "a message was not sent");
                    return self.outbox.clear();
                }
            }
        }
    }

    /// Without anybody at the other end of the link, the session goes on with what it has.
    async fn to_node(&self, output: LinkOutput) -> Step {
        let _ = self.link.send(output).await;
        Ok(())
    }
}
