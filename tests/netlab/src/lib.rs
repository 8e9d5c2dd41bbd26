//! A network laboratory: a cloud with public addresses, a visitor and an agent each behind a NAT
//! of any kind, and between them an internet that delays, loses, reorders and swallows packets.
//! See README.md for how to use it from tests.

mod command;
mod home;
mod lab;
mod namespaces;
mod nat;
mod network;
mod random;
mod router;

pub use command::CommandError;
pub use home::Place;
pub use lab::{Cloud, Lab, Places};
pub use nat::Nat;
pub use network::{Conditions, Counts, Leg, Network, Way};

/// The lab could not be made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// `ip` or `nft` refused.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Something inside a namespace did not work.
    #[error("in {name}: {source}")]
    Namespace {
        /// Which one.
        name: String,
        source: std::io::Error,
    },
    /// The thread that carries packets did not start.
    #[error("the router: {0}")]
    Router(std::io::Error),
    /// The cloud has no NAT and does not move.
    #[error("the cloud stays as it is")]
    Cloud,
}
