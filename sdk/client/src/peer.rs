//! One peer connection's life, over the `webrtc` crate.
//!
//! What this crate needs of us at version 0.21.1, beside what is in [`crate::sockets`]: a
//! connection that is dropped without `close` leaks its driver, so [`Peer`] closes on drop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use isession_protocol::bounded::{Bounded, CandidateLine, Sdp};
use isession_protocol::channel::stream;
use isession_protocol::ids::Epoch;
use isession_protocol::limits;
use isession_protocol::signaling::{DescriptionRole, IceServer, MediaId, Path};
use rtc::peer_connection::configuration::setting_engine::SctpMaxMessageSize;
use rtc::peer_connection::transport::{RTCIceCandidateInit, RTCIceCandidateType};
use rtc::statistics::stats::ice_candidate::RTCIceCandidateStats;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfiguration,
    RTCConfigurationBuilder, RTCIceGatheringState, RTCIceServer, RTCIceTransportPolicy,
    RTCPeerConnectionIceEvent, RTCPeerConnectionState, RTCSessionDescription, RTCStatsReportEntry,
    SettingEngineBuilder, StatsSelector,
};

use crate::SdkError;
use crate::bulk::{BulkQueues, OpenBulk};
use crate::checks::Checks;
use crate::net::RootCertificates;
use crate::related::without_related;
use crate::relay::Relays;
use crate::session_core::{PathState, PeerInput};
use crate::sockets::{Rounds, Sockets};

/// What one channel may hold of messages that were not sent yet; what is more waits here.
const SEND_BUFFER: usize = 4 * 1024 * 1024;
/// Candidates of one description, early ones among them: no machine has more, and each costs
/// checks. More are dropped.
const CANDIDATES: usize = 64;
/// How long a direct path is waited for while there is a relayed one. The crate's own waits (1 s
/// even for a path that the other side found first) are most of the time that connecting takes.
const DIRECT_FIRST: Duration = Duration::from_secs(1);

/// What happens on a peer connection.
#[derive(Debug)]
pub(crate) enum PeerEvent {
    /// A local candidate; `None` ends them.
    Candidate(Option<RTCIceCandidateInit>),
    Talk(String),
    Glance(String),
    /// The `talk` channel opened.
    Open,
    /// The `talk` channel closed.
    Closed,
}

/// What a connection wants looked at.
#[derive(Debug)]
pub(crate) enum Stir {
    /// Its state changed.
    Path,
    /// `talk` takes more.
    Room,
}

/// What came of a description.
#[derive(Debug)]
pub(crate) enum Taken {
    /// An offer, and this is the answer.
    Offer(Sdp),
    Answer,
    /// It collided with this side's own offer, or answers none.
    Ignored,
}

/// The way that a channel goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub path: Path,
    /// The other side's checks that have arrived without a relay.
    pub checks: u64,
}

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) struct PeerConfig {
    pub ice: Vec<IceServer>,
    pub relay_only: bool,
    pub bind: Vec<SocketAddr>,
    pub roots: RootCertificates,
}

pub(crate) struct Peer {
    pub epoch: Epoch,
    pc: Arc<dyn PeerConnection>,
    talk: Arc<dyn DataChannel>,
    glance: Arc<dyn DataChannel>,
    pub bulk: OpenBulk,
    state: watch::Receiver<RTCPeerConnectionState>,
    /// It was connected once: while candidates are checked anew, the old path still carries.
    connected: bool,
    described: bool,
    offering: bool,
    /// Prepared, and not in use yet.
    offer: Option<RTCSessionDescription>,
    early: Vec<RTCIceCandidateInit>,
    /// How many the other side has told since its last description.
    candidates: usize,
    relay_only: bool,
    relays: Arc<Relays>,
    rounds: Arc<Rounds>,
    checks: Arc<Checks>,
    _tasks: JoinSet<()>,
}

impl Peer {
    /// A connection with its three channels, not negotiated yet. `talk` and `glance` arrive in
    /// `events`; `bulk` has a queue of its own, so that a flood of it delays neither.
    pub(crate) async fn new(
        epoch: Epoch,
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        bulk_in: BulkQueues,
    ) -> Result<Self, SdkError> {
        let (state_tx, state) = watch::channel(RTCPeerConnectionState::New);
        let handler = Handler {
            events: events.clone(),
            state: state_tx,
        };
        let relay_only = config.relay_only;
        let relays = Arc::new(Relays::new(config.roots.clone()));
        let rounds = Arc::new(Rounds::new(true));
        let checks = Arc::new(Checks::default());
        let sockets = Sockets::new(
            Arc::clone(&relays),
            Arc::clone(&rounds),
            Arc::clone(&checks),
        );
        let servers = relays.told(&config.ice);
        let pc = build(config, &servers, sockets, handler).await?;
        let open = |label: &'static str, id: u16, reliable: bool| {
            let pc = Arc::clone(&pc);
            async move {
                let init = RTCDataChannelInit {
                    negotiated: Some(id),
                    ordered: reliable,
                    max_retransmits: (!reliable).then_some(0),
                    ..RTCDataChannelInit::default()
                };
                pc.create_data_channel(label, Some(init)).await
            }
        };
        let talk = open("talk", stream::TALK, true).await?;
        let glance = open("glance", stream::GLANCE, false).await?;
        let bulk = open("bulk", stream::BULK, true).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(read_talk(Arc::clone(&talk), events.clone()));
        tasks.spawn(read_glance(Arc::clone(&glance), events));
        tasks.spawn(read_bulk(Arc::clone(&bulk), bulk_in));
        Ok(Self {
            epoch,
            pc,
            talk,
            glance,
            bulk: OpenBulk(bulk),
            state,
            connected: false,
            described: false,
            offering: false,
            offer: None,
            early: Vec::new(),
            candidates: 0,
            relay_only,
            relays,
            rounds,
            checks,
            _tasks: tasks,
        })
    }

    /// How its path is; `None` where that is no news.
    pub(crate) fn path_state(&mut self) -> Option<PathState> {
        match *self.state.borrow() {
            RTCPeerConnectionState::Connected => {
                self.connected = true;
                Some(PathState::Connected)
            }
            RTCPeerConnectionState::Disconnected => Some(PathState::Lost),
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                Some(PathState::Failed)
            }
            _ => (!self.connected).then_some(PathState::Connecting),
        }
    }

    /// Makes an offer.
    async fn offer(&mut self) -> Result<Sdp, SdkError> {
        let offer = self.pc.create_offer(None).await?;
        self.pc.set_local_description(offer).await?;
        self.offering = true;
        self.describe().await
    }

    /// A visitor's first offer. One that it only prepares has no addresses: none is looked for
    /// before the offer is the local description.
    pub(crate) async fn begin(&mut self, prepares: bool) -> Result<Sdp, SdkError> {
        if !prepares {
            return self.offer().await;
        }
        let offer = self.pc.create_offer(None).await?;
        let sdp = Sdp::new(offer.sdp.clone())?;
        self.offer = Some(offer);
        Ok(sdp)
    }

    /// Goes on with what was prepared.
    pub(crate) async fn gather(&mut self, ice: &[IceServer]) -> Result<(), SdkError> {
        if let Some(offer) = self.offer.take() {
            self.allow(ice).await?;
            self.pc.set_local_description(offer).await?;
            self.offering = true;
        }
        Ok(())
    }

    /// Looks for a new path with fresh credentials.
    pub(crate) async fn restart(&mut self, ice: &[IceServer]) -> Result<Sdp, SdkError> {
        self.rounds.set_relaying(true);
        self.allow(ice).await?;
        self.pc.restart_ice().await?;
        self.offer().await
    }

    async fn allow(&self, ice: &[IceServer]) -> Result<(), SdkError> {
        let servers = self.relays.told(ice);
        let configuration = configuration(&servers, self.relay_only);
        Ok(self.pc.set_configuration(configuration).await?)
    }

    /// Takes a description; an offer is answered. The agent is the impolite side.
    pub(crate) async fn description(
        &mut self,
        role: DescriptionRole,
        sdp: String,
        polite: bool,
    ) -> Result<Taken, SdkError> {
        let description = match role {
            DescriptionRole::Offer if self.offering && !polite => return Ok(Taken::Ignored),
            DescriptionRole::Offer => {
                if self.offering {
                    let rollback = RTCSessionDescription::rollback(None)?;
                    self.pc.set_local_description(rollback).await?;
                    self.offering = false;
                }
                RTCSessionDescription::offer(sdp)?
            }
            DescriptionRole::Answer if !self.offering => return Ok(Taken::Ignored),
            DescriptionRole::Answer => RTCSessionDescription::answer(sdp)?,
        };
        self.pc.set_remote_description(description).await?;
        self.offering = false;
        self.described = true;
        let early = std::mem::take(&mut self.early);
        self.candidates = early.len();
        for candidate in early {
            // One that does not fit must not cost the answer.
            let _ = self.pc.add_ice_candidate(candidate).await;
        }
        if role == DescriptionRole::Answer {
            return Ok(Taken::Answer);
        }
        let answer = self.pc.create_answer(None).await?;
        self.pc.set_local_description(answer).await?;
        self.describe().await.map(Taken::Offer)
    }

    /// Takes a candidate of the other side.
    pub(crate) async fn candidate(&mut self, line: &str, mid: &str) -> Result<(), SdkError> {
        if line.is_empty() || self.candidates == CANDIDATES {
            return Ok(());
        }
        self.candidates += 1;
        let candidate = RTCIceCandidateInit {
            candidate: line.to_owned(),
            sdp_mid: Some(mid.to_owned()),
            sdp_mline_index: Some(0),
            ..RTCIceCandidateInit::default()
        };
        if !self.described {
            self.early.push(candidate);
            return Ok(());
        }
        Ok(self.pc.add_ice_candidate(candidate).await?)
    }

    /// Ready when its state changed, or `talk` takes more of what `waits`.
    pub(crate) async fn stirs(&mut self, waits: bool) -> Stir {
        tokio::select! {
            Ok(()) = self.state.changed() => Stir::Path,
            // On a closed channel that is at once: sending tells.
            _ = self.talk.writable(), if waits => Stir::Room,
            else => std::future::pending().await,
        }
    }

    /// Sends on `talk`. False where it takes nothing now.
    pub(crate) async fn talk(&self, text: &str) -> Result<bool, SdkError> {
        match self.talk.try_send_text(text).await {
            Err(webrtc::error::Error::ErrSendBufferFull) => {}
            sent => return Ok(sent.map(|()| true)?),
        }
        // What is larger than the room that is left fits all the same.
        let room = self.unsent().await < SEND_BUFFER;
        if room {
            self.talk.send_text(text).await?;
        }
        Ok(room)
    }

    /// Sends on `glance`, or not at all.
    pub(crate) async fn glance(&self, text: &str) {
        // Worth nothing a moment later, so a full buffer drops it.
        let _ = self.glance.try_send_text(text).await;
    }

    /// Bytes of `talk` that have not been acknowledged by the other side's stack.
    pub(crate) async fn unsent(&self) -> usize {
        self.talk.outstanding_bytes().await.unwrap_or(0)
    }

    /// Which way the channel goes, once that is known.
    pub(crate) async fn way(&self) -> Option<Way> {
        let report = self.pc.get_stats(Instant::now(), StatsSelector::None).await;
        let used = report.candidate_pairs().find(|pair| pair.nominated)?;
        let (mut ours, mut theirs) = (None, None);
        let mut relays = Vec::new();
        // The pair names its candidates without the prefix that their reports' ids carry.
        for entry in report.iter() {
            match entry {
                RTCStatsReportEntry::LocalCandidate(candidate)
                    if candidate.stats.id.ends_with(&used.local_candidate_id)
                        && is_relay(candidate) =>
                {
                    ours = Some(self.relays.carrier(&candidate.url));
                }
                RTCStatsReportEntry::RemoteCandidate(candidate) => {
                    if candidate.stats.id.ends_with(&used.remote_candidate_id) {
                        theirs = address(candidate);
                    }
                    relays.extend(address(candidate).filter(|_| is_relay(candidate)));
                }
                _ => {}
            }
        }
        self.rounds.set_relaying(ours.is_some());
        let path = match ours {
            Some(carrier) => carrier.path(),
            // How the other side reaches its own relay is not known here. By its address: a relay
            // whose check comes before its candidate is taken for some other address of theirs.
            None if theirs.is_some_and(|theirs| relays.contains(&theirs)) => Path::RelayedUdp,
            None => Path::Direct,
        };
        let checks = self.checks.except(&relays);
        Some(Way { path, checks })
    }

    async fn describe(&self) -> Result<Sdp, SdkError> {
        let description = self.pc.local_description().await.ok_or(SdkError::NotOpen)?;
        Ok(Sdp::new(self.told(&description.sdp))?)
    }

    /// A local candidate as the core takes it; `None` ends them.
    pub(crate) fn candidate_input(&self, candidate: Option<&RTCIceCandidateInit>) -> PeerInput {
        let line = candidate.map_or("", |candidate| candidate.candidate.as_str());
        let mid = candidate
            .and_then(|c| c.sdp_mid.as_deref())
            .filter(|mid| !mid.is_empty());
        PeerInput::Candidate {
            candidate: CandidateLine::truncated(&self.told(line)),
            mid: MediaId(Bounded::truncated(mid.unwrap_or("0"))),
        }
    }

    /// What the other side may learn of it.
    fn told(&self, text: &str) -> String {
        if self.relay_only {
            without_related(text)
        } else {
            text.to_owned()
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let pc = Arc::clone(&self.pc);
        // Without a runtime there is no driver left to close either.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = pc.close().await;
            });
        }
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer")
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

fn is_relay(candidate: &RTCIceCandidateStats) -> bool {
    candidate.candidate_type == RTCIceCandidateType::Relay
}

fn address(candidate: &RTCIceCandidateStats) -> Option<SocketAddr> {
    let ip = candidate.address.as_deref()?.parse().ok()?;
    Some(SocketAddr::new(ip, candidate.port))
}

async fn build(
    config: PeerConfig,
    servers: &[IceServer],
    sockets: Sockets,
    handler: Handler,
) -> Result<Arc<dyn PeerConnection>, SdkError> {
    let size = u32::try_from(limits::CHANNEL_FRAME).unwrap_or(u32::MAX);
    let relay_wait = if config.relay_only {
        Duration::ZERO
    } else {
        DIRECT_FIRST
    };
    let settings = SettingEngineBuilder::new()
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(size))
        .with_srflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_relay_acceptance_min_wait(Some(relay_wait))
        .build();
    let pc = PeerConnectionBuilder::new()
        .with_configuration(configuration(servers, config.relay_only))
        .with_setting_engine(settings)
        .with_handler(Arc::new(handler))
        .with_runtime(Arc::new(sockets))
        .with_udp_addrs(config.bind)
        .with_data_channel_send_buffer_limit(SEND_BUFFER)
        .build()
        .await?;
    Ok(Arc::new(pc))
}

fn configuration(ice: &[IceServer], relay_only: bool) -> RTCConfiguration {
    let servers = ice.iter().map(|server| RTCIceServer {
        urls: server.urls.clone(),
        username: server.username.clone().unwrap_or_default(),
        credential: server.credential.clone().unwrap_or_default(),
    });
    RTCConfigurationBuilder::default()
        .with_ice_servers(servers.collect())
        .with_ice_transport_policy(if relay_only {
            RTCIceTransportPolicy::Relay
        } else {
            RTCIceTransportPolicy::All
        })
        .build()
}

/// Hands events on. Runs on the driver, which must not wait: what does not fit is dropped, and
/// the queue holds more than one connection ever gathers.
struct Handler {
    events: mpsc::Sender<PeerEvent>,
    state: watch::Sender<RTCPeerConnectionState>,
}

#[async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        if let Ok(candidate) = event.candidate.to_json() {
            let _ = self.events.try_send(PeerEvent::Candidate(Some(candidate)));
        }
    }

    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.events.try_send(PeerEvent::Candidate(None));
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.state.send_replace(state);
    }
}

async fn read_talk(channel: Arc<dyn DataChannel>, events: mpsc::Sender<PeerEvent>) {
    while let Some(event) = channel.poll().await {
        let event = match event {
            DataChannelEvent::OnOpen => PeerEvent::Open,
            DataChannelEvent::OnClose => PeerEvent::Closed,
            DataChannelEvent::OnMessage(message) => match text(&message.data) {
                Some(text) => PeerEvent::Talk(text),
                None => continue,
            },
            _ => continue,
        };
        if events.send(event).await.is_err() {
            break;
        }
    }
}

async fn read_glance(channel: Arc<dyn DataChannel>, events: mpsc::Sender<PeerEvent>) {
    while let Some(event) = channel.poll().await {
        if let DataChannelEvent::OnMessage(message) = event
            && let Some(text) = text(&message.data)
        {
            // Worth nothing a moment later, so a full queue drops it.
            let _ = events.try_send(PeerEvent::Glance(text));
        }
    }
}

async fn read_bulk(channel: Arc<dyn DataChannel>, queue: BulkQueues) {
    while let Some(event) = channel.poll().await {
        if let DataChannelEvent::OnMessage(message) = event {
            queue.put(message.data.to_vec());
        }
    }
}

fn text(data: &[u8]) -> Option<String> {
    std::str::from_utf8(data).ok().map(str::to_owned)
}
