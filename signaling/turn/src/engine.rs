//! The server without sockets: packets and time in, packets out.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use turn_server_proto::api::{SocketAllocateError, TurnServerApi as _, TurnServerPollRet};
use turn_types::{
    AddressFamily, TransportType,
    message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND},
    stun::message::{BINDING, Message, MessageClass},
};

use crate::{
    client::{Client, FiveTuple, Holder, Outgoing, Port, Standing},
    credentials::Purpose,
    deny::Fence,
    frame::Frame,
    limits::{Pace, Quota},
    metrics::{Metrics, Refusal},
    reply,
    step::{Effect, Input, Now, Policy},
    strangers::Strangers,
};

/// The state of one server.
///
/// Relay addresses are the advertised ones throughout. A packet from one of them to another does
/// not leave the engine, so two relayed sides meet whether or not the network in front of the
/// server would turn their packets round.
pub struct Engine {
    pub(crate) policy: Policy,
    fence: Fence,
    pub(crate) clients: HashMap<FiveTuple, Client>,
    pub(crate) relays: HashMap<SocketAddr, FiveTuple>,
    strangers: Strangers,
    pub(crate) quota: Quota,
    pub(crate) pace: Pace,
    pub(crate) metrics: Metrics,
    pub(crate) effects: Vec<Effect>,
}

impl std::fmt::Debug for Engine {
    /// Prints no addresses and no names.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("metrics", &self.metrics())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine that has seen nothing yet.
    pub fn new(policy: Policy) -> Self {
        Self {
            fence: Fence::new(policy.allow_peers.clone(), policy.own.clone()),
            pace: Pace::new(policy.limits.stranger_packets_per_second),
            policy,
            clients: HashMap::new(),
            relays: HashMap::new(),
            strangers: Strangers::default(),
            quota: Quota::default(),
            metrics: Metrics::default(),
            effects: Vec::new(),
        }
    }

    /// The counts so far.
    pub fn metrics(&self) -> Metrics {
        Metrics {
            allocations_live: self.quota.live(),
            ..self.metrics
        }
    }

    /// Takes one step.
    pub fn handle(&mut self, now: Now, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::FromClient { tuple, packet } => self.client_sent(now, tuple, packet),
            Input::FromPeer { relay, peer, data } => self.peer_sent(now, relay, peer, data, false),
            Input::Opened { tuple, relay } => self.opened(now, tuple, relay),
            Input::Gone { tuple } => self.gone(tuple),
            Input::EndLink { link, linger } => self.end_link(now, link, linger),
            Input::Tick => self.tick(now),
        }
        std::mem::take(&mut self.effects)
    }

    fn client_sent(&mut self, now: Now, tuple: FiveTuple, packet: &[u8]) {
        let Some(frame) = Frame::read(packet) else {
            return;
        };
        let holds = self.holder(tuple).is_some();
        if !holds && !self.pace.admits(tuple.client.ip().into(), now.monotonic) {
            return self.metrics.refuse(Refusal::Flood);
        }
        let packet = match frame {
            Frame::Channel(packet) if holds => return self.pass(now, tuple, packet),
            Frame::Channel(_) => return,
            Frame::Message(packet) => packet,
        };
        let Ok(message) = Message::from_bytes(packet) else {
            return;
        };
        match (message.class(), message.method()) {
            (MessageClass::Request, BINDING) => {
                self.reply(tuple, reply::binding(&message, tuple.client));
            }
            (MessageClass::Request, ALLOCATE | REFRESH | CREATE_PERMISSION | CHANNEL_BIND) => {
                self.request(now, tuple, &message);
            }
            (MessageClass::Indication, SEND) if holds => self.pass(now, tuple, packet),
            _ => {}
        }
    }

    pub(crate) fn reply(&mut self, tuple: FiveTuple, packet: Option<Vec<u8>>) {
        self.effects
            .extend(packet.map(|packet| Effect::ToClient { tuple, packet }));
    }

    /// Hands a packet to the client's protocol instance and carries out what it answers.
    pub(crate) fn pass(&mut self, now: Now, tuple: FiveTuple, packet: &[u8]) {
        let Some(client) = self.clients.get_mut(&tuple) else {
            return;
        };
        match client.receive(packet, now.monotonic) {
            Some(Outgoing::ToClient(packet)) => self.reply(tuple, Some(packet)),
            Some(Outgoing::ToPeer { relay, peer, data }) => {
                self.forward(now, tuple, relay, peer, data);
            }
            None => {}
        }
    }

    pub(crate) fn admits(&self, purpose: Purpose, peer: SocketAddr) -> bool {
        let live = |peer: &SocketAddr| self.relays.contains_key(peer);
        match purpose {
            Purpose::Check => false,
            Purpose::Ring => live(&peer),
            Purpose::Session => self.fence.admits(peer, live),
        }
    }

    /// What a client's allocation was made for.
    fn purpose(&mut self, tuple: FiveTuple) -> Option<Purpose> {
        self.holder(tuple).map(|holder| holder.asked.purpose)
    }

    fn link(&self, tuple: FiveTuple) -> Option<&str> {
        self.clients.get(&tuple)?.link()
    }

    /// Whether so many bytes may be relayed for the link of a client now.
    fn may_relay(&mut self, now: Now, tuple: FiveTuple, bytes: usize) -> bool {
        let link = self.clients.get(&tuple).and_then(Client::link);
        link.is_some_and(|link| self.quota.may_relay(link, bytes, now.monotonic))
    }

    /// The second fence: permissions are per address and outlive relays, so every packet is
    /// judged by its own peer address and port.
    fn forward(
        &mut self,
        now: Now,
        tuple: FiveTuple,
        relay: SocketAddr,
        peer: SocketAddr,
        data: Vec<u8>,
    ) {
        let Some(purpose) = self.purpose(tuple) else {
            return;
        };
        if !self.admits(purpose, peer) {
            return self.metrics.refuse(Refusal::DeniedPeer);
        }
        if !self.may_relay(now, tuple, data.len()) {
            return self.metrics.refuse(Refusal::Bandwidth);
        }
        self.metrics.bytes_to_peers += data.len() as u64;
        if let Some(&other) = self.relays.get(&peer) {
            // What stays within a link is relayed twice and counts once.
            let paid = self.link(other) == self.link(tuple);
            self.peer_sent(now, peer, relay, &data, paid);
        } else {
            self.effects.push(Effect::ToPeer { relay, peer, data });
        }
    }

    fn peer_sent(
        &mut self,
        now: Now,
        relay: SocketAddr,
        peer: SocketAddr,
        data: &[u8],
        paid: bool,
    ) {
        let Some(&tuple) = self.relays.get(&relay) else {
            return;
        };
        // Anyone may send to a relay: what the fence or a missing permission stops is no refusal
        // worth counting.
        let purpose = self.purpose(tuple);
        if !purpose.is_some_and(|purpose| self.admits(purpose, peer)) {
            return;
        }
        let Some(client) = self.clients.get_mut(&tuple) else {
            return;
        };
        let Some(packet) = client.receive_from_peer(relay, peer, data, now.monotonic) else {
            return;
        };
        if !paid && !self.may_relay(now, tuple, data.len()) {
            return self.metrics.refuse(Refusal::Bandwidth);
        }
        self.metrics.bytes_to_clients += data.len() as u64;
        self.reply(tuple, Some(packet));
    }

    /// Carries out what the client's protocol instance wants of its own accord.
    pub(crate) fn drain(&mut self, now: Now, tuple: FiveTuple) {
        loop {
            let Some(client) = self.clients.get_mut(&tuple) else {
                return;
            };
            while let Some(out) = client.proto().poll_transmit(now.monotonic) {
                self.effects.push(Effect::ToClient {
                    tuple,
                    packet: out.data,
                });
            }
            match client.proto().poll(now.monotonic) {
                TurnServerPollRet::AllocateSocket {
                    allocation_transport,
                    family,
                    ..
                } => {
                    self.asked_socket(now, tuple, allocation_transport, family);
                }
                TurnServerPollRet::SocketClose { .. } => {
                    self.release(tuple);
                    if let Some(client) = self.clients.get_mut(&tuple) {
                        client.standing = Standing::stranger(now.monotonic);
                        self.became_stranger(tuple);
                    }
                }
                // TCP towards peers is refused below, so there is nothing to connect or close.
                TurnServerPollRet::TcpConnect { .. } | TurnServerPollRet::TcpClose { .. } => {}
                TurnServerPollRet::WaitUntil(_) => return,
            }
        }
    }

    fn asked_socket(
        &mut self,
        now: Now,
        tuple: FiveTuple,
        kind: TransportType,
        family: AddressFamily,
    ) {
        let asked = self.clients.get(&tuple).and_then(Client::asked);
        let port = asked.map_or(Port::Any, |asked| asked.port);
        let refused = if kind != TransportType::Udp || port == Port::Kept {
            SocketAllocateError::InsufficientCapacity
        } else if family != self.policy.family {
            SocketAllocateError::AddressFamilyNotSupported
        } else {
            let even = port == Port::Even;
            return self.effects.push(Effect::Open { tuple, even });
        };
        if let Some(client) = self.clients.get_mut(&tuple) {
            client.answer_socket(kind, family, Err(refused), now.monotonic);
        }
    }

    fn opened(&mut self, now: Now, tuple: FiveTuple, relay: Option<SocketAddr>) {
        let asked = match self
            .clients
            .get_mut(&tuple)
            .map(|client| &mut client.standing)
        {
            Some(Standing::Stranger { asked, until }) => asked.take().map(|asked| (asked, *until)),
            Some(Standing::Holder(_)) | None => None,
        };
        let (Some(client), Some((asked, until))) = (self.clients.get_mut(&tuple), asked) else {
            return self
                .effects
                .extend(relay.map(|relay| Effect::Close { relay }));
        };
        let socket = relay.ok_or(SocketAllocateError::InsufficientCapacity);
        client.answer_socket(
            TransportType::Udp,
            self.policy.family,
            socket,
            now.monotonic,
        );
        let Some(relay) = relay else {
            self.metrics.refuse(Refusal::Capacity);
            return self.drain(now, tuple);
        };
        self.strangers.remove(until, tuple);
        self.quota
            .add(&self.policy.limits, &asked, tuple, now.monotonic);
        self.relays.insert(relay, tuple);
        self.metrics.allocations_total += 1;
        self.metrics.live[tuple.transport as usize] += 1;
        let mut holder = Holder::new(asked, relay, &self.policy.limits, now.monotonic);
        if let Some(answer) = client.proto().poll_transmit(now.monotonic) {
            holder.receipt.clone_from(&answer.data);
            self.effects.push(Effect::ToClient {
                tuple,
                packet: answer.data,
            });
        }
        client.standing = Standing::Holder(holder);
    }

    /// Gives back what a client's allocation holds.
    fn release(&mut self, tuple: FiveTuple) {
        let Some(holder) = self.clients.get_mut(&tuple).and_then(Client::holder) else {
            return;
        };
        self.relays.remove(&holder.relay);
        self.metrics.live[tuple.transport as usize] -= 1;
        self.quota.remove(&holder.asked.link, tuple);
        self.effects.push(Effect::Close {
            relay: holder.relay,
        });
    }

    /// Notes that a client has no allocation, and forgets another one if there are too many such.
    pub(crate) fn became_stranger(&mut self, tuple: FiveTuple) {
        let Some(client) = self.clients.get(&tuple) else {
            return;
        };
        let (limits, until) = (&self.policy.limits, client.standing.until());
        if let Some(oldest) = self.strangers.add(limits, until, tuple) {
            self.metrics.refuse(Refusal::Flood);
            self.clients.remove(&oldest);
        }
    }

    pub(crate) fn gone(&mut self, tuple: FiveTuple) {
        self.release(tuple);
        if let Some(client) = self.clients.remove(&tuple) {
            self.strangers.remove(client.standing.until(), tuple);
        }
    }

    fn end_link(&mut self, now: Now, link: &str, linger: Duration) {
        for tuple in self.quota.end(link) {
            if let Some(holder) = self.holder(tuple) {
                holder.until = holder.until.min(now.monotonic + linger);
            }
            if linger.is_zero() {
                self.gone(tuple);
            }
        }
    }

    fn tick(&mut self, now: Now) {
        let tuples: Vec<FiveTuple> = self.clients.keys().copied().collect();
        for tuple in tuples {
            let over = |client: &Client| client.standing.until() < now.monotonic;
            if self.clients.get(&tuple).is_some_and(over) {
                self.gone(tuple);
            } else {
                self.drain(now, tuple);
            }
        }
        self.pace.forget(now.monotonic);
        self.quota.forget(now.monotonic);
    }

    pub(crate) fn holder(&mut self, tuple: FiveTuple) -> Option<&mut Holder> {
        self.clients.get_mut(&tuple)?.holder()
    }
}
