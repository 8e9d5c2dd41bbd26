//! The session layer's rules, pure: time, epochs and chance come in, effects go out. The same
//! rules stand in `web/packages/peer/src/core.ts`, and
//! `sdk/protocol/fixtures/session_scenarios.json` proves it of both.
//!
//! One peer connection is current at a time. Nothing is sent on it before the other side's `seen`
//! is known; then what the other side misses flows, and all that is written later. A path that is
//! lost is mended by an ICE restart, and by a new connection when that does not help. Signals
//! travel over the channel while it lives, so that a running session does not need the node.

mod current;
mod held;
mod words;

use isession_protocol::Timestamp;
use isession_protocol::channel::{Body, Entry, EntryId, Seen, Talk};
use isession_protocol::ids::Epoch;
use isession_protocol::signaling::{DescriptionRole, Signal};

pub use words::{Connection, Effect, Input, PathState, PeerInput};

use self::current::{Channel, Current};
use self::held::Held;
use crate::transcript::{Full, Receipt, Role, Transcript};

/// A path that is lost for this long is looked for anew; browsers mend shorter gaps themselves.
const PATIENCE: u64 = 4_000;
/// A first connection gets as much more.
const FIRST: u64 = 4_000;
/// Tries at mending one connection before a new one is made.
const RESTARTS: u32 = 2;
/// Between tries: grows, so that a long outage costs little.
const RETRY: u64 = 8_000;
const RETRY_MOST: u64 = 60_000;
/// What was sent is acknowledged in this time, or the channel does not carry, whatever its path
/// says: a path may be lost one way only, and after an outage some stacks wait for a minute before
/// they send again what it swallowed.
const SILENCE: u64 = 10_000;

/// Where epochs and chance come from.
pub struct Source {
    /// A fresh epoch at each call.
    pub epoch: Box<dyn FnMut() -> Epoch + Send + Sync>,
    /// From 0 to 1, for retries that do not come all at once.
    pub chance: Box<dyn FnMut() -> f64 + Send + Sync>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

/// One side of a session, without its connections.
#[derive(Debug)]
pub struct SessionCore {
    transcript: Transcript,
    source: Source,
    /// This life of the session's side: asks the other to start over when it is new.
    life: Epoch,
    now: Timestamp,
    effects: Vec<Effect>,
    current: Option<Current>,
    shown: Connection,
    answered_life: Option<Epoch>,
    tries: u32,
    mend_at: Option<Timestamp>,
    over: bool,
    /// Whether this side may speak, and hear, before the accept.
    speaks: bool,
    hears: bool,
    held: Held,
    /// A better path may be looked for: the one before the accept is a relay's.
    upgrades: bool,
    /// Nothing but an offer passes before the accept.
    offer_only: bool,
    /// The offer that this agent's side answers with the accept.
    offer: Option<Signal>,
}

impl SessionCore {
    /// A session that has not begun.
    pub fn new(transcript: Transcript, mut source: Source) -> Self {
        Self {
            transcript,
            life: (source.epoch)(),
            source,
            now: Timestamp::ZERO,
            effects: Vec::new(),
            current: None,
            shown: Connection::Connecting,
            answered_life: None,
            tries: 0,
            mend_at: None,
            over: false,
            speaks: true,
            hears: true,
            held: Held::default(),
            upgrades: false,
            offer_only: false,
            offer: None,
        }
    }

    /// How the connection is.
    pub const fn connection(&self) -> Connection {
        self.shown
    }

    /// Whether the channel carries, accepted or not.
    pub fn is_connected(&self) -> bool {
        self.current.as_ref().is_some_and(Current::lives)
    }

    /// What was said on both sides.
    pub const fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// When the next [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.mend_at
            .or_else(|| self.silent_at())
            .filter(|_| !self.over)
    }

    /// Takes one input. Only what this side writes can be refused.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Result<Vec<Effect>, Full> {
        self.now = now;
        let heard = matches!(input, Input::Peer(_, PeerInput::Hear(_)));
        if !self.over || heard {
            self.take(input)?;
        }
        Ok(std::mem::take(&mut self.effects))
    }

    fn take(&mut self, input: Input) -> Result<(), Full> {
        match input {
            Input::Start { resumed } => self.start(resumed),
            Input::Ring {
                relay_only,
                offer_only,
            } => {
                (self.speaks, self.hears) = (false, false);
                (self.upgrades, self.offer_only) = (relay_only, offer_only);
                if self.role() == Role::Agent {
                    self.ready(self.life.clone());
                }
            }
            Input::Answer => {
                self.speaks = true;
                self.flow();
            }
            Input::Accepted => self.accepted(),
            Input::NodeReturned if self.shown != Connection::Open => self.start_over(),
            Input::NodeReturned => {}
            Input::Ice => self.ice(),
            Input::Signal(signal) => self.signal(signal),
            Input::Peer(epoch, input) => {
                if self.current.as_ref().is_some_and(|c| c.epoch == epoch) {
                    self.peer(input);
                }
            }
            Input::Write(body) => self.write(body)?,
            Input::End => {
                // A full conversation ends without a word: the node tells the other side.
                let _ = self.write(Body::Bye);
                self.finish();
            }
            Input::Tick => self.tick(),
        }
        Ok(())
    }

    const fn role(&self) -> Role {
        self.transcript.role()
    }

    fn start(&mut self, resumed: bool) {
        match self.role() {
            Role::Visitor => self.connect(),
            Role::Agent if resumed => self.ready(self.life.clone()),
            Role::Agent => {}
        }
    }

    fn start_over(&mut self) {
        match self.role() {
            Role::Visitor => self.connect(),
            Role::Agent => {
                let epoch = (self.source.epoch)();
                self.ready(epoch);
            }
        }
    }

    fn connect(&mut self) {
        let epoch = (self.source.epoch)();
        // Whoever connects after the accept does so with all that is allowed.
        self.upgrades &= !self.hears;
        self.current = Some(Current {
            epoch: epoch.clone(),
            theirs: None,
            seen: None,
            path: PathState::Connecting,
            channel: Channel::Opening,
            flows: false,
            heard: false,
            asked: false,
            owed: None,
            silent: false,
        });
        self.effects.push(if self.offer_only {
            Effect::Prepare(epoch)
        } else {
            Effect::Connect(epoch)
        });
        self.look();
    }

    fn ready(&mut self, epoch: Epoch) {
        self.effects.push(Effect::Signal(Signal::Ready { epoch }));
    }

    /// Both may speak and be heard; what came too early is heard now.
    fn accepted(&mut self) {
        (self.speaks, self.hears) = (true, true);
        let prepared = std::mem::take(&mut self.offer_only);
        if self.current.is_none() {
            // Whoever did not connect while it rang begins now.
            return match self.offer.take() {
                Some(offer) => self.addressee(offer),
                None => self.start(false),
            };
        }
        if prepared {
            self.effects.push(Effect::Gather);
            return self.look();
        }
        self.flow();
        let held = std::mem::take(&mut self.held);
        for talk in held.frames() {
            self.hear(talk);
        }
        if held.lost {
            // Nothing may follow that would show the gap.
            self.ask();
        }
        self.upgrade();
    }

    /// Once, when both are accepted and hear each other; the side that offers begins.
    fn upgrade(&mut self) {
        let talks = self.current.as_ref().is_some_and(Current::talks);
        if self.upgrades && self.hears && talks {
            self.upgrades = false;
            if self.role() == Role::Visitor {
                self.effects.push(Effect::Restart);
            }
        }
    }

    /// Fresh credentials: whatever waited for them goes on.
    fn ice(&mut self) {
        if self.tries == 0 {
            return;
        }
        let mendable = self
            .current
            .as_ref()
            .is_some_and(|c| c.seen.is_some() && c.channel != Channel::Closed && !c.silent);
        if mendable && self.tries <= RESTARTS {
            self.effects.push(Effect::Restart);
        } else {
            self.start_over();
        }
    }

    fn signal(&mut self, signal: Signal) {
        match signal {
            // Said again for a life that is being connected already, it changes nothing.
            Signal::Ready { epoch } => {
                let known = self.answered_life.as_ref() == Some(&epoch);
                if self.role() == Role::Visitor && !known {
                    self.answered_life = Some(epoch);
                    self.connect();
                }
            }
            Signal::Description { role, .. } if self.offer_only => {
                if self.role() == Role::Agent && role == DescriptionRole::Offer {
                    self.offer = Some(signal);
                }
            }
            Signal::Candidate { .. } if self.offer_only => {}
            Signal::Description { .. } | Signal::Candidate { .. } => self.addressee(signal),
            Signal::Unknown => {}
        }
    }

    /// Takes a signal, unless it is of or for another life than the current one.
    fn addressee(&mut self, signal: Signal) {
        let (Signal::Description { epoch, to, .. } | Signal::Candidate { epoch, to, .. }) = &signal
        else {
            return;
        };
        let mine = self.current.as_ref().map(|current| &current.epoch);
        if to.is_some() && to.as_ref() != mine {
            // The other side believes in a connection that is gone.
            if self.role() == Role::Agent && mine.is_none() {
                self.ready(self.life.clone());
            }
            return;
        }
        let epoch = epoch.clone();
        let described = matches!(signal, Signal::Description { .. });
        let offered = matches!(
            signal,
            Signal::Description {
                role: DescriptionRole::Offer,
                ..
            }
        );
        let anew = self
            .current
            .as_ref()
            .is_none_or(|current| current.is_foreign(&epoch));
        if offered && anew && self.role() == Role::Agent {
            self.connect();
        }
        let Some(current) = self.current.as_mut().filter(|c| !c.is_foreign(&epoch)) else {
            return;
        };
        if described {
            // At once: a later offer, of another life, may come before this one is taken in.
            current.theirs = Some(epoch);
        }
        self.effects.push(Effect::Take(signal));
    }

    /// Over the channel while it lives: a running session does not need the node. Some stacks drop
    /// what arrives before their end is open, and nothing would repeat a signal.
    fn send(&mut self, signal: Signal) {
        let talks = self.current.as_ref().is_some_and(Current::talks);
        self.effects.push(if talks && self.hears {
            Effect::Tell(Talk::Signal { signal })
        } else {
            Effect::Signal(signal)
        });
    }

    fn peer(&mut self, input: PeerInput) {
        let seen = self.transcript.seen();
        let Some(current) = &mut self.current else {
            return;
        };
        let (epoch, to) = (current.epoch.clone(), current.theirs.clone());
        match input {
            PeerInput::Described { role, sdp } => {
                return self.send(Signal::Description {
                    role,
                    sdp,
                    epoch,
                    to,
                    seen,
                });
            }
            PeerInput::Candidate { candidate, mid } => {
                return self.send(Signal::Candidate {
                    candidate,
                    mid,
                    epoch,
                    to,
                });
            }
            PeerInput::Hear(talk) => return self.hear(talk),
            PeerInput::Taken { seen } => current.seen = Some(seen),
            PeerInput::Path(path) => current.path = path,
            PeerInput::Channel { open } => {
                current.channel = if open { Channel::Open } else { Channel::Closed };
                current.flows &= open;
            }
        }
        self.flow();
        self.upgrade();
        self.look();
    }

    /// Sends what the other side has not seen, as soon as that is known on an open channel.
    fn flow(&mut self) {
        let speaks = self.speaks;
        let Some(current) = self
            .current
            .as_mut()
            .filter(|c| c.channel == Channel::Open && !c.flows && speaks)
        else {
            return;
        };
        let Some(seen) = current.seen.clone() else {
            return;
        };
        current.flows = true;
        self.flow_from(&seen);
        // What was seen is said again: between offer and open more may have come over the channel
        // before, and the other side's first entries may have been dropped.
        let seen = self.transcript.seen();
        self.tell(Talk::Resume { seen });
        self.look();
    }

    fn flow_from(&mut self, seen: &Seen) {
        let entries = self.transcript.missing(seen);
        if let Some(current) = &mut self.current {
            current.owed = entries.last().map(|last| (last.id.clone(), self.now));
        }
        self.effects.push(Effect::Flow(entries));
    }

    /// Says how the connection is, and sees to it that it is mended.
    fn look(&mut self) {
        if self.over {
            return;
        }
        let current = self.current.as_ref();
        let lives = current.is_some_and(Current::lives);
        if lives && current.is_some_and(|current| current.flows) {
            self.tries = 0;
            self.mend_at = None;
            return self.show(Connection::Open);
        }
        let failed = current.is_some_and(|c| c.path == PathState::Failed || c.silent);
        let first = self.shown == Connection::Connecting;
        self.show(if first {
            Connection::Connecting
        } else {
            Connection::Reconnecting
        });
        if self.offer_only || (!self.speaks && lives) {
            // It waits for the accept, and nothing else.
            self.mend_at = None;
            return;
        }
        let patience = if failed { 0 } else { PATIENCE } + if first { FIRST } else { 0 };
        let time = self.now.plus(patience);
        self.mend_at.get_or_insert(time);
    }

    /// When the channel that is open has been silent for too long.
    fn silent_at(&self) -> Option<Timestamp> {
        let owed = self.current.as_ref()?.owed.as_ref();
        owed.filter(|_| self.shown == Connection::Open && self.hears)
            .map(|(_, since)| since.plus(SILENCE))
    }

    fn tick(&mut self) {
        if self.silent_at().is_some_and(|time| time <= self.now)
            && let Some(current) = &mut self.current
        {
            current.silent = true;
            self.look();
        }
        if self.mend_at.is_some_and(|time| time <= self.now) {
            self.mend();
        }
    }

    fn mend(&mut self) {
        self.tries += 1;
        let wait = RETRY_MOST.min(RETRY * 2_u64.pow(self.tries.min(3)));
        // From three quarters of it to five.
        let thousandths = 750 + ((self.source.chance)().clamp(0.0, 1.0) * 500.0).round() as u64;
        self.mend_at = Some(self.now.plus(wait * thousandths / 1000));
        self.effects.push(Effect::WantIce);
    }

    fn write(&mut self, body: Body) -> Result<(), Full> {
        let entry = self.transcript.write(body, self.now)?;
        if let Some(current) = self.current.as_mut().filter(|current| current.flows) {
            let since = current.owed.as_ref().map_or(self.now, |(_, since)| *since);
            current.owed = Some((entry.id.clone(), since));
            self.effects.push(Effect::Entry(entry));
        }
        Ok(())
    }

    fn hear(&mut self, talk: Talk) {
        if let Some(current) = &mut self.current {
            current.heard = true;
        }
        if !self.hears {
            return self.held.hold(talk);
        }
        match talk {
            Talk::Entry(entry) => self.hear_entry(entry),
            Talk::Ack { id } => {
                self.transcript.acknowledge(&id);
                self.effects.push(Effect::Delivered(id.clone()));
                self.acknowledged(&id);
            }
            Talk::Resume { seen } => self.resume(seen),
            Talk::Signal { signal } if !self.over => self.addressee(signal),
            // Programs have one life: what is said of the next is for pages.
            Talk::Signal { .. } | Talk::Next { .. } | Talk::Unknown => {}
        }
        self.upgrade();
    }

    fn acknowledged(&mut self, id: &EntryId) {
        let now = self.now;
        let Some(current) = &mut self.current else {
            return;
        };
        current.owed = current
            .owed
            .take()
            .filter(|(owed, _)| owed != id)
            .map(|(owed, _)| (owed, now));
        self.carries();
    }

    /// What this side says gets through: silence is over.
    fn carries(&mut self) {
        let current = self.current.as_mut();
        if current.is_some_and(|current| std::mem::take(&mut current.silent)) {
            self.look();
        }
    }

    /// Asks for what is missing, once: all that follows it comes again.
    fn ask(&mut self) {
        let current = self.current.as_mut();
        if current.is_some_and(|current| !std::mem::replace(&mut current.asked, true)) {
            let seen = self.transcript.seen();
            self.tell(Talk::Resume { seen });
        }
    }

    fn resume(&mut self, seen: Seen) {
        let over = self.over;
        if let Some(current) = &mut self.current {
            current.seen = Some(seen.clone());
            if current.flows && !over {
                self.flow_from(&seen);
            }
            if self.current.as_ref().is_some_and(|c| c.owed.is_none()) {
                self.carries();
            }
        }
    }

    fn hear_entry(&mut self, entry: Entry) {
        let receipt = self.transcript.receive(&entry);
        let Some(current) = &mut self.current else {
            return;
        };
        match receipt {
            Receipt::Gap => return self.ask(),
            Receipt::Full => return self.effects.push(Effect::Full),
            Receipt::New | Receipt::Double | Receipt::PassedOver => current.asked = false,
        }
        self.tell(Talk::Ack {
            id: entry.id.clone(),
        });
        if receipt != Receipt::New {
            return;
        }
        let bye = entry.body == Body::Bye;
        self.effects.push(Effect::Heard(entry));
        if bye {
            self.finish();
        }
    }

    fn tell(&mut self, talk: Talk) {
        self.effects.push(Effect::Tell(talk));
    }

    fn finish(&mut self) {
        self.over = true;
        self.show(Connection::Ended);
    }

    fn show(&mut self, connection: Connection) {
        if connection != self.shown {
            self.shown = connection;
            self.effects.push(Effect::Show(connection));
        }
    }
}
