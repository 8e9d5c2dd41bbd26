//! Whether a visitor's own code lets a lead through. The same rules stand in
//! `web/packages/peer/src/lead.ts`, and both are tested with the same addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use isession_protocol::bounded::{HostPattern, Name};
use isession_protocol::channel::Blocked;
use isession_protocol::limits;
use isession_protocol::signaling::LeadPolicy;
use url::{Host, Url};

/// Names that lead into the visitor's own network: special-use names (RFC 6761, 6762, 8375,
/// 9476) and what home routers and offices use without asking anybody.
const LOCAL: [&str; 14] = [
    "local",
    "localhost",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "test",
    "invalid",
    "onion",
    "alt",
];

/// Networks outside the public internet (IANA special-purpose registry): address and length.
const PRIVATE: [(Ipv4Addr, u32); 14] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// The address of a lead that may be shown to the visitor, or why not.
pub fn judge_lead(text: &str, policy: &LeadPolicy) -> Result<Url, Blocked> {
    if text.len() > limits::URL {
        return Err(Blocked::TooLong);
    }
    let url = Url::parse(text).map_err(|_| Blocked::Malformed)?;
    if url.scheme() != "https" && !(policy.development && url.scheme() == "http") {
        return Err(Blocked::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Blocked::Credentials);
    }
    let host = url.host().ok_or(Blocked::Malformed)?;
    let name = host.to_string();
    judge_host(host, policy)?;
    let listed = |list: &[HostPattern]| list.iter().any(|pattern| matches(pattern, &name));
    if listed(&policy.deny) || !(policy.allow.is_empty() || listed(&policy.allow)) {
        return Err(Blocked::NotAllowed);
    }
    Ok(url)
}

/// Whether a lead to this address is asked for whatever the visitor allowed for the session.
pub fn always_asks(url: &Url, policy: &LeadPolicy) -> bool {
    url.host_str()
        .is_some_and(|name| policy.confirm.iter().any(|pattern| matches(pattern, name)))
}

/// An address without its fragment, and with those query parameters that may be told.
pub fn shown_address(mut url: Url, query: &[Name]) -> Url {
    let told = |name: &str| query.iter().any(|known| known.as_str() == name);
    let pairs: Vec<_> = url
        .query_pairs()
        .into_owned()
        .filter(|(name, _)| told(name))
        .collect();
    url.set_fragment(None);
    url.set_query(None);
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    url
}

/// `*.shop.example` is every name below `shop.example`, and not that name itself.
fn matches(pattern: &HostPattern, name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    match pattern.as_str().strip_prefix('*') {
        Some(parent) => name.len() > parent.len() && name.ends_with(parent),
        None => name == pattern.as_str(),
    }
}

fn judge_host(host: Host<&str>, policy: &LeadPolicy) -> Result<(), Blocked> {
    let private = match host {
        Host::Ipv4(ip) => is_private4(ip) && !(policy.development && ip.is_loopback()),
        Host::Ipv6(ip) => is_private6(ip) && !(policy.development && ip.is_loopback()),
        Host::Domain(name) => return judge_name(name, policy),
    };
    if private {
        Err(Blocked::PrivateAddress)
    } else {
        Ok(())
    }
}

fn judge_name(name: &str, policy: &LeadPolicy) -> Result<(), Blocked> {
    // A trailing dot names the same host and would slip past comparisons.
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() || name.ends_with('.') {
        return Err(Blocked::Malformed);
    }
    let below = |parent: &str| {
        name.strip_suffix(parent)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if policy.development && below("localhost") {
        return Ok(());
    }
    if !name.contains('.') || LOCAL.iter().any(|parent| below(parent)) {
        return Err(Blocked::LocalName);
    }
    Ok(())
}

fn is_private4(ip: Ipv4Addr) -> bool {
    PRIVATE.iter().any(|(network, length)| {
        let mask = u32::MAX << (32 - length);
        ip.to_bits() & mask == network.to_bits()
    })
}

/// Only global unicast (2000::/3) is public, and not where it carries another address inside.
const fn is_private6_range(groups: [u16; 8]) -> bool {
    let [a, b, ..] = groups;
    // Teredo, ORCHID, benchmarking and others of 2001::/23; documentation.
    a >> 13 != 1 || (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || (a == 0x3fff && b < 0x1000)
}

fn is_private6(ip: Ipv6Addr) -> bool {
    let groups = ip.segments();
    let embedded = |high: usize| {
        let bits = (u32::from(groups[high]) << 16) | u32::from(groups[high + 1]);
        is_private4(Ipv4Addr::from_bits(bits))
    };
    match groups {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => embedded(6),
        [0x2002, ..] => embedded(1),
        _ => is_private6_range(groups),
    }
}
