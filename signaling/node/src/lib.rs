//! The iSession node: it queues visitors, rings agents and introduces the two; then people talk
//! and lead directly, and the node is not needed.
//!
//! # Layout
//! - `node`: one running node and what its parts share.
//! - `desk`: the task that owns the switchboard and carries out its effects.
//! - `log`: the ordered inputs that the desk applies.
//! - `edge`: HTTP, WebSockets, sign-in, embedded pages.
//! - `sockets`, `outbox`: who is connected, links, and bounded queues in front of sockets.
//! - `accounts`: agents, sites and visits in SQLite.
//! - `ticket`, `relay`, `tls`, `reached`, `rates`, `metrics`, `config`, `clock`: one idea each.
//!
//! # Tasks
//! [`Node`] holds a join set with the listener, the desk and the ping sweep; each WebSocket is
//! one more task that ends when the node is dropped.

mod accounts;
mod clock;
mod config;
mod desk;
mod edge;
#[doc(hidden)]
pub mod fuzz;
mod log;
mod metrics;
mod node;
mod outbox;
mod rates;
mod reached;
mod relay;
mod sockets;
mod ticket;
mod tls;
mod turn;

pub use accounts::{
    Accounts, AccountsError, Agent, NewAgent, NewSite, PolicyList, PolicyLists, Preconnect, SignIn,
    Site, SiteChange, Token,
};
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{
    Config, ConfigError, ExternalTurn, LimitsConfig, LogFormat, Offer, QueueConfig, TlsConfig,
    TurnConfig,
};
pub use node::{Certificate, Node, NodeError};
pub use tls::TlsError;

/// `tracing` targets of libraries that log addresses; whoever installs a subscriber switches
/// them off.
pub use isession_turn::LEAKY_TARGETS;
