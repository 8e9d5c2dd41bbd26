//! Embedded STUN and TURN (RFC 8489, RFC 8656).
//!
//! The protocol is spoken by `turn-server-proto`, which knows neither sockets nor policy. Around
//! it stand
//!
//! - a **pure** part that knows no sockets either, [`Engine`]: who may have an allocation
//!   ([`Secret`], [`Limits`]), which peers may be reached ([`deny`]), what to do about the faults
//!   of the crate. Time is an argument; packets go in and come out as [`Input`] and [`Effect`];
//! - a **shell**, [`TurnServer`]: the listening socket, the relay sockets, the clock, on a thread of
//!   their own and with datagrams in batches; and
//!   [`TurnStreams`], which serves connections over TCP and TLS that others accept.
//!
//! "Client" and "username" are RFC 8656's words here: a client is whatever asks for a relay, be
//! it a visitor's browser or an agent's, and a username names no person.
//!
//! # Logs
//! This crate logs no addresses and no usernames. The protocol crates log both, at every level:
//! whoever installs a `tracing` subscriber switches [`LEAKY_TARGETS`] off.

pub mod deny;

mod allocate;
mod auth;
mod client;
mod config;
mod credentials;
mod engine;
mod frame;
mod framing;
mod ledger;
mod limits;
mod metrics;
mod movable;
mod network;
mod ports;
mod reply;
mod requests;
mod server;
mod step;
mod strangers;
mod streams;
mod udp;

pub use client::{FiveTuple, Transport};
pub use config::{TurnConfig, TurnError};
pub use credentials::{CHECK, CHECK_AGE, Credentials, RING, Secret, SecretTooShort};
pub use engine::Engine;
pub use framing::{Frames, NoFrame};
pub use limits::{Limits, source};
pub use metrics::{Metrics, Refusal};
pub use movable::Movable;
pub use network::{Network, NetworkError};
pub use server::{TurnCounters, TurnLinks, TurnServer};
pub use step::{Effect, Input, Now, Policy};
pub use streams::{StreamEnd, TurnStreams, canonical};
pub use turn_types::{AddressFamily, Instant};

/// The `tracing` targets of the protocol crates, whose events and spans carry addresses.
pub const LEAKY_TARGETS: [&str; 4] = [
    "turn_server_proto",
    "turn_types",
    "stun_proto",
    "stun_types",
];
