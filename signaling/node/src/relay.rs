//! Which STUN and TURN servers the two people are told of.

use isession_protocol::Timestamp;
use isession_protocol::signaling::IceServer;
use isession_turn::{CHECK, CHECK_AGE, Secret};
use uuid::Uuid;

use crate::config::{Offer, TurnConfig};
use crate::reached::Reached;

/// Where relaying happens.
#[derive(Debug)]
pub(crate) enum Relay {
    /// Nowhere: direct paths only.
    Off,
    /// In this process: over UDP on this port.
    Embedded {
        secret: Secret,
        /// Over UDP. `None`: the host by which the peer reached the node.
        host: Option<String>,
        port: u16,
        /// Over TCP, where HTTP is.
        tcp: Offer,
        tls: Offer,
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
            tcp: config.tcp.clone(),
            tls: config.tls.clone(),
            ttl: config.credential_ttl,
        }
    }

    /// Whether there is any.
    pub(crate) const fn relays(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// The servers for whoever checks what the network lets through. The embedded one relays
    /// nothing for these credentials; an external one cannot tell them from others, so they have
    /// expired already, and its refusal shows that the way is open.
    pub(crate) fn check(&self, reached: &Reached, now: Timestamp) -> Vec<IceServer> {
        let ttl = CHECK_AGE.as_secs();
        let expired = Timestamp::from_millis(now.as_millis().saturating_sub(ttl * 1000));
        let (now, longest) = match self {
            Self::External { .. } => (expired, 0),
            Self::Off | Self::Embedded { .. } => (now, ttl),
        };
        self.servers(&format!("{CHECK}{}", Uuid::new_v4()), reached, now, longest)
    }

    /// The servers for one side of a link, with credentials in this name. `reached` is how the
    /// side reached the node; credentials hold for `longest` seconds at the most.
    pub(crate) fn servers(
        &self,
        name: &str,
        reached: &Reached,
        now: Timestamp,
        longest: u64,
    ) -> Vec<IceServer> {
        let (secret, ttl, stun, turn) = match self {
            Self::Off => return Vec::new(),
            Self::Embedded {
                secret,
                host: told,
                port,
                tcp,
                tls,
                ttl,
            } => {
                let host = told.as_deref().unwrap_or(&reached.host);
                let stun = vec![format!("stun:{host}:{port}")];
                let udp = format!("turn:{host}:{port}?transport=udp");
                let tcp = place(tcp, reached, !reached.proxied)
                    .map(|place| format!("turn:{place}?transport=tcp"));
                let tls = place(tls, reached, !reached.proxied && reached.https)
                    .map(|place| format!("turns:{place}?transport=tcp"));
                let turn = [udp].into_iter().chain(tcp).chain(tls).collect();
                (secret, *ttl, stun, turn)
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

/// Where something is offered, if it is. By the host that the peer itself used: it has proven that
/// it gets there, and by TLS that the certificate is for that name.
fn place(offer: &Offer, reached: &Reached, gets_through: bool) -> Option<String> {
    match offer {
        Offer::Off => None,
        Offer::At(place) => Some(place.clone()),
        Offer::Auto => gets_through.then(|| format!("{}:{}", reached.host, reached.port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "00000000-0000-0000-0000-000000000001";

    fn secret() -> Secret {
        Secret::new("a secret that is long enough to be taken").unwrap()
    }

    fn reached(host: &str, https: bool, proxied: bool) -> Reached {
        Reached {
            host: host.into(),
            port: 8443,
            https,
            proxied,
        }
    }

    fn plainly() -> Reached {
        reached("localhost", false, false)
    }

    /// What is told of the embedded server, with credentials.
    fn told(config: &TurnConfig, reached: &Reached) -> Vec<String> {
        let relay = Relay::embedded(config, secret(), 3478);
        let mut servers = relay.servers(LINK, reached, Timestamp::ZERO, u64::MAX);
        servers.pop().unwrap().urls
    }

    #[test]
    fn an_unspecified_address_is_told_as_the_host_of_the_request() {
        let config = TurnConfig {
            listen: "0.0.0.0:3478".parse().unwrap(),
            ..TurnConfig::default()
        };
        for host in ["help.example", "[2001:db8::1]"] {
            let urls = told(&config, &reached(host, false, true));
            assert_eq!(urls, [format!("turn:{host}:3478?transport=udp")]);
        }
    }

    #[test]
    fn streams_are_offered_where_the_peer_got_through_by_itself() {
        let config = TurnConfig {
            external_ip: "203.0.113.7".parse().ok(),
            ..TurnConfig::default()
        };
        let udp = "turn:203.0.113.7:3478?transport=udp";
        let tcp = "turn:help.example:8443?transport=tcp";
        let tls = "turns:help.example:8443?transport=tcp";
        for (https, proxied, urls) in [
            (true, false, &[udp, tcp, tls][..]),
            (false, false, &[udp, tcp]),
            // A proxy that speaks HTTP carries neither.
            (true, true, &[udp]),
            (false, true, &[udp]),
        ] {
            assert_eq!(
                told(&config, &reached("help.example", https, proxied)),
                urls
            );
        }
    }

    #[test]
    fn the_operator_knows_better() {
        let config = TurnConfig {
            tcp: Offer::Off,
            tls: Offer::At("turn.example:5349".to_owned()),
            ..TurnConfig::default()
        };
        for proxied in [true, false] {
            let urls = told(&config, &reached("help.example", true, proxied));
            let tls = "turns:turn.example:5349?transport=tcp";
            assert_eq!(urls, ["turn:127.0.0.1:3478?transport=udp", tls]);
        }
    }

    #[test]
    fn credentials_name_the_link_and_the_end_of_their_time() {
        let relay = Relay::embedded(&TurnConfig::default(), secret(), 3478);
        let servers = relay.servers(LINK, &plainly(), Timestamp::from_millis(5_000), u64::MAX);
        assert_eq!(servers[0].urls, ["stun:127.0.0.1:3478"]);
        assert!(servers[0].username.is_none());
        assert_eq!(
            servers[1].username.as_deref(),
            Some(format!("3605:{LINK}").as_str())
        );
    }

    #[test]
    fn a_check_is_marked_and_short_and_has_expired_elsewhere() {
        let now = Timestamp::from_millis(100_000);
        let name = |relay: &Relay| {
            relay
                .check(&plainly(), now)
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
        assert!(
            Relay::Off
                .servers(LINK, &plainly(), Timestamp::ZERO, u64::MAX)
                .is_empty()
        );
    }
}
