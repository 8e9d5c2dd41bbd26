//! The task behind a [`Session`](crate::Session): keeps the transcript flowing over whatever
//! connection there is.

use std::collections::VecDeque;
use std::time::Duration;

use isession_protocol::channel::{Blocked, Body, Consent, Entry, Glance, Landing, Talk};
use isession_protocol::ids::Epoch;
use isession_protocol::signaling::{EndReason, IceServer, Path, Signal};
use isession_protocol::{decode, encode, limits};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;
use webrtc::peer_connection::RTCPeerConnectionState;

use crate::SdkError;
use crate::bulk::{self, BulkQueue, OpenBulk};
use crate::lead::judge_lead;
use crate::peer::{Peer, PeerConfig, PeerEvent};
use crate::session::{Command, LeadRequest, LinkInput, LinkOutput, SessionConfig, SessionEvent};
use crate::transcript::{Receipt, Role, Transcript};

/// Events of a peer connection that wait; its channels are held back beyond it.
const PEER_EVENTS: usize = 512;
/// Events that the program has not taken; nothing is read from the other side beyond it.
const OUTGOING: usize = 256;
/// A path that is lost for this long is looked for anew.
const PATIENCE: Duration = Duration::from_secs(4);
/// The selected pair is known a moment after the channel opened.
const LOOK: Duration = Duration::from_millis(20);
/// Tries at mending one connection before a new one is made.
const RESTARTS: u32 = 2;
/// How long goodbye may take to leave.
const GOODBYE: Duration = Duration::from_millis(1500);

pub(crate) struct Actor {
    config: SessionConfig,
    transcript: Transcript,
    /// This life of the session's side.
    life: Epoch,
    commands: mpsc::WeakSender<Command>,
    link: mpsc::Sender<LinkOutput>,
    events: mpsc::Sender<SessionEvent>,
    outgoing: VecDeque<SessionEvent>,
    bulk: bulk::Open,
    bulk_in: BulkQueue,
    peer: Option<Peer>,
    peer_events: mpsc::Receiver<PeerEvent>,
    /// The `talk` channel is open.
    open: bool,
    /// The other side's seen is known on this connection: entries may flow.
    flowing: bool,
    /// What was last told of the connection.
    told: Option<Path>,
    answered_life: Option<Epoch>,
    tries: u32,
    mend_at: Option<Instant>,
    /// When to look again which way the channel goes.
    look_at: Option<Instant>,
    over: bool,
}

/// Whether a step ended the session.
type Step = Result<(), SdkError>;

impl Actor {
    pub(crate) fn new(
        config: SessionConfig,
        commands: mpsc::WeakSender<Command>,
        link: mpsc::Sender<LinkOutput>,
        events: mpsc::Sender<SessionEvent>,
        bulk: bulk::Open,
        bulk_in: BulkQueue,
    ) -> Self {
        Self {
            transcript: Transcript::new(config.role, fresh_epoch()),
            config,
            life: fresh_epoch(),
            commands,
            link,
            events,
            outgoing: VecDeque::new(),
            bulk,
            bulk_in,
            peer: None,
            peer_events: mpsc::channel(1).1,
            open: false,
            flowing: false,
            told: None,
            answered_life: None,
            tries: 0,
            mend_at: None,
            look_at: None,
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
        let started = self.start().await;
        self.note(started);
        while !(self.over && self.outgoing.is_empty()) {
            let mend_at = self.mend_at.filter(|_| !self.over);
            let look_at = self.look_at.filter(|_| !self.over);
            // That the channel is open is told before what comes over it.
            let told = !self.flowing || self.told.is_some();
            let room = self.outgoing.len() < OUTGOING && told && !self.over;
            let step = tokio::select! {
                permit = events.reserve(), if !self.outgoing.is_empty() => {
                    match (permit, self.outgoing.pop_front()) {
                        (Ok(permit), Some(event)) => permit.send(event),
                        // The program is gone.
                        _ => break,
                    }
                    Ok(())
                }
                command = commands.recv(), if !self.over => match command {
                    Some(command) => self.command(command).await,
                    None => break,
                },
                input = link.recv(), if linked && !self.over => match input {
                    Some(input) => self.input(input).await,
                    None => {
                        linked = false;
                        Ok(())
                    }
                },
                Some(event) = self.peer_events.recv(), if room => self.peer_event(event).await,
                () = changed(self.peer.as_mut()), if !self.over => self.state_changed().await,
                () = sleep_until(look_at.unwrap_or_else(Instant::now)), if look_at.is_some() => {
                    self.state_changed().await
                }
                () = sleep_until(mend_at.unwrap_or_else(Instant::now)), if mend_at.is_some() => {
                    self.mend().await
                }
            };
            self.note(step);
        }
    }

    /// A step that failed is mended like a lost path: by trying again later.
    fn note(&mut self, step: Step) {
        if let Err(error) = step {
            tracing::debug!(%error, "a step of the session failed");
            self.mend_later(PATIENCE);
        }
    }

    async fn start(&mut self) -> Step {
        match self.config.role {
            Role::Visitor => self.connect().await,
            Role::Agent if self.config.resumed => self.say_ready(self.life.clone()).await,
            Role::Agent => Ok(()),
        }
    }

    /// Makes a new peer connection; a visitor's begins with an offer.
    async fn connect(&mut self) -> Step {
        let (events, peer_events) = mpsc::channel(PEER_EVENTS);
        let config = PeerConfig {
            ice: self.config.ice.clone(),
            relay_only: self.config.relay_only,
            bind: self.config.bind.clone(),
            roots: self.config.root_certificates.clone(),
        };
        self.bulk.send_replace(None);
        self.peer = None;
        self.peer_events = peer_events;
        (self.open, self.flowing) = (false, false);
        let mut peer = Peer::new(fresh_epoch(), config, events, self.bulk_in.clone()).await?;
        let offer = match self.config.role {
            Role::Visitor => Some(peer.offer(self.transcript.seen()).await?),
            Role::Agent => None,
        };
        self.peer = Some(peer);
        self.mend_later(2 * PATIENCE);
        match offer {
            Some(offer) => self.signal(offer).await,
            None => Ok(()),
        }
    }

    async fn command(&mut self, command: Command) -> Step {
        match command {
            Command::Write { body, answer } => {
                let written = self.write(body).await;
                // Whoever asked may be gone; it is written all the same.
                let _ = answer.send(written);
            }
            Command::Typing(typing) => {
                if let Some(peer) = &self.peer {
                    peer.glance(&encode(&Glance::Typing { typing })).await;
                }
            }
            Command::End { done } => {
                let goodbye = async {
                    self.write(Body::Bye).await?;
                    self.drained().await;
                    Ok::<(), SdkError>(())
                };
                // Goodbye that does not get through is said by the node.
                let _ = timeout(GOODBYE, goodbye).await;
                let _ = self.link.send(LinkOutput::End).await;
                self.finish(match self.config.role {
                    Role::Visitor => EndReason::ByVisitor,
                    Role::Agent => EndReason::ByAgent,
                });
                let _ = done.send(());
            }
        }
        Ok(())
    }

    async fn write(&mut self, body: Body) -> Result<isession_protocol::channel::EntryId, SdkError> {
        let entry = self
            .transcript
            .write(body, now())
            .map_err(|_| SdkError::Full)?;
        let id = entry.id.clone();
        if self.flowing {
            // What does not leave now stays in the transcript for the next connection.
            let sent = self.send(&Talk::Entry(entry)).await;
            self.note(sent);
        }
        Ok(id)
    }

    /// Waits until the other side's stack has everything.
    async fn drained(&self) {
        let Some(peer) = self.peer.as_ref().filter(|_| self.flowing) else {
            return;
        };
        while peer.unsent().await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn input(&mut self, input: LinkInput) -> Step {
        match input {
            LinkInput::Signal(signal) => self.take_signal(signal).await,
            LinkInput::Ice(ice) => self.fresh_ice(ice).await,
            LinkInput::NodeReturned if self.told.is_none() => self.start_over().await,
            LinkInput::NodeReturned => Ok(()),
            LinkInput::Ended(reason) => {
                self.finish(reason);
                Ok(())
            }
        }
    }

    async fn take_signal(&mut self, signal: Signal) -> Step {
        let visitor = self.config.role == Role::Visitor;
        let mine = self.peer.as_ref().map(|peer| peer.epoch.clone());
        match signal {
            Signal::Ready { epoch } if visitor && self.answered_life.as_ref() != Some(&epoch) => {
                self.answered_life = Some(epoch);
                self.connect().await
            }
            Signal::Description { to, .. } | Signal::Candidate { to, .. }
                if to.is_some() && to != mine =>
            {
                Ok(())
            }
            Signal::Description {
                role,
                sdp,
                epoch,
                seen,
                ..
            } => {
                let offer = role == isession_protocol::signaling::DescriptionRole::Offer;
                let anew = self
                    .peer
                    .as_ref()
                    .is_none_or(|peer| peer.is_superseded_by(&epoch));
                if anew && offer && !visitor {
                    self.connect().await?;
                }
                let mine = self.transcript.seen();
                let Some(peer) = self.peer.as_mut().filter(|p| !p.is_superseded_by(&epoch)) else {
                    return Ok(());
                };
                let sdp = String::from(sdp);
                let answer = peer
                    .description(role, sdp, epoch, seen, visitor, mine)
                    .await?;
                if let Some(answer) = answer {
                    self.signal(answer).await?;
                }
                self.flow().await
            }
            Signal::Candidate {
                candidate,
                mid,
                epoch,
                ..
            } => match &mut self.peer {
                Some(peer) => {
                    peer.candidate(candidate.as_str(), mid.0.as_str(), &epoch)
                        .await
                }
                None => Ok(()),
            },
            Signal::Ready { .. } | Signal::Unknown => Ok(()),
        }
    }

    async fn fresh_ice(&mut self, ice: Vec<IceServer>) -> Step {
        self.config.ice = ice;
        if self.tries == 0 {
            return Ok(());
        }
        let seen = self.transcript.seen();
        match &mut self.peer {
            Some(peer) if self.tries <= RESTARTS && self.flowing => {
                let offer = peer.restart(&self.config.ice, seen).await?;
                self.signal(offer).await
            }
            _ => self.start_over().await,
        }
    }

    async fn start_over(&mut self) -> Step {
        match self.config.role {
            Role::Visitor => self.connect().await,
            Role::Agent => self.say_ready(fresh_epoch()).await,
        }
    }

    async fn peer_event(&mut self, event: PeerEvent) -> Step {
        match event {
            PeerEvent::Candidate(candidate) => {
                let Some(peer) = &self.peer else {
                    return Ok(());
                };
                let signal = peer.candidate_signal(candidate.as_ref());
                self.signal(signal).await
            }
            PeerEvent::Open => {
                self.open = true;
                self.flow().await
            }
            PeerEvent::Closed => {
                (self.open, self.flowing) = (false, false);
                self.state_changed().await
            }
            PeerEvent::Talk(text) => match decode(&text, limits::CHANNEL_FRAME) {
                Ok(talk) => self.hear(talk).await,
                Err(error) => {
                    tracing::debug!(%error, "a message of the other side is not understood");
                    Ok(())
                }
            },
            PeerEvent::Glance(text) => {
                if let Ok(Glance::Typing { typing }) = decode(&text, limits::CHANNEL_FRAME) {
                    self.tell(SessionEvent::Typing(typing));
                }
                Ok(())
            }
        }
    }

    /// Sends what the other side has not seen, as soon as that is known on an open channel.
    async fn flow(&mut self) -> Step {
        let Some(peer) = self.peer.as_ref().filter(|_| self.open && !self.flowing) else {
            return Ok(());
        };
        let Some(seen) = peer.peer_seen.clone() else {
            return Ok(());
        };
        self.bulk
            .send_replace(Some(OpenBulk(std::sync::Arc::clone(&peer.bulk))));
        self.flowing = true;
        for entry in self.transcript.missing(&seen) {
            self.send(&Talk::Entry(entry)).await?;
        }
        // The webrtc crate drops what arrives before its side of the channel is open, so what
        // was seen is said again now that it is.
        let seen = self.transcript.seen();
        self.send(&Talk::Resume { seen }).await?;
        self.state_changed().await
    }

    async fn state_changed(&mut self) -> Step {
        let Some(peer) = &mut self.peer else {
            return Ok(());
        };
        let state = *peer.state.borrow();
        let lost = matches!(
            state,
            RTCPeerConnectionState::Disconnected
                | RTCPeerConnectionState::Failed
                | RTCPeerConnectionState::Closed
        );
        self.look_at = None;
        if self.flowing && !lost {
            self.tries = 0;
            self.mend_at = None;
            let path = peer.path().await;
            let Some(path) = path else {
                self.look_at = Some(Instant::now() + LOOK);
                return Ok(());
            };
            if self.told != Some(path) {
                self.told = Some(path);
                self.tell(SessionEvent::Open { path });
                self.to_node(LinkOutput::Path(path)).await?;
            }
            return Ok(());
        }
        if self.told.take().is_some() {
            self.tell(SessionEvent::Reconnecting);
        }
        if state == RTCPeerConnectionState::Failed {
            self.mend_later(Duration::ZERO);
        } else if self.flowing {
            self.mend_later(PATIENCE);
        }
        Ok(())
    }

    fn mend_later(&mut self, wait: Duration) {
        self.mend_at.get_or_insert_with(|| Instant::now() + wait);
    }

    async fn mend(&mut self) -> Step {
        self.tries += 1;
        // Grows, so that a long outage costs little.
        let wait = Duration::from_secs(8) * 2_u32.pow(self.tries.min(3));
        self.mend_at = Some(Instant::now() + wait);
        self.to_node(LinkOutput::WantIce).await
    }

    async fn hear(&mut self, talk: Talk) -> Step {
        match talk {
            Talk::Entry(entry) => self.hear_entry(entry).await,
            Talk::Ack { id } => {
                self.transcript.acknowledge(&id);
                self.tell(SessionEvent::Delivered { id });
                Ok(())
            }
            Talk::Resume { seen } => {
                for entry in self.transcript.missing(&seen) {
                    self.send(&Talk::Entry(entry)).await?;
                }
                Ok(())
            }
            Talk::Unknown => Ok(()),
        }
    }

    async fn hear_entry(&mut self, entry: Entry) -> Step {
        let receipt = self.transcript.receive(&entry);
        match receipt {
            Receipt::Gap => {
                let seen = self.transcript.seen();
                return self.send(&Talk::Resume { seen }).await;
            }
            Receipt::Full => {
                self.to_node(LinkOutput::End).await?;
                self.finish(EndReason::Unknown);
                return Ok(());
            }
            Receipt::New | Receipt::Double | Receipt::PassedOver => {}
        }
        let id = entry.id.clone();
        self.send(&Talk::Ack { id: id.clone() }).await?;
        if receipt != Receipt::New {
            return Ok(());
        }
        match entry.body {
            Body::Message { text } => self.tell(SessionEvent::Message {
                id,
                text: text.into(),
            }),
            Body::Lead { url } => self.hear_lead(id, url.as_str()).await?,
            Body::Landing { lead, landing } => self.tell(SessionEvent::Landing { lead, landing }),
            Body::Consent { consent } => self.tell(SessionEvent::Consent(consent)),
            Body::Bye => self.finish(match self.config.role {
                Role::Visitor => EndReason::ByAgent,
                Role::Agent => EndReason::ByVisitor,
            }),
            Body::Unknown => {}
        }
        Ok(())
    }

    /// Only leads that this side's own code lets through reach the program.
    async fn hear_lead(&mut self, id: isession_protocol::channel::EntryId, url: &str) -> Step {
        let verdict = match judge_lead(url, self.config.lead_policy) {
            Ok(_) if self.transcript.consent() == Consent::Stop => Err(Blocked::Stopped),
            verdict => verdict,
        };
        let landing = match &verdict {
            Ok(_) => Landing::Shown,
            Err(why) => Landing::Blocked { why: *why },
        };
        let lead = id.clone();
        self.write(Body::Landing { lead, landing }).await?;
        if let Ok(url) = verdict {
            self.tell(SessionEvent::Lead(LeadRequest {
                id,
                url,
                commands: self.commands.upgrade(),
            }));
        }
        Ok(())
    }

    fn tell(&mut self, event: SessionEvent) {
        self.outgoing.push_back(event);
    }

    fn finish(&mut self, reason: EndReason) {
        if !self.over {
            self.over = true;
            self.bulk.send_replace(None);
            self.peer = None;
            self.tell(SessionEvent::Ended(reason));
        }
    }

    async fn send(&self, talk: &Talk) -> Step {
        match &self.peer {
            Some(peer) => peer.talk(&encode(talk)).await,
            None => Err(SdkError::NotOpen),
        }
    }

    async fn say_ready(&self, epoch: Epoch) -> Step {
        self.signal(Signal::Ready { epoch }).await
    }

    async fn signal(&self, signal: Signal) -> Step {
        self.to_node(LinkOutput::Signal(signal)).await
    }

    /// Without anybody at the other end of the link, the session goes on with what it has.
    async fn to_node(&self, output: LinkOutput) -> Step {
        let _ = self.link.send(output).await;
        Ok(())
    }
}

/// Ready when the connection's state changed.
async fn changed(peer: Option<&mut Peer>) {
    let waited = match peer {
        Some(peer) => peer.state.changed().await.is_ok(),
        None => false,
    };
    if !waited {
        std::future::pending::<()>().await;
    }
}

fn fresh_epoch() -> Epoch {
    Epoch::from(Uuid::new_v4())
}

fn now() -> isession_protocol::Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since.unwrap_or_default().as_millis();
    isession_protocol::Timestamp::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}
