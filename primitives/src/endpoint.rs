//! Where a device answers: a literal address and port, and which addresses validators may be sent to.

use alloc::string::String;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use scale_info::TypeInfo;

/// A literal address and TCP port. There are no host names, so nobody can point validators at a name and change it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Endpoint {
    /// IPv4.
    V4 {
        /// The address, in network byte order.
        ip: [u8; 4],
        /// The TCP port; 0 is never valid.
        port: u16,
    },
    /// IPv6.
    V6 {
        /// The address, in network byte order.
        ip: [u8; 16],
        /// The TCP port; 0 is never valid.
        port: u16,
    },
}

/// Prefixes that are never global unicast, as (network, prefix length). From the IANA IPv4 special-purpose address registry
/// (RFC 6890 and updates), plus multicast (RFC 5771).
const V4_SPECIAL: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),        // "this network"
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // shared (carrier-grade NAT)
    ([127, 0, 0, 0], 8),      // loopback
    ([169, 254, 0, 0], 16),   // link-local, cloud metadata
    ([168, 63, 129, 16], 32), // a public address that is one cloud\'s metadata service on every host
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // IETF protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 31, 196, 0], 24),  // AS112
    ([192, 52, 193, 0], 24),  // AMT
    ([192, 88, 99, 0], 24),   // 6to4 relay anycast
    ([192, 168, 0, 0], 16),   // private
    ([198, 18, 0, 0], 15),    // benchmarking
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 3),      // multicast, reserved, broadcast
];

/// Prefixes inside 2000::/3 that are not global unicast or that carry an IPv4 address, from the IANA IPv6 special-purpose
/// address registry. Outside 2000::/3 nothing is global unicast today.
const V6_SPECIAL: [([u16; 3], u32); 5] = [
    ([0x2001, 0x0000, 0], 23),      // IETF protocol assignments, Teredo, benchmarking, ORCHID
    ([0x2001, 0x0db8, 0], 32),      // documentation
    ([0x2002, 0x0000, 0], 16),      // 6to4, carries an IPv4 address
    ([0x2620, 0x004f, 0x8000], 48), // AS112
    ([0x3fff, 0x0000, 0], 20),      // documentation
];

/// The block of addresses that one subscriber typically gets, by which devices are counted: an IPv4 /24 or an IPv6 /48.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Prefix {
    /// The first 24 bits of an IPv4 address.
    V4([u8; 3]),
    /// The first 48 bits of an IPv6 address.
    V6([u8; 6]),
}

impl Endpoint {
    /// The block of addresses it is in.
    pub fn prefix(&self) -> Prefix {
        match *self {
            Self::V4 { ip: [a, b, c, _], .. } => Prefix::V4([a, b, c]),
            Self::V6 { ip: [a, b, c, d, e, f, ..], .. } => Prefix::V6([a, b, c, d, e, f]),
        }
    }

    /// The address.
    pub fn ip(&self) -> IpAddr {
        match *self {
            Self::V4 { ip, .. } => Ipv4Addr::from(ip).into(),
            Self::V6 { ip, .. } => Ipv6Addr::from(ip).into(),
        }
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        match *self {
            Self::V4 { port, .. } | Self::V6 { port, .. } => port,
        }
    }

    /// Whether validators may be sent there on a public network: a global unicast address and a port other than 0.
    pub fn is_global(&self) -> bool {
        self.port() != 0
            && match *self {
                Self::V4 { ip, .. } => {
                    let address = u32::from_be_bytes(ip);
                    !V4_SPECIAL.iter().any(|(net, length)| same_prefix32(address, u32::from_be_bytes(*net), *length))
                },
                Self::V6 { ip, .. } => {
                    let address = u128::from_be_bytes(ip);
                    address >> 125 == 0b001
                        && !V6_SPECIAL.iter().any(|(net, length)| {
                            let net = net.iter().fold(0u128, |net, group| net << 16 | u128::from(*group)) << 80;
                            (address ^ net) >> (128 - length) == 0
                        })
                },
            }
    }

    /// Whether validators may be sent there on a network of one's own, as the dev and local presets allow: any address that can
    /// be connected to, loopback and private ones included; never port 0, an unspecified or a multicast address.
    pub fn is_connectable(&self) -> bool {
        let ip = self.ip();
        let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
        self.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !broadcast
    }

    /// The URL of `path` at this endpoint, over plain HTTP.
    pub fn url(&self, path: &str) -> String {
        match self.ip() {
            IpAddr::V4(ip) => alloc::format!("http://{ip}:{}{path}", self.port()),
            IpAddr::V6(ip) => alloc::format!("http://[{ip}]:{}{path}", self.port()),
        }
    }
}

fn same_prefix32(a: u32, b: u32, length: u32) -> bool {
    (a ^ b) >> (32 - length) == 0
}

impl From<core::net::SocketAddr> for Endpoint {
    fn from(address: core::net::SocketAddr) -> Self {
        let port = address.port();
        match address.ip() {
            IpAddr::V4(ip) => Self::V4 { ip: ip.octets(), port },
            IpAddr::V6(ip) => Self::V6 { ip: ip.octets(), port },
        }
    }
}

impl core::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::net::SocketAddr::new(self.ip(), self.port()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::SocketAddr;
    use proptest::prelude::*;

    fn endpoint(text: &str) -> Endpoint {
        text.parse::<SocketAddr>().expect("a literal address").into()
    }

    #[test]
    fn prefix_is_what_one_subscriber_gets() {
        let prefix = |text| endpoint(text).prefix();
        assert_eq!(prefix("1.2.3.4:80"), Prefix::V4([1, 2, 3]));
        assert_eq!(prefix("1.2.3.255:81"), prefix("1.2.3.4:80"));
        assert_ne!(prefix("1.2.4.4:80"), prefix("1.2.3.4:80"));
        assert_eq!(prefix("[2606:4700:1:2::9]:80"), prefix("[2606:4700:1:ffff::]:80"));
        assert_ne!(prefix("[2606:4700:2::9]:80"), prefix("[2606:4700:1::9]:80"));
    }

    #[test]
    fn public_addresses_are_global() {
        for text in [
            "1.1.1.1:80",
            "172.15.255.255:1",
            "172.32.0.1:1",
            "100.128.0.1:9",
            "[2a00:1450:4001::1]:443",
            "[2606:4700::1111]:80",
        ] {
            assert!(endpoint(text).is_global(), "{text}");
        }
    }

    #[test]
    fn nobody_can_aim_validators_inside() {
        for text in [
            "127.0.0.1:80",
            "10.1.2.3:80",
            "192.168.0.1:80",
            "172.16.0.1:80",
            "172.31.255.255:80",
            "169.254.169.254:80",
            "100.64.0.1:80",
            "168.63.129.16:80",
            "0.0.0.0:80",
            "224.0.0.1:80",
            "255.255.255.255:80",
            "198.19.0.1:80",
            "8.8.8.8:0",
            "[::1]:80",
            "[::]:80",
            "[::ffff:10.0.0.1]:80",
            "[fe80::1]:80",
            "[fc00::1]:80",
            "[fd00::1]:80",
            "[ff02::1]:80",
            "[2001:db8::1]:80",
            "[2001::1]:80",
            "[2002:0a00:0001::1]:80",
            "[64:ff9b::a00:1]:80",
            "[3fff::1]:80",
        ] {
            assert!(!endpoint(text).is_global(), "{text}");
        }
    }

    #[test]
    fn own_networks_may_use_loopback_but_nothing_unconnectable() {
        assert!(endpoint("127.0.0.1:80").is_connectable() && endpoint("[::1]:80").is_connectable());
        for text in ["127.0.0.1:0", "0.0.0.0:80", "[::]:80", "224.0.0.1:80", "255.255.255.255:80", "[ff02::1]:80"] {
            assert!(!endpoint(text).is_connectable(), "{text}");
        }
    }

    #[test]
    fn urls_are_literal() {
        assert_eq!(endpoint("1.2.3.4:80").url("/x"), "http://1.2.3.4:80/x");
        assert_eq!(endpoint("[2a00::1]:81").url("/x"), "http://[2a00::1]:81/x");
    }

    proptest! {
        #[test]
        fn global_is_connectable_and_not_private(ip: [u8; 4], port: u16) {
            let endpoint = Endpoint::V4 { ip, port };
            let std = Ipv4Addr::from(ip);
            if endpoint.is_global() {
                prop_assert!(endpoint.is_connectable());
                prop_assert!(!std.is_private() && !std.is_loopback() && !std.is_link_local() && !std.is_documentation());
            }
        }

        #[test]
        fn address_survives_the_round_trip(v6: [u8; 16], port: u16) {
            let endpoint = Endpoint::V6 { ip: v6, port };
            prop_assert_eq!(Endpoint::from(SocketAddr::new(endpoint.ip(), port)), endpoint);
        }
    }
}
