//! Ports on 127.0.0.1 for servers that must be told theirs.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports from which Linux takes those of outgoing connections (`ip_local_port_range`, 32768 and up), of which
/// tests make thousands: none of them takes a port between asking for it and using it, or while its server is away.
const FIRST: u16 = 10_240;
const COUNT: u16 = 32_768 - FIRST;

/// How many this process gave away.
static GIVEN: AtomicU16 = AtomicU16::new(0);

/// A port that nobody uses at present, and that no other caller in this process gets soon.
///
/// # Panics
/// When the machine has none.
#[must_use]
pub fn free_port() -> u16 {
    // Processes beside this one start elsewhere.
    let start = std::process::id().wrapping_mul(97);
    (0..COUNT)
        .map(|_| start.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed).into()) % u32::from(COUNT))
        .filter_map(|number| Some(FIRST + u16::try_from(number).ok()?))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_port_is_given_twice_or_taken_from_its_owner() {
        // A process that another test starts holds what was open here until it runs its own program, so asking once
        // can find a port still taken by the question whether it is free.
        let owned = (0..20).find_map(|_| TcpListener::bind(("127.0.0.1", free_port())).ok()).expect("a port to own");
        let ports: HashSet<u16> = (0..200).map(|_| free_port()).collect();
        assert_eq!(ports.len(), 200);
        assert!(!ports.contains(&owned.local_addr().expect("bound").port()));
        assert!(ports.iter().all(|port| (FIRST..FIRST + COUNT).contains(port)));
    }
}
