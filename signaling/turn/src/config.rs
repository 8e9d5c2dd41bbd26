//! What a server is told, and what can be wrong with it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
};

use thiserror::Error;
use turn_types::AddressFamily;

use crate::{credentials::Secret, limits::Limits, network::Network, ports::Ports, step::Policy};

/// The protocol crate panics on a realm that does not fit its attribute.
const MAX_REALM: usize = 127;

/// How a [`crate::TurnServer`] is set up.
#[derive(Clone, Debug)]
pub struct TurnConfig {
    /// Where clients are listened to, over UDP. A machine with several addresses names the one
    /// it answers from. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address that relays are opened on.
    pub relay_ip: IpAddr,
    /// The address that is told to clients in place of `relay_ip`, where a translator in front of
    /// the server maps one to the other, port by port.
    pub external_ip: Option<IpAddr>,
    /// The ports that relays are opened on.
    pub relay_ports: RangeInclusive<u16>,
    /// The realm that clients are challenged with.
    pub realm: String,
    /// The secret that credentials are minted with.
    pub secret: Secret,
    /// Bounds.
    pub limits: Limits,
    /// Peers that are relayed to although they are not globally routed, or the server's own.
    pub allow_peers: Vec<Network>,
}

/// Why a server does not start.
#[derive(Debug, Error)]
pub enum TurnError {
    /// The listening socket cannot be opened.
    #[error("cannot listen for turn: {0}")]
    Listen(#[from] io::Error),
    /// No port is left in the range, or it begins with port 0.
    #[error("the relay ports are no range of ports")]
    NoPorts,
    /// `0.0.0.0` or `::` cannot be told to clients.
    #[error("the relay address has to be told to clients: name it, or name an external one")]
    NoAddress,
    /// The external address must be of the relay address's family.
    #[error("relay address and external address are of different families")]
    MixedFamilies,
    /// The realm is empty or too long.
    #[error("a realm has between 1 and {MAX_REALM} bytes")]
    Realm,
}

impl TurnConfig {
    /// The usual set-up: relays on the listening address, ports 49152 to 65535.
    pub fn new(listen: SocketAddr, secret: Secret) -> Self {
        Self {
            listen,
            relay_ip: listen.ip(),
            external_ip: None,
            relay_ports: 49_152..=65_535,
            realm: "isession".to_owned(),
            secret,
            limits: Limits::default(),
            allow_peers: Vec::new(),
        }
    }

    /// Splits a sound configuration into what the engine needs and what the shell needs.
    pub(crate) fn split(self) -> Result<(Policy, Ports), TurnError> {
        let advertised = self.external_ip.unwrap_or(self.relay_ip);
        if self.relay_ports.is_empty() || *self.relay_ports.start() == 0 {
            return Err(TurnError::NoPorts);
        }
        if advertised.is_unspecified() {
            return Err(TurnError::NoAddress);
        }
        if advertised.is_ipv4() != self.relay_ip.is_ipv4() {
            return Err(TurnError::MixedFamilies);
        }
        if self.realm.is_empty() || self.realm.len() > MAX_REALM {
            return Err(TurnError::Realm);
        }
        let policy = Policy {
            secret: self.secret,
            realm: self.realm,
            limits: self.limits,
            allow_peers: self.allow_peers,
            own: vec![self.listen.ip(), self.relay_ip, advertised],
            family: if advertised.is_ipv4() {
                AddressFamily::IPV4
            } else {
                AddressFamily::IPV6
            },
        };
        Ok((
            policy,
            Ports {
                bind: self.relay_ip,
                advertised,
                range: self.relay_ports,
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> TurnConfig {
        let secret = Secret::new("a secret of some length").unwrap();
        TurnConfig::new("127.0.0.1:0".parse().unwrap(), secret)
    }

    #[test]
    fn the_usual_set_up_is_sound() {
        assert!(config().split().is_ok());
    }

    #[test]
    fn an_address_that_says_nothing_needs_an_external_one() {
        let any = "0.0.0.0".parse().unwrap();
        let nameless = TurnConfig {
            relay_ip: any,
            ..config()
        };
        assert!(matches!(
            nameless.clone().split(),
            Err(TurnError::NoAddress)
        ));
        let external_ip = "198.20.0.1".parse().ok();
        assert!(
            TurnConfig {
                external_ip,
                ..nameless
            }
            .split()
            .is_ok()
        );
    }

    #[test]
    fn unsound_set_ups_are_refused() {
        let external_ip = "2a00::1".parse().ok();
        let mixed = TurnConfig {
            external_ip,
            ..config()
        };
        assert!(matches!(mixed.split(), Err(TurnError::MixedFamilies)));
        let reversed = *config().relay_ports.end()..=*config().relay_ports.start();
        for relay_ports in [0..=9, reversed] {
            let portless = TurnConfig {
                relay_ports,
                ..config()
            };
            assert!(matches!(portless.split(), Err(TurnError::NoPorts)));
        }
        for realm in [String::new(), "r".repeat(128)] {
            let realmless = TurnConfig { realm, ..config() };
            assert!(matches!(realmless.split(), Err(TurnError::Realm)));
        }
    }
}
