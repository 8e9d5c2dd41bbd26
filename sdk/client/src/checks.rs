//! The other side's connectivity checks (RFC 8445, section 2.2), counted as they arrive: the
//! `webrtc` crate tells only of those on the pair that it uses.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// Senders that are told apart; the checks of further ones are not counted.
const SENDERS: usize = 32;
/// RFC 8489, section 5: a binding request, and the magic cookie.
const BINDING_REQUEST: [u8; 2] = [0, 1];
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// The checks that one peer connection has received, by where they came from.
#[derive(Debug, Default)]
pub(crate) struct Checks(Mutex<Vec<(SocketAddr, u64)>>);

impl Checks {
    /// Takes a packet that arrived. What is no check counts nothing; nor is it proven whose it is.
    pub(crate) fn arrived(&self, from: SocketAddr, packet: &[u8]) {
        if !is_check(packet) {
            return;
        }
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = senders.iter_mut().find(|(known, _)| *known == from) {
            *count = count.saturating_add(1);
        } else if senders.len() < SENDERS {
            senders.push((from, 1));
        }
    }

    /// How many have come from others than these.
    pub(crate) fn except(&self, relays: &[SocketAddr]) -> u64 {
        let senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let direct = senders.iter().filter(|(from, _)| !relays.contains(from));
        direct.map(|(_, count)| count).sum()
    }
}

fn is_check(packet: &[u8]) -> bool {
    packet.starts_with(&BINDING_REQUEST) && packet.get(4..8) == Some(COOKIE.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: [u8; 20] = [
        0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ];

    fn sender(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn checks_are_counted_but_those_of_relays() {
        let checks = Checks::default();
        for port in [1, 2, 2, 3] {
            checks.arrived(sender(port), &CHECK);
        }
        assert_eq!(checks.except(&[]), 4);
        assert_eq!(checks.except(&[sender(2), sender(9)]), 2);
    }

    #[test]
    fn what_is_no_check_counts_nothing() {
        let checks = Checks::default();
        let mut response = CHECK;
        response[0] = 1;
        let mut other = CHECK;
        other[7] = 0;
        for packet in [&response[..], &other, &CHECK[..7], &[], b"\x16\xfe\xfd"] {
            checks.arrived(sender(1), packet);
        }
        assert_eq!(checks.except(&[]), 0);
    }

    #[test]
    fn a_flood_of_senders_costs_no_more_than_some() {
        let checks = Checks::default();
        for port in 0..5000 {
            checks.arrived(sender(port), &CHECK);
        }
        assert_eq!(checks.except(&[]), SENDERS as u64);
    }
}
