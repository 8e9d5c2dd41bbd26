//! The internet between three networks: what happens to each packet, and when. Pure: time is an
//! argument, randomness has a seed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// Packets that one way of one leg holds. When it is full, the newest is dropped.
const HELD: usize = 4096;
/// How much later than its place in line a reordered packet leaves.
const OVERTAKEN_BY: Duration = Duration::from_millis(10);

/// The line that ties a network to the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    Cloud,
    Visitor,
    Agent,
}

impl Leg {
    pub const ALL: [Self; 3] = [Self::Cloud, Self::Visitor, Self::Agent];

    /// The second byte of the leg's public addresses, `11.x.0.0/16`.
    pub const fn block(self) -> u8 {
        match self {
            Self::Cloud => 1,
            Self::Visitor => 2,
            Self::Agent => 3,
        }
    }

    /// Where an IPv4 packet goes, if to any network here.
    fn of_destination(packet: &[u8]) -> Option<Self> {
        let version = packet.first()? >> 4;
        let &[network, block, ..] = packet.get(16..20)? else {
            return None;
        };
        let here = version == 4 && network == 11;
        Self::ALL
            .into_iter()
            .find(|leg| here && leg.block() == block)
    }
}

/// A direction on a leg, seen from the network at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Into the internet.
    Up,
    /// Out of it.
    Down,
}

impl Way {
    pub const ALL: [Self; 2] = [Self::Up, Self::Down];
}

/// What one way of a leg does to packets. The default does nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    pub delay_ms: u16,
    /// Up to so much more delay, evenly spread; the order stays.
    pub jitter_ms: u16,
    /// The share of packets that are lost.
    pub loss: f64,
    /// The share of packets that later ones overtake.
    pub reorder: f64,
    /// Unlimited when absent.
    pub bytes_per_second: Option<u32>,
    /// Nothing passes.
    pub blackhole: bool,
}

/// What became of the packets on one way of a leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub passed: u64,
    pub lost: u64,
    pub swallowed: u64,
    /// Dropped because too many were held.
    pub full: u64,
}

/// One way of one leg.
#[derive(Debug, Default)]
struct Pipe {
    conditions: Conditions,
    /// When the line is free to send, at its rate.
    free: Duration,
    /// When the last packet in line leaves.
    last: Duration,
    held: usize,
    counts: Counts,
}

impl Pipe {
    /// When a packet that enters at `now` leaves, if it does.
    fn admit(&mut self, now: Duration, bytes: usize, random: &mut Random) -> Option<Duration> {
        let Conditions {
            delay_ms,
            jitter_ms,
            loss,
            reorder,
            bytes_per_second,
            blackhole,
        } = self.conditions;
        if blackhole {
            self.counts.swallowed += 1;
            return None;
        }
        if random.chance(loss) {
            self.counts.lost += 1;
            return None;
        }
        if self.held >= HELD {
            self.counts.full += 1;
            return None;
        }
        self.free = self.free.max(now);
        if let Some(rate) = bytes_per_second {
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            self.free += Duration::from_secs(1) * bytes / rate.max(1);
        }
        let jitter = Duration::from_millis(jitter_ms.into()).mul_f64(random.unit());
        let due = self.free + Duration::from_millis(delay_ms.into()) + jitter;
        self.held += 1;
        self.last = self.last.max(due);
        Some(if random.chance(reorder) {
            self.last + OVERTAKEN_BY
        } else {
            self.last
        })
    }

    const fn leaves(&mut self) {
        self.held -= 1;
        self.counts.passed += 1;
    }
}

/// A packet on its way.
#[derive(Debug)]
struct Held {
    leg: Leg,
    way: Way,
    to: Leg,
    packet: Vec<u8>,
}

/// All legs, and the packets that they hold.
#[derive(Debug)]
pub struct Network {
    pipes: [[Pipe; 2]; 3],
    /// Whether nothing gets from one leg to another.
    cuts: [[bool; 3]; 3],
    /// By the time when they leave, and then by their arrival.
    held: BTreeMap<(Duration, u64), Held>,
    arrivals: u64,
    random: Random,
}

impl Network {
    /// Without delay or loss. The seed decides all chances.
    pub fn new(seed: u64) -> Self {
        Self {
            pipes: Default::default(),
            cuts: Default::default(),
            held: BTreeMap::new(),
            arrivals: 0,
            random: Random::new(seed),
        }
    }

    /// Changes one way of a leg for packets that come from now on.
    pub fn shape(&mut self, leg: Leg, way: Way, conditions: Conditions) {
        self.pipe(leg, way).conditions = conditions;
    }

    /// Lets nothing pass from one leg to another, or everything again; other ways stay open.
    pub const fn cut(&mut self, from: Leg, to: Leg, cut: bool) {
        self.cuts[from as usize][to as usize] = cut;
    }

    /// What became of the packets on one way of a leg.
    pub const fn counts(&self, leg: Leg, way: Way) -> Counts {
        self.pipes[leg as usize][way as usize].counts
    }

    /// Takes a packet that comes from a leg. One that goes nowhere is forgotten.
    pub fn accept(&mut self, now: Duration, from: Leg, packet: Vec<u8>) {
        let Some(to) = Leg::of_destination(&packet) else {
            return;
        };
        let (leg, way) = (from, Way::Up);
        if self.cuts[from as usize][to as usize] {
            self.pipe(leg, way).counts.swallowed += 1;
            return;
        }
        let up = Held {
            leg,
            way,
            to,
            packet,
        };
        self.hold(now, up);
    }

    /// The next packet that has arrived by `now`, and the leg that it comes out of.
    pub fn release(&mut self, now: Duration) -> Option<(Leg, Vec<u8>)> {
        while let Some(entry) = self.held.first_entry() {
            let (due, _) = *entry.key();
            if due > now {
                return None;
            }
            let Held {
                leg,
                way,
                to,
                packet,
            } = entry.remove();
            self.pipe(leg, way).leaves();
            if way == Way::Down {
                return Some((leg, packet));
            }
            // From when it was due, not from when somebody looked: lateness does not add up.
            let down = Held {
                leg: to,
                way: Way::Down,
                to,
                packet,
            };
            self.hold(due, down);
        }
        None
    }

    /// When there is something to release.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.held.first_key_value().map(|((due, _), _)| *due)
    }

    fn hold(&mut self, now: Duration, held: Held) {
        let pipe = &mut self.pipes[held.leg as usize][held.way as usize];
        if let Some(due) = pipe.admit(now, held.packet.len(), &mut self.random) {
            self.held.insert((due, self.arrivals), held);
            self.arrivals += 1;
        }
    }

    const fn pipe(&mut self, leg: Leg, way: Way) -> &mut Pipe {
        &mut self.pipes[leg as usize][way as usize]
    }
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
