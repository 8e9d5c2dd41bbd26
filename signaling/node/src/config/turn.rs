//! What an operator may set of relaying.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::Deserialize;

/// Relaying: the embedded server, or an external coturn.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TurnConfig {
    /// Run the embedded STUN and TURN server.
    pub enabled: bool,
    /// Where it listens for UDP. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// The host that peers are told; by default the listening address, and the host of
    /// `public_url` or of the request when that is unspecified.
    pub host: Option<String>,
    /// Where TURN over TCP is told to be, and over TLS: both are served where HTTP is.
    pub tcp: Offer,
    pub tls: Offer,
    /// The public address, when the machine sits behind NAT.
    pub external_ip: Option<IpAddr>,
    /// First relay port.
    pub min_port: u16,
    /// Last relay port.
    pub max_port: u16,
    /// Allocations at once, in all.
    pub allocations: usize,
    /// Allocations at once for one link, both its ends together.
    pub allocations_per_link: usize,
    /// Seconds for which fresh credentials open allocations.
    pub credential_ttl: u32,
    /// Seconds that an allocation lives at the most, however often it is refreshed. A session that
    /// goes on makes another.
    pub allocation_age: u32,
    /// Bytes a second that are relayed for one link, both directions together.
    pub bytes_per_second: u32,
    /// Networks (CIDR) that peers may have although they are not public, for use inside a LAN.
    pub allow_peers: Vec<String>,
    /// An external TURN server instead of the embedded one.
    pub external: Option<ExternalTurn>,
}

/// An external TURN server that shares a secret with the node
/// (coturn: `use-auth-secret`, `static-auth-secret`).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalTurn {
    /// Such as `turn:turn.example:3478?transport=udp`.
    pub urls: Vec<String>,
    /// The shared secret.
    pub secret: String,
}

impl std::fmt::Debug for ExternalTurn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalTurn")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// Where peers are told that something is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Offer {
    /// Where they reached the node, if what they reached it by lets it through.
    #[default]
    Auto,
    /// Nowhere.
    Off,
    /// At this host and port.
    At(String),
}

impl TryFrom<String> for Offer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "auto" => return Ok(Self::Auto),
            "off" => return Ok(Self::Off),
            _ => {}
        }
        // What a URL of either kind can hold (RFC 7065, section 3.1).
        let url = url::Url::parse(&format!("http://{text}/")).ok();
        let port = text
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        match (url, port) {
            (Some(url), Some(1..=u16::MAX)) if url.path() == "/" && url.username().is_empty() => {
                Ok(Self::At(text))
            }
            _ => Err(format!("{text} is neither auto, nor off, nor host:port")),
        }
    }
}

impl Default for TurnConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3478)),
            host: None,
            tcp: Offer::Auto,
            tls: Offer::Auto,
            external_ip: None,
            min_port: 49152,
            max_port: 65535,
            allocations: 8192,
            allocations_per_link: 24,
            credential_ttl: 3600,
            allocation_age: 4 * 60 * 60,
            bytes_per_second: 2_000_000,
            allow_peers: Vec::new(),
            external: None,
        }
    }
}
