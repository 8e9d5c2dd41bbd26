//! Address blocks in CIDR notation.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use thiserror::Error;

/// A block of addresses, such as `10.0.0.0/8` or `fc00::/7`.
///
/// Both families are held as 128-bit IPv6 numbers, IPv4 in its mapped form, so that one
/// comparison serves both. A bare address is a block of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: u128,
    prefix: u8,
}

/// Where the IPv4 addresses begin among the mapped IPv6 addresses, `::ffff:0:0/96`.
const V4_PREFIX: u8 = 96;

/// A text that is no address block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an address block is an address, or an address, a slash and a prefix length")]
pub struct NetworkError;

impl Network {
    pub(crate) const fn v4(octets: [u8; 4], prefix: u8) -> Self {
        let [a, b, c, d] = octets;
        let base = Ipv4Addr::new(a, b, c, d).to_ipv6_mapped().to_bits();
        Self {
            base,
            prefix: V4_PREFIX + prefix,
        }
    }

    pub(crate) const fn v6(address: Ipv6Addr, prefix: u8) -> Self {
        Self {
            base: address.to_bits(),
            prefix,
        }
    }

    /// Whether `address` lies in this block. An IPv4 address and its mapped IPv6 form are the
    /// same address here.
    pub const fn contains(&self, address: IpAddr) -> bool {
        let address = match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
            IpAddr::V6(v6) => v6.to_bits(),
        };
        (address ^ self.base) & mask(self.prefix) == 0
    }
}

const fn mask(prefix: u8) -> u128 {
    if prefix == 0 {
        0
    } else {
        u128::MAX << (128 - prefix)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| NetworkError)?,
            None => width,
        };
        if prefix > width {
            return Err(NetworkError);
        }
        Ok(match address {
            IpAddr::V4(v4) => Self::v4(v4.octets(), prefix),
            IpAddr::V6(v6) => Self::v6(v6, prefix),
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = Ipv6Addr::from_bits(self.base);
        match base.to_ipv4_mapped() {
            Some(v4) if self.prefix >= V4_PREFIX => write!(f, "{v4}/{}", self.prefix - V4_PREFIX),
            _ => write!(f, "{base}/{}", self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_are_no_block_are_refused() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "::/129",
            "10/8",
            "10.0.0.0/-1",
            "a/8",
        ] {
            assert_eq!(text.parse::<Network>(), Err(NetworkError), "{text}");
        }
    }

    #[test]
    fn a_block_of_everything_of_one_family_leaves_the_other_out() {
        let all_v4: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all_v4.contains("203.0.113.1".parse().unwrap()));
        assert!(!all_v4.contains("2001:db8::1".parse().unwrap()));
        let all_v6: Network = "::/0".parse().unwrap();
        assert!(all_v6.contains("2001:db8::1".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn a_block_contains_exactly_the_addresses_that_share_its_prefix(
            base: u32, other: u32, prefix in 0u8..=32,
        ) {
            let block = Network::v4(base.to_be_bytes(), prefix);
            let shared = (base ^ other).leading_zeros() >= u32::from(prefix);
            prop_assert_eq!(block.contains(Ipv4Addr::from_bits(other).into()), shared);
        }

        #[test]
        fn printing_and_parsing_are_inverse(base: u128, prefix in 0u8..=128) {
            let block = Network::v6(Ipv6Addr::from_bits(base), prefix);
            prop_assert_eq!(block.to_string().parse::<Network>(), Ok(block));
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,60}") {
            let _ = text.parse::<Network>();
        }
    }
}
