//! Which STUN and TURN servers the two people are told of.

use isession_protocol::Timestamp;
use isession_protocol::ids::LinkId;
use isession_protocol::signaling::IceServer;
use isession_turn::{CHECK, Secret};
use uuid::Uuid;

use crate::config::TurnConfig;

/// Seconds for which a check may begin to relay.
const CHECK_TTL: u64 = 60;

/// Where relaying happens.
#[derive(Debug)]
pub(crate) enum Relay {
    /// Nowhere: direct paths only.
    Off,
    /// In this process, on this port.
    Embedded {
        secret: Secret,
        /// `None`: the host by which the peer reached the node.
        host: Option<String>,
        port: u16,
        ttl: u32,
    },
    /// In an external server.
    External {
        secret: Secret,
        urls: Vec<String>,
        ttl: u32,
    },
}

impl Relay {
    /// The embedded server at this port.
    pub(crate) fn embedded(config: &TurnConfig, secret: Secret, port: u16) -> Self {
        let listen = config.listen.ip();
        let told = config.host.clone().or_else(|| {
            let ip = config
                .external_ip
                .or_else(|| (!listen.is_unspecified()).then_some(listen))?;
            Some(if ip.is_ipv6() {
                format!("[{ip}]")
            } else {
                ip.to_string()
            })
        });
        Self::Embedded {
            secret,
            host: told,
            port,
            ttl: config.credential_ttl,
        }
    }

    /// Whether there is any.
    pub(crate) const fn relays(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// The servers for one side of a link, with credentials of their own. `host` is how the
    /// side reached the node; credentials hold for `longest` seconds at the most.
    pub(crate) fn servers(
        &self,
        link: LinkId,
        host: &str,
        now: Timestamp,
        longest: u64,
    ) -> Vec<IceServer> {
        self.servers_for(&link.to_string(), host, now, longest)
    }

    /// The servers for whoever checks what the network lets through. The embedded one relays
    /// nothing for these credentials; an external one cannot tell them from others, so they have
    /// expired already, and its refusal shows that the way is open.
    pub(crate) fn check(&self, host: &str, now: Timestamp) -> Vec<IceServer> {
        let expired = Timestamp::from_millis(now.as_millis().saturating_sub(CHECK_TTL * 1000));
        let (now, longest) = match self {
            Self::External { .. } => (expired, 0),
            Self::Off | Self::Embedded { .. } => (now, CHECK_TTL),
        };
        self.servers_for(&format!("{CHECK}{}", Uuid::new_v4()), host, now, longest)
    }

    fn servers_for(&self, name: &str, host: &str, now: Timestamp, longest: u64) -> Vec<IceServer> {
        let (secret, ttl, stun, turn) = match self {
            Self::Off => return Vec::new(),
            Self::Embedded {
                secret,
                host: told,
                port,
                ttl,
            } => {
                let host = told.as_deref().unwrap_or_else(|| without_port(host));
                let stun = vec![format!("stun:{host}:{port}")];
                (
                    secret,
                    *ttl,
                    stun,
                    vec![format!("turn:{host}:{port}?transport=udp")],
                )
            }
            Self::External { secret, urls, ttl } => (secret, *ttl, Vec::new(), urls.clone()),
        };
        let expires = now.as_millis() / 1000 + u64::from(ttl).min(longest);
        let credentials = secret.mint(name, expires);
        let turn = IceServer {
            urls: turn,
            username: Some(credentials.username),
            credential: Some(credentials.password),
        };
        let stun = (!stun.is_empty()).then_some(IceServer {
            urls: stun,
            username: None,
            credential: None,
        });
        stun.into_iter().chain([turn]).collect()
    }
}

/// The host of a `Host` header (RFC 9110 section 7.2), brackets of IPv6 kept.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new("a secret that is long enough to be taken").unwrap()
    }

    #[test]
    fn an_unspecified_address_is_told_as_the_host_of_the_request() {
        let config = TurnConfig {
            listen: "0.0.0.0:3478".parse().unwrap(),
            ..TurnConfig::default()
        };
        let relay = Relay::embedded(&config, secret(), 3478);
        let link = LinkId::new(Uuid::from_u128(1));
        for (host, told) in [
            ("help.example", "turn:help.example:3478?transport=udp"),
            ("help.example:8080", "turn:help.example:3478?transport=udp"),
            ("[2001:db8::1]:80", "turn:[2001:db8::1]:3478?transport=udp"),
            ("[2001:db8::1]", "turn:[2001:db8::1]:3478?transport=udp"),
        ] {
            let servers = relay.servers(link, host, Timestamp::ZERO, u64::MAX);
            assert_eq!(servers[1].urls, [told]);
        }
    }

    #[test]
    fn credentials_name_the_link_and_the_end_of_their_time() {
        let relay = Relay::embedded(&TurnConfig::default(), secret(), 3478);
        let link = LinkId::new(Uuid::from_u128(1));
        let servers = relay.servers(link, "localhost", Timestamp::from_millis(5_000), u64::MAX);
        assert_eq!(servers[0].urls, ["stun:127.0.0.1:3478"]);
        assert!(servers[0].username.is_none());
        assert_eq!(
            servers[1].username.as_deref(),
            Some(format!("3605:{link}").as_str())
        );
    }

    #[test]
    fn a_check_is_marked_and_short_and_has_expired_elsewhere() {
        let now = Timestamp::from_millis(100_000);
        let name = |relay: &Relay| {
            relay
                .check("localhost", now)
                .pop()
                .unwrap()
                .username
                .unwrap()
        };
        let embedded = Relay::embedded(&TurnConfig::default(), secret(), 3478);
        assert!(name(&embedded).starts_with("160:check-"));
        assert_ne!(name(&embedded), name(&embedded));
        let external = Relay::External {
            secret: secret(),
            urls: vec!["turn:turn.example".to_owned()],
            ttl: 3600,
        };
        assert!(name(&external).starts_with("40:check-"));
    }

    #[test]
    fn without_a_relay_nothing_is_told() {
        let link = LinkId::new(Uuid::from_u128(1));
        assert!(
            Relay::Off
                .servers(link, "localhost", Timestamp::ZERO, u64::MAX)
                .is_empty()
        );
    }
}
