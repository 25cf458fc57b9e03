//! Addresses to which nothing is sent because an answer from the Internet names them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network in which the server of a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The Internet: an answer that names an address of another network is refused.
    ///
    /// Otherwise a server could have us send to what it cannot reach itself.
    Internet,
    /// A private network or this machine, as its own address is of one: every address of a single machine is taken.
    Private,
}

impl Network {
    pub(super) fn permits(self, address: IpAddr) -> bool {
        let is_machine = match address.to_canonical() {
            IpAddr::V4(address) => {
                !address.is_unspecified()
                    && !address.is_broadcast()
                    && !address.is_multicast()
                    && !address.is_link_local()
            }
            IpAddr::V6(address) => {
                !address.is_unspecified()
                    && !address.is_multicast()
                    && !address.is_unicast_link_local()
            }
        };
        is_machine && (self == Self::Private || is_public(address))
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => {
            // NAT64 and 6to4 have an address of the other family in them.
            let is_public_inside = inside(address).is_none_or(is_public_v4);
            // Global unicast is 2000::/3, and NAT64 leads there.
            let segments = address.segments();
            let [first, ..] = segments;
            (first & 0xe000 == 0x2000 || inside(address).is_some()) && is_public_inside
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let is_shared = a == 100 && b & 0xc0 == 64;
    let is_reserved = a == 0 || a >= 240;
    !address.is_private()
        && !address.is_loopback()
        && !address.is_link_local()
        && !address.is_multicast()
        && !is_shared
        && !is_reserved
}

fn inside(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(network: Network, address: &str) -> bool {
        network.permits(address.parse().unwrap())
    }

    #[test]
    fn an_answer_from_the_internet_names_only_addresses_there() {
        for address in [
            "91.108.9.1",
            "2001:b28:f23d::1",
            "::ffff:91.108.9.1",
            "64:ff9b::5b6c:901",
        ] {
            assert!(permitted(Network::Internet, address), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "255.255.255.255",
            "240.0.0.1",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "::7f00:1",
        ] {
            assert!(!permitted(Network::Internet, address), "{address}");
        }
    }

    #[test]
    fn a_private_network_has_single_machines_only() {
        for address in ["127.0.0.1", "10.0.0.1", "::1", "fd00::1", "91.108.9.1"] {
            assert!(permitted(Network::Private, address), "{address}");
        }
        for address in [
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "169.254.1.1",
            "::",
            "ff02::1",
            "fe80::1",
            "::ffff:224.0.0.1",
        ] {
            assert!(!permitted(Network::Private, address), "{address}");
        }
    }
}
