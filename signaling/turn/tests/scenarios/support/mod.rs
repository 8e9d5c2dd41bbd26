//! A small TURN client, for real sockets and for the engine alone.

pub(crate) mod lab;
pub(crate) mod net;
pub(crate) mod script;
pub(crate) mod stages;
pub(crate) mod wire;

use isession_turn::Secret;

pub(crate) const REALM: &str = "isession";
pub(crate) const SECRET: &str = "a secret of some length";
/// A time that is long gone, and one that is long to come (coturn's reckoning ends in
/// 2038).
pub(crate) const PAST: u64 = 1_000_000_000;
pub(crate) const FUTURE: u64 = 2_100_000_000;

pub(crate) fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}
