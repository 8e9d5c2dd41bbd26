//! The kinds of NAT, as nftables makes them. The README says what each of them really is.

use serde::Deserialize;

/// How a home or office network reaches the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nat {
    /// The machine has a public address of its own.
    None,
    /// The same outer port towards everybody, and open to everybody once it was used.
    FullCone,
    /// The same outer port towards everybody, open to whom something was sent.
    Restricted,
    /// Another outer port towards each, open to whom something was sent.
    Symmetric,
    /// As restricted, and UDP does not pass.
    UdpBlocked,
    /// As restricted, and only TCP to port 443 passes.
    Only443,
}

impl Nat {
    /// The rules of the network's router, for `nft -f -`. Those that stood before are gone.
    pub(crate) fn rules(self) -> String {
        let pass = match self {
            Self::None => return "flush ruleset\n".to_owned(),
            Self::FullCone | Self::Restricted | Self::Symmetric => "accept",
            Self::UdpBlocked => "meta l4proto != udp accept",
            Self::Only443 => "tcp dport 443 accept",
        };
        let (map, remember, back) = match self {
            Self::FullCone => (MAP, REMEMBER, BACK),
            _ => ("", "", ""),
        };
        let masquerade = match self {
            Self::Symmetric => "masquerade random,fully-random",
            _ => "masquerade",
        };
        format!(
            "flush ruleset
table ip nat {{
  {map}
  chain prerouting {{
    type nat hook prerouting priority dstnat
    {back}
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat
    {remember}
    oifname \"wan\" {masquerade}
  }}
}}
table ip filter {{
  chain input {{
    type filter hook input priority filter
    ct state established,related accept
    iifname \"wan\" drop
  }}
  chain forward {{
    type filter hook forward priority filter
    policy drop
    ct state established,related accept
    ct status dnat accept
    iifname \"lan\" {pass}
  }}
}}
"
        )
    }
}

const MAP: &str = "map inside {
    type inet_service : ipv4_addr
    size 4096
    flags dynamic,timeout
    timeout 5m
  }";
/// Port-preserving, as Linux is where no port is taken twice: the outer port is the inner one.
const REMEMBER: &str = "oifname \"wan\" meta l4proto udp update @inside { udp sport : ip saddr }";
const BACK: &str = "iifname \"wan\" meta l4proto udp dnat to udp dport map @inside";
