//! How near to this machine a server is. What a registry sends may lead on to other servers, yet to none that is nearer
//! than itself: a registry on the internet has no business with addresses that only this network can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Where an address lies, the farthest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    /// On the internet, or a name that nothing more is known of.
    Public,
    /// In a private network.
    Private,
    /// On this machine.
    Loopback,
    /// Link-local: on clouds, where machines get their own credentials. No registry or token server is there.
    LinkLocal,
}

impl Nearness {
    /// Of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(mapped) => of_v4(mapped),
                None => of_v6(address),
            },
        }
    }

    /// Of a URL's host as far as the URL says it; `None` for a name that would have to be looked up.
    pub fn of_url(url: &Url) -> Option<Self> {
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
        if host == "localhost" || host.ends_with(".localhost") {
            return Some(Nearness::Loopback);
        }
        host.parse::<IpAddr>().ok().map(Nearness::of)
    }

    /// Whether a server that is this near may lead to one that is that near.
    pub fn may_lead_to(self, other: Nearness) -> bool {
        other != Nearness::LinkLocal && other <= self
    }
}

fn of_v4(address: Ipv4Addr) -> Nearness {
    let [first, second, ..] = address.octets();
    if address.is_loopback() || address.is_unspecified() {
        Nearness::Loopback
    } else if address.is_link_local() {
        Nearness::LinkLocal
    } else if address.is_private() || (first == 100 && second & 0xc0 == 64) {
        Nearness::Private
    } else {
        Nearness::Public
    }
}

fn of_v6(address: Ipv6Addr) -> Nearness {
    if address.is_loopback() || address.is_unspecified() {
        Nearness::Loopback
    } else if address.is_unicast_link_local() {
        Nearness::LinkLocal
    } else if address.is_unique_local() {
        Nearness::Private
    } else {
        Nearness::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Option<Nearness> {
        Nearness::of_url(&Url::parse(url).unwrap())
    }

    #[test]
    fn addresses_are_told_apart() {
        for (url, expected) in [
            ("https://127.1.2.3/", Nearness::Loopback),
            ("https://[::1]:5000/", Nearness::Loopback),
            ("https://[::ffff:127.0.0.1]/", Nearness::Loopback),
            ("https://0.0.0.0/", Nearness::Loopback),
            ("https://reg.localhost/", Nearness::Loopback),
            // As a number, which URLs allow.
            ("https://2130706433/", Nearness::Loopback),
            ("https://10.1.1.1/", Nearness::Private),
            ("https://172.20.0.1/", Nearness::Private),
            ("https://100.100.0.1/", Nearness::Private),
            ("https://[fd00::1]/", Nearness::Private),
            ("https://169.254.169.254/", Nearness::LinkLocal),
            ("https://[fe80::1]/", Nearness::LinkLocal),
            ("https://93.184.216.34/", Nearness::Public),
        ] {
            assert_eq!(of(url), Some(expected), "{url}");
        }
        assert_eq!(of("https://registry.example/"), None);
    }

    #[test]
    fn servers_lead_to_none_that_is_nearer() {
        use Nearness::{LinkLocal, Loopback, Private, Public};
        assert!(Public.may_lead_to(Public) && Loopback.may_lead_to(Private) && Private.may_lead_to(Public));
        assert!(!Public.may_lead_to(Private) && !Public.may_lead_to(Loopback) && !Private.may_lead_to(Loopback));
        assert!(!Loopback.may_lead_to(LinkLocal) && !LinkLocal.may_lead_to(LinkLocal));
    }
}
