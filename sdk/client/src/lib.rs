//! iSession for native programs: visitor and agent roles over WebRTC data channels.
//!
//! [`Visitor::join`] waits in a site's queue; [`Agent::sign_in`] is rung by visitors. Both end in
//! a [`Session`]: one WebRTC connection between the two people, over which they talk and the
//! agent leads. What was said is kept until the other side has it, over lost paths, lost nodes
//! and new lives of the other side. See `examples/` for a bot and a terminal visitor.
//!
//! # Layout
//! - [`visitor`], [`agent`]: the two roles; `links` is what they have in common.
//! - [`session`]: one side of a session; its task is in `actor`, its connection in `peer`, what
//!   waits for that in `outbox`.
//! - [`mirror`]: the visitor's page, as typed events.
//! - [`session_core`], [`transcript`], [`lead`]: pure; the rules that browsers follow as well.
//! - `socket`, `net`: reaching the node.
//! - `sockets`, `relay`: what the connection's packets go over.
//!
//! # Limits
//! A message has at most 16 KiB, a bulk message a byte less than 256 KiB, an address 2048 bytes. A session holds
//! 5000 messages and leads, and 3 MiB of them. TURN is used over UDP, TCP and TLS.
//!
//! # Logs
//! This crate logs ids and errors only, at debug level. The `webrtc` crates log addresses under
//! targets that begin with `rtc` and `webrtc`: switch those off where that matters.

mod actor;
pub mod agent;
mod bulk;
mod checks;
mod error;
pub mod lead;
mod links;
pub mod mirror;
mod net;
mod outbox;
mod peer;
mod related;
mod relay;
pub mod session;
pub mod session_core;
mod socket;
mod sockets;
mod task;
pub mod transcript;
pub mod visitor;

pub use agent::{Agent, AgentEvent, AgentOptions};
pub use bulk::{BulkReceiver, BulkSender};
pub use error::SdkError;
pub use isession_protocol as protocol;
pub use mirror::MirrorReceiver;
pub use net::RootCertificates;
pub use session::{LeadRequest, Session, SessionEvent};
pub use transcript::Role;
pub use visitor::{Visitor, VisitorEvent, VisitorOptions};
