//! Which peers may be relayed to.
//!
//! A TURN server sends from inside the network it stands in. Whoever holds credentials must not
//! reach what stands beside it: the machine itself, the private network, the cloud's metadata
//! service. So only globally routed unicast addresses are peers, in whatever spelling they come.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::network::Network;

const V4: [Network; 16] = [
    Network::v4([0, 0, 0, 0], 8), // this network; 0.0.0.0 reaches the machine itself
    Network::v4([10, 0, 0, 0], 8), // private
    Network::v4([100, 64, 0, 0], 10), // carrier-grade NAT
    Network::v4([127, 0, 0, 0], 8), // loopback
    Network::v4([169, 254, 0, 0], 16), // link-local, with the metadata services of clouds
    Network::v4([172, 16, 0, 0], 12), // private
    Network::v4([192, 0, 0, 0], 24), // protocol assignments
    Network::v4([192, 0, 2, 0], 24), // documentation
    Network::v4([192, 31, 196, 0], 24), // AS112
    Network::v4([192, 52, 193, 0], 24), // automatic multicast tunnelling
    Network::v4([192, 88, 99, 0], 24), // 6to4 relays
    Network::v4([192, 168, 0, 0], 16), // private
    Network::v4([198, 18, 0, 0], 15), // benchmarking
    Network::v4([198, 51, 100, 0], 24), // documentation
    Network::v4([203, 0, 113, 0], 24), // documentation
    Network::v4([224, 0, 0, 0], 3), // multicast, reserved and broadcast
];

/// Parts of 2000::/3, the only block that is globally routed unicast, that are not.
const V6: [Network; 6] = [
    Network::v6(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32), // Teredo
    Network::v6(Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments
    Network::v6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    Network::v6(Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112
    Network::v6(Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16), // the former 6bone
    Network::v6(Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

const GLOBAL_UNICAST: Network = Network::v6(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const SIX_TO_FOUR: Network = Network::v6(Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16);

/// Whether an address is globally routed unicast in every reading of it.
///
/// Everything outside 2000::/3 is refused at once, and with it all the spellings that hide an
/// IPv4 address there: mapped (`::ffff:0:0/96`), compatible (`::/96`), translated
/// (`::ffff:0:0:0/96`), NAT64 (`64:ff9b::/96`, `64:ff9b:1::/48`), beside loopback, link-local,
/// site-local, unique local and multicast addresses. What is left is 6to4, whose hidden address
/// is judged as well.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_global_v4(v4),
        IpAddr::V6(v6) => is_global_v6(v6),
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    !V4.iter().any(|block| block.contains(address.into()))
}

fn is_global_v6(address: Ipv6Addr) -> bool {
    let contained = |block: &Network| block.contains(address.into());
    if !contained(&GLOBAL_UNICAST) || V6.iter().any(contained) {
        return false;
    }
    if contained(&SIX_TO_FOUR) {
        let [_, _, a, b, c, d, ..] = address.octets();
        return is_global_v4(Ipv4Addr::new(a, b, c, d));
    }
    true
}

/// The rule for peers of one server.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    allowed: Vec<Network>,
    own: Vec<IpAddr>,
}

impl Fence {
    /// `allowed` blocks are peers whatever they are. `own` are this server's addresses: a packet
    /// from the machine to itself passes no firewall, so they are refused even when public.
    pub(crate) const fn new(allowed: Vec<Network>, own: Vec<IpAddr>) -> Self {
        Self { allowed, own }
    }

    /// Whether `peer` may be relayed to; `live` tells this server's own live relay addresses,
    /// port included, which are always peers: that is how two relayed sides meet.
    pub(crate) fn admits(&self, peer: SocketAddr, live: impl Fn(&SocketAddr) -> bool) -> bool {
        let address = peer.ip();
        live(&peer)
            || self.allowed.iter().any(|block| block.contains(address))
            || (is_global(address) && !self.own.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> IpAddr {
        text.parse()
            .unwrap_or_else(|_| panic!("{text} is no address"))
    }

    #[test]
    fn addresses_beside_the_server_are_refused_in_every_spelling() {
        let refused = [
            "0.0.0.0",
            "0.1.2.3",
            "0.255.255.255",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::2",
            "::7f00:1",
            "::127.0.0.1",
            "::10.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "::ffff:169.254.169.254",
            "::ffff:0.0.0.0",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "::ffff:0:8.8.8.8",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::1",
            "64:ff9b:1:ffff::10.0.0.1",
            "100::1",
            "100:0:0:1::1",
            "5f00::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:1::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:1ff:ffff::",
            "2001:db8::1",
            "2620:4f:8000::1",
            "3ffe::1",
            "3fff::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2002:a9fe:a9fe::1",
            "2002:c0a8:101::1",
            "2002::1",
            "2002:e000:1::",
            "fc00::1",
            "fdff:ffff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "feff::1",
            "ff00::1",
            "ff02::1",
            "ff0e::1",
            "4000::1",
            "8000::1",
        ];
        for text in refused {
            assert!(!is_global(parse(text)), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_peers() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2002:808:808::1",
            "2606:4700::1111",
            "2a00:1450:4001::1",
        ];
        for text in public {
            assert!(is_global(parse(text)), "{text}");
        }
    }

    #[test]
    fn own_addresses_are_refused_but_for_live_relays() {
        let own = parse("198.20.0.9");
        let fence = Fence::new(vec![], vec![own]);
        let relay = SocketAddr::new(own, 50_000);
        assert!(!fence.admits(relay, |_| false));
        assert!(fence.admits(relay, |live| *live == relay));
        assert!(!fence.admits(SocketAddr::new(own, 50_001), |live| *live == relay));
    }

    #[test]
    fn a_live_relay_is_a_peer_wherever_it_stands() {
        let fence = Fence::new(vec![], vec![]);
        let relay: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        assert!(fence.admits(relay, |live| *live == relay));
        assert!(!fence.admits("127.0.0.1:22".parse().unwrap(), |live| *live == relay));
    }

    #[test]
    fn allowed_blocks_open_the_fence_no_further_than_they_reach() {
        let fence = Fence::new(vec!["10.1.0.0/16".parse().unwrap()], vec![]);
        assert!(fence.admits("10.1.2.3:9".parse().unwrap(), |_| false));
        assert!(!fence.admits("10.2.0.1:9".parse().unwrap(), |_| false));
    }

    /// The standard library's own reading of the special blocks, as a second opinion.
    fn special(v4: Ipv4Addr) -> bool {
        v4.is_unspecified()
            || v4.is_loopback()
            || v4.is_private()
            || v4.is_link_local()
            || v4.is_multicast()
            || v4.is_broadcast()
            || v4.is_documentation()
    }

    proptest! {
        #[test]
        fn no_special_address_is_global(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            prop_assert!(!(special(v4) && is_global(v4.into())));
        }

        #[test]
        fn no_embedding_opens_what_is_refused(bits: u32, low: u64) {
            let v4 = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = v4.octets();
            let (high, rest) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            prop_assert!(!is_global(v4.to_ipv6_mapped().into()));
            prop_assert!(!is_global(Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, rest).into()));
            prop_assert!(!is_global(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, rest).into()));
            prop_assert!(!is_global(Ipv6Addr::new(0x2001, 0, high, rest, 0, 0, 0, 0).into()));
            let tail = u128::from(low);
            let six_to_four = Ipv6Addr::from_bits((0x2002 << 112) | (u128::from(bits) << 80) | tail);
            prop_assert_eq!(is_global(six_to_four.into()), is_global(v4.into()));
        }

        #[test]
        fn nothing_outside_global_unicast_is_a_peer(bits: u128) {
            let v6 = Ipv6Addr::from_bits(bits);
            prop_assert!(!is_global(v6.into()) || v6.segments()[0] >> 13 == 1);
        }
    }
}
