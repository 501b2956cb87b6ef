//! What `--redis` names: one server, the sentinels of one, or a cluster.

use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, RedisConnectionInfo, TlsCertificates};

use crate::config::{RedisAccess, RedisConfig, Secret};
use crate::{Error, Result};

/// Port of a server whose address names none; Redis' own default.
const SERVER_PORT: u16 = 6379;
/// Port of a sentinel whose address names none; Redis' own default.
const SENTINEL_PORT: u16 = 26379;

/// How the servers stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Topology {
    /// One server, always the same.
    Single,
    /// A primary whose sentinels know where it is.
    Sentinel {
        /// What the sentinels call it.
        primary: String,
    },
    /// Servers that share the slots.
    Cluster,
}

/// An address, taken apart.
#[derive(Clone)]
pub(super) struct Address {
    /// How the servers stand together.
    pub(super) topology: Topology,
    /// Whom to ask first: the server, the sentinels, or some nodes of the cluster.
    pub(super) seeds: Vec<ConnectionInfo>,
    /// How to speak to any server; only host and port differ.
    pattern: ConnectionInfo,
}

impl Address {
    /// Reads the address.
    ///
    /// # Errors
    /// [`Error::Config`] saying what is wrong; it never repeats the address, which may hold a password.
    pub(super) fn read(config: &RedisConfig) -> Result<Self> {
        let (scheme, rest) = config.url.reveal().split_once("://").ok_or_else(unknown_scheme)?;
        let access = &config.access;
        let address = match scheme {
            "redis" | "rediss" | "redis+unix" | "unix" => {
                let info = with_access(opened(config.url.reveal())?, access, access.password.as_ref())?;
                Self { topology: Topology::Single, seeds: vec![info.clone()], pattern: info }
            }
            "redis-cluster" => cluster("redis", rest, access)?,
            "rediss-cluster" => cluster("rediss", rest, access)?,
            "redis-sentinel" => sentinel("redis", rest, access)?,
            "rediss-sentinel" => sentinel("rediss", rest, access)?,
            _ => return Err(unknown_scheme()),
        };
        let has_certificates = access.ca.is_some() || access.certificate.is_some();
        if has_certificates && !matches!(address.pattern.addr(), ConnectionAddr::TcpTls { .. }) {
            return Err(wrong("certificates need an encrypted one: write rediss instead of redis"));
        }
        Ok(address)
    }

    /// How to speak to the server at `host` and `port`.
    pub(super) fn at(&self, host: &str, port: u16) -> ConnectionInfo {
        let host = host.to_owned();
        let place = match self.pattern.addr().clone() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure, tls_params }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        self.pattern.clone().set_addr(place)
    }
}

/// An address of several hosts: `[USER:PASSWORD@]HOST[:PORT],...[/PATH]`.
struct Hosts<'a> {
    /// With its `@`, or empty.
    user: &'a str,
    hosts: Vec<String>,
    path: Vec<&'a str>,
}

impl<'a> Hosts<'a> {
    fn read(rest: &'a str, default_port: u16) -> Result<Self> {
        let (user, places) = rest.rfind('@').map_or(("", rest), |at| rest.split_at(at + 1));
        let (hosts, path) = places.split_once('/').unwrap_or((places, ""));
        let hosts: Vec<_> = hosts.split(',').map(|host| with_port(host.trim(), default_port)).collect();
        if hosts.iter().any(|host| host.starts_with(':')) {
            return Err(wrong("a host is missing between its commas"));
        }
        Ok(Self { user, hosts, path: path.split('/').filter(|part| !part.is_empty()).collect() })
    }
}

fn with_port(host: &str, default_port: u16) -> String {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    if has_port { host.to_owned() } else { format!("{host}:{default_port}") }
}

fn cluster(scheme: &str, rest: &str, access: &RedisAccess) -> Result<Address> {
    let hosts = Hosts::read(rest, SERVER_PORT)?;
    if !hosts.path.is_empty() && hosts.path != ["0"] {
        return Err(wrong("a cluster has database 0 only"));
    }
    let seed = |host: &String| {
        with_access(opened(&format!("{scheme}://{}{host}", hosts.user))?, access, access.password.as_ref())
    };
    let seeds = hosts.hosts.iter().map(seed).collect::<Result<Vec<_>>>()?;
    Ok(Address { topology: Topology::Cluster, pattern: seeds[0].clone(), seeds })
}

/// User and password are for the servers; sentinels have a password of their own or none.
fn sentinel(scheme: &str, rest: &str, access: &RedisAccess) -> Result<Address> {
    let hosts = Hosts::read(rest, SENTINEL_PORT)?;
    let (primary, database) = match hosts.path[..] {
        [primary] => (primary, "0"),
        [primary, database] => (primary, database),
        _ => return Err(wrong("the primary's name is missing, as in redis-sentinel://HOST:PORT,HOST:PORT/NAME")),
    };
    let first = hosts.hosts.first().map(String::as_str).unwrap_or_default();
    let pattern = opened(&format!("{scheme}://{}{first}/{database}", hosts.user))?;
    let pattern = with_access(pattern, access, access.password.as_ref())?;
    let seed = |host: &String| {
        let info = opened(&format!("{scheme}://{host}"))?.set_redis_settings(RedisConnectionInfo::default());
        with_access(info, access, access.sentinel_password.as_ref())
    };
    let seeds = hosts.hosts.iter().map(seed).collect::<Result<_>>()?;
    Ok(Address { topology: Topology::Sentinel { primary: primary.to_owned() }, seeds, pattern })
}

fn opened(url: &str) -> Result<ConnectionInfo> {
    // The library's words may repeat a part of the address; only their fixed part is ours to show.
    let client = Client::open(url).map_err(|cause| wrong(cause.category()))?;
    Ok(client.get_connection_info().clone())
}

fn with_access(info: ConnectionInfo, access: &RedisAccess, password: Option<&Secret>) -> Result<ConnectionInfo> {
    // The library would tell its name, for which Redis 7.0 has no command and a user of least rights no right.
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    let info = match password {
        Some(_) if settings.password().is_some() => {
            return Err(wrong("the password stands in the address and in a file; leave one away"));
        }
        Some(password) => info.set_redis_settings(settings.set_password(password.reveal())),
        None => info.set_redis_settings(settings),
    };
    let is_tls = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
    if !is_tls || (access.ca.is_none() && access.certificate.is_none()) {
        return Ok(info);
    }
    let client_tls = access.certificate.as_ref().map(|(certificate, key)| ClientTlsConfig {
        client_cert: certificate.clone(),
        client_key: key.reveal().as_bytes().to_vec(),
    });
    let certificates = TlsCertificates { client_tls, root_cert: access.ca.clone() };
    let client = Client::build_with_tls(info, certificates)
        .map_err(|_| Error::Config("redis certificates cannot be read: they must be PEM files".into()))?;
    Ok(client.get_connection_info().clone())
}

fn wrong(what: &str) -> Error {
    Error::Config(format!("redis address cannot be used: {what}"))
}

fn unknown_scheme() -> Error {
    wrong("it begins with none of redis://, rediss://, redis+unix://, redis-sentinel://, redis-cluster://")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lane::Shards;

    fn read(url: &str) -> Result<Address> {
        read_with(url, RedisAccess::default())
    }

    fn read_with(url: &str, access: RedisAccess) -> Result<Address> {
        let timeout = Duration::from_secs(1);
        Address::read(&RedisConfig { url: url.into(), prefix: "gp".into(), shards: Shards::DEFAULT, timeout, access })
    }

    fn places(address: &Address) -> Vec<String> {
        address.seeds.iter().map(|seed| seed.addr().to_string()).collect()
    }

    #[test]
    fn the_scheme_tells_how_the_servers_stand() {
        let cases: [(&str, Topology, &[&str]); 6] = [
            ("redis://h/1", Topology::Single, &["h:6379"]),
            ("redis+unix:///run/redis.sock", Topology::Single, &["/run/redis.sock"]),
            ("redis-cluster://a,b:7001", Topology::Cluster, &["a:6379", "b:7001"]),
            ("rediss-cluster://[::1]:7000,[::2]", Topology::Cluster, &["::1:7000", "::2:6379"]),
            ("redis-sentinel://a,b:1/main", Topology::Sentinel { primary: "main".into() }, &["a:26379", "b:1"]),
            ("rediss-sentinel://u:p@a/main/3", Topology::Sentinel { primary: "main".into() }, &["a:26379"]),
        ];
        for (url, topology, seeds) in cases {
            let address = read(url).unwrap_or_else(|cause| panic!("{url}: {cause}"));
            assert_eq!(address.topology, topology, "{url}");
            assert_eq!(places(&address), seeds, "{url}");
        }
    }

    #[test]
    fn servers_behind_sentinels_get_the_user_and_sentinels_do_not() {
        let address = read("rediss-sentinel://u:p%40q@a/main/3").unwrap();
        let server = address.at("10.0.0.7", 6380);
        assert_eq!(server.addr().to_string(), "10.0.0.7:6380");
        assert!(matches!(server.addr(), ConnectionAddr::TcpTls { insecure: false, .. }));
        assert_eq!(server.redis_settings().username(), Some("u"));
        assert_eq!(server.redis_settings().password(), Some("p@q"));
        assert_eq!(server.redis_settings().db(), 3);
        assert_eq!(address.seeds[0].redis_settings().password(), None);

        let access =
            RedisAccess { sentinel_password: Some("s".into()), password: Some("r".into()), ..Default::default() };
        let address = read_with("redis-sentinel://u@a/main", access).unwrap();
        assert_eq!(address.seeds[0].redis_settings().password(), Some("s"));
        assert_eq!(address.at("h", 1).redis_settings().password(), Some("r"));
        assert_eq!(address.at("h", 1).redis_settings().username(), Some("u"));
    }

    #[test]
    fn a_wrong_address_says_what_is_wrong_and_never_itself() {
        let cases = [
            ("secret", "begins with none of"),
            ("http://secret", "begins with none of"),
            ("redis-sentinel://secret:26379", "name is missing"),
            ("redis-sentinel://secret/a/b/c", "name is missing"),
            ("redis-cluster://secret/1", "database 0 only"),
            ("redis-cluster://secret,,b", "a host is missing"),
            ("redis-cluster://u:secret@", "a host is missing"),
            ("redis://h/secret", "cannot be used"),
            ("redis-cluster://h:secret", "cannot be used"),
        ];
        for (url, expected) in cases {
            let refused = read(url).err().unwrap_or_else(|| panic!("{url} was taken")).to_string();
            assert!(refused.contains(expected), "{url}: {refused}");
            assert!(!refused.contains("secret"), "{url}: {refused}");
        }
        let both = RedisAccess { password: Some("b".into()), ..RedisAccess::default() };
        assert!(read_with("redis://:a@h", both).err().unwrap().to_string().contains("leave one away"));
        let ca = RedisAccess { ca: Some(Vec::new()), ..RedisAccess::default() };
        assert!(read_with("redis://h", ca).err().unwrap().to_string().contains("encrypted"));
    }
}
