//! Hosts that may be told: names on a list, and no way from them into our own network.

use std::io::{Error as IoError, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Longest address that is taken; longer ones hardly pass proxies.
const URL_BYTES_MAX: usize = 2_000;

/// Why an address is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is no address that a webhook can have.
    Invalid,
    /// Its host is not on the list.
    Host,
}

impl Refusal {
    /// A stable word.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Invalid => "invalid_url",
            Self::Host => "host_not_allowed",
        }
    }
}

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostRule {
    /// As addresses write it.
    host: String,
    /// Whether hosts below it are meant.
    is_domain: bool,
    /// None for the scheme's usual one.
    port: Option<u16>,
}

impl FromStr for HostRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let says = || format!("{text:?} is not HOST, HOST:PORT or *.DOMAIN");
        let (is_domain, rest) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        // The library writes hosts in one form, whatever was typed.
        let url = Url::parse(&format!("https://{rest}")).map_err(|_| says())?;
        let host = url.host_str().ok_or_else(says)?.to_owned();
        let is_plain = url.path() == "/" && url.query().is_none() && url.username().is_empty() && !rest.contains('/');
        let is_lawful = is_plain && !host.contains('*') && !(is_domain && address(&host).is_some());
        let port = rest.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        if is_lawful { Ok(Self { host, is_domain, port }) } else { Err(says()) }
    }
}

impl HostRule {
    fn allows(&self, url: &Url, host: &str) -> bool {
        let named = if self.is_domain {
            host.strip_suffix(&self.host).is_some_and(|below| below.len() > 1 && below.ends_with('.'))
        } else {
            host == self.host
        };
        named && self.port.map_or(url.port().is_none(), |port| url.port_or_known_default() == Some(port))
    }
}

/// The list, and whether names may lead to private addresses.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    rules: Vec<HostRule>,
    private: bool,
}

impl Hosts {
    pub(super) fn new(rules: Vec<HostRule>, private: bool) -> Self {
        Self { rules, private }
    }

    /// Checks an address: https, or http on this machine where exactly that host is on the list.
    pub(super) fn check(&self, url: &str) -> Result<Url, Refusal> {
        let url = Url::parse(url).ok().filter(|url| url.as_str().len() <= URL_BYTES_MAX).ok_or(Refusal::Invalid)?;
        let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let host = url.host_str().unwrap_or_default();
        if !is_bare || host.is_empty() || !matches!(url.scheme(), "https" | "http") {
            return Err(Refusal::Invalid);
        }
        let is_here = host == "localhost" || address(host).is_some_and(|address| address.is_loopback());
        let may_be_plain = |rule: &&HostRule| url.scheme() == "https" || (is_here && !rule.is_domain);
        let allowed = self.rules.iter().filter(may_be_plain).any(|rule| rule.allows(&url, host));
        if allowed { Ok(url) } else { Err(Refusal::Host) }
    }
}

/// An address that stands in an URL itself.
fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Resolves names and leaves only addresses that may be told: what is connected to is what was checked, so
/// that a name cannot lead elsewhere the second time. Addresses that are on the list themselves need no name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard {
    private: bool,
}

impl Guard {
    pub(super) fn new(hosts: &Hosts) -> Self {
        Self { private: hosts.private }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|found| private || is_public(found.ip())).collect();
            if allowed.is_empty() {
                return Err(IoError::new(ErrorKind::PermissionDenied, "every address of the host is private").into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is one of the open Internet (IANA's special-purpose registries, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or_else(|| is_public_v6(address), is_public_v4),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || first == 0
        || first >= 224
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 192 && second == 88 && third == 99)
        || (first == 198 && (18..20).contains(&second));
    !is_special
}

/// Of 2000::/3, which is all that is handed out, without tunnels that lead to IPv4 addresses and examples.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_special = (first == 0x2001 && (second < 0x200 || second == 0xdb8)) || first == 0x2002 || first == 0x3fff;
    first & 0xe000 == 0x2000 && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(rules: &[&str]) -> Hosts {
        Hosts::new(rules.iter().map(|rule| rule.parse().expect("lawful")).collect(), false)
    }

    #[test]
    fn only_hosts_on_the_list_are_told() {
        let list = hosts(&["a.example.org", "*.example.net", "b.example.org:8443", "127.0.0.1:9000", "[::1]:9000"]);
        let cases = [
            ("https://a.example.org/x?y=z", Ok(())),
            ("https://A.example.org:443/", Ok(())),
            ("https://a.example.org:444/", Err(Refusal::Host)),
            ("http://a.example.org/", Err(Refusal::Host)),
            ("https://b.example.org:8443/", Ok(())),
            ("https://b.example.org/", Err(Refusal::Host)),
            ("https://x.y.example.net/", Ok(())),
            ("https://example.net/", Err(Refusal::Host)),
            ("https://badexample.net/", Err(Refusal::Host)),
            ("https://a.example.org.evil.com/", Err(Refusal::Host)),
            ("http://127.0.0.1:9000/", Ok(())),
            ("http://[::1]:9000/", Ok(())),
            ("http://0x7f.1:9000/", Ok(())),
            ("http://127.0.0.1:9001/", Err(Refusal::Host)),
            ("https://10.0.0.1/", Err(Refusal::Host)),
            ("https://user:word@a.example.org/", Err(Refusal::Invalid)),
            ("https://a.example.org/#part", Err(Refusal::Invalid)),
            ("file:///etc/passwd", Err(Refusal::Invalid)),
            ("a.example.org", Err(Refusal::Invalid)),
        ];
        for (url, expected) in cases {
            assert_eq!(list.check(url).map(drop), expected, "{url}");
        }
        assert_eq!(hosts(&[]).check("https://a.example.org/").map(drop), Err(Refusal::Host));
    }

    #[test]
    fn what_is_no_host_is_no_rule() {
        for text in ["", "*", "*.", "*.1.2.3.4", "a/b", "a b", "https://a", "u@a", "a?b", "*.*.a"] {
            assert!(text.parse::<HostRule>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn private_addresses_are_not_public() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "ff02::1",
        ];
        for text in private {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
        for text in ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2400:3200::1", "::ffff:1.1.1.1"] {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_into_our_own_network_is_not_followed() {
        let name = || Name::from_str("localhost").expect("a name");
        let refused = Guard { private: false }.resolve(name()).await.map(Iterator::count);
        assert!(refused.is_err_and(|cause| cause.to_string().contains("private")));
        let found = Guard { private: true }.resolve(name()).await.expect("every machine knows itself");
        assert!(found.count() > 0);
    }
}
