//! The engine in virtual time.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use isession_turn::{Effect, Engine, FiveTuple, Input, Limits, Metrics, Now, Policy, Transport};
use turn_types::{AddressFamily, Instant};

use super::{
    FUTURE, PAST, REALM, secret,
    wire::{Ask, Caller, Incoming, Reply},
};

pub(crate) struct Lab {
    pub(crate) engine: Engine,
    pub(crate) now: Now,
    own: IpAddr,
    ports: std::ops::Range<u16>,
    /// Relays that were opened and not closed.
    pub(crate) open: Vec<SocketAddr>,
}

impl Lab {
    pub(crate) fn new(limits: Limits) -> Self {
        Self::at(limits, "198.20.0.1".parse().unwrap())
    }

    /// A server whose relays are opened at `own`.
    pub(crate) fn at(limits: Limits, own: IpAddr) -> Self {
        let policy = Policy {
            secret: secret(),
            realm: REALM.to_owned(),
            limits,
            allow_peers: Vec::new(),
            own: vec![own],
            family: if own.is_ipv4() {
                AddressFamily::IPV4
            } else {
                AddressFamily::IPV6
            },
        };
        Self {
            engine: Engine::new(policy),
            now: Now {
                monotonic: Instant::ZERO,
                unix: PAST,
            },
            own,
            ports: 50_000..60_000,
            open: Vec::new(),
        }
    }

    /// A five-tuple, told from others by `number`.
    pub(crate) fn tuple(number: u16) -> FiveTuple {
        let [high, low] = number.to_be_bytes();
        FiveTuple {
            transport: Transport::Datagram,
            server: "198.20.0.1:3478".parse().unwrap(),
            client: SocketAddr::from(([9, 9, high, low], 4000)),
        }
    }

    pub(crate) fn caller(link: &str) -> Caller {
        Caller::new(secret().mint(link, FUTURE))
    }

    pub(crate) fn metrics(&self) -> Metrics {
        self.engine.metrics()
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.unix += time.as_secs();
        self.step(Input::Tick);
    }

    /// One step, with sockets opened and closed as the shell would.
    pub(crate) fn step(&mut self, input: Input<'_>) -> Vec<Effect> {
        let mut rest = Vec::new();
        let mut effects = self.engine.handle(self.now, input);
        while !effects.is_empty() {
            let mut next = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Open { tuple, even } => {
                        let port = self.ports.find(|port| !even || port.is_multiple_of(2));
                        let relay = port.map(|port| SocketAddr::new(self.own, port));
                        self.open.extend(relay);
                        next.extend(self.engine.handle(self.now, Input::Opened { tuple, relay }));
                    }
                    Effect::Close { relay } => {
                        let place = self.open.iter().position(|open| *open == relay);
                        self.open
                            .remove(place.expect("only open relays are closed"));
                    }
                    Effect::ToClient { .. } | Effect::ToPeer { .. } => rest.push(effect),
                }
            }
            effects = next;
        }
        rest
    }

    pub(crate) fn send(&mut self, tuple: FiveTuple, packet: &[u8]) -> Vec<Effect> {
        self.step(Input::FromClient { tuple, packet })
    }

    /// Asks, and answers a challenge; `None` without an answer.
    pub(crate) fn ask(&mut self, tuple: FiveTuple, caller: &mut Caller, ask: Ask) -> Option<Reply> {
        let mut reply = self.ask_once(tuple, &caller.write(&ask))?;
        if caller.learn(&reply) {
            reply = self.ask_once(tuple, &caller.write(&ask))?;
            caller.learn(&reply);
        }
        Some(reply)
    }

    pub(crate) fn ask_once(&mut self, tuple: FiveTuple, packet: &[u8]) -> Option<Reply> {
        let effects = self.send(tuple, packet);
        assert!(effects.len() <= 1, "{effects:?}");
        let Effect::ToClient { tuple: to, packet } = effects.first()? else {
            panic!("{effects:?} is no answer");
        };
        assert_eq!(*to, tuple);
        Some(Incoming::read(packet).into_reply())
    }

    /// A client with an allocation, and its relay address.
    pub(crate) fn allocated(&mut self, number: u16, link: &str) -> (FiveTuple, Caller, SocketAddr) {
        let (tuple, mut caller) = (Self::tuple(number), Self::caller(link));
        let reply = self.ask(tuple, &mut caller, Ask::Allocate).unwrap();
        let relay = reply.relay.unwrap_or_else(|| panic!("{reply:?}"));
        (tuple, caller, relay)
    }
}
