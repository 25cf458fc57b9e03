use core::net::SocketAddr;
use std::collections::{HashMap, VecDeque};

use super::datagram::Transaction;
use crate::limits;

/// The number of a connection.
pub(super) type Key = u64;

/// Finds the connection that a datagram belongs to.
///
/// ```text
/// request of STUN ── its name ────────────────────▶ connection
/// answer of STUN ─── its number ──────────────────▶ connection that asked, if it comes from the address that was asked
/// all else ───────── an address that has answered ▶ connection
/// ```
#[derive(Debug, Default)]
pub(super) struct Demux {
    names: HashMap<String, Key>,
    checks: HashMap<Transaction, (Key, SocketAddr)>,
    addresses: HashMap<SocketAddr, Key>,
    sent: HashMap<Key, VecDeque<Transaction>>,
}

impl Demux {
    /// Adds a connection by the name that its client checks.
    pub(super) fn add(&mut self, name: &str, key: Key) {
        self.names.insert(name.to_owned(), key);
    }

    pub(super) fn by_name(&self, name: &str) -> Option<Key> {
        self.names.get(name).copied()
    }

    /// Notes a check that a connection sends to an address.
    pub(super) fn note_check(&mut self, key: Key, check: Transaction, to: SocketAddr) {
        self.checks.insert(check, (key, to));
        let sent = self.sent.entry(key).or_default();
        sent.push_back(check);
        let surplus = sent.len().saturating_sub(limits::MEDIA_CHECKS);
        for old in sent.drain(..surplus) {
            self.checks.remove(&old);
        }
    }

    /// The connection whose check an answer from this address has the number of.
    pub(super) fn by_answer(&self, check: Transaction, from: SocketAddr) -> Option<Key> {
        let (key, to) = self.checks.get(&check)?;
        (*to == from).then_some(*key)
    }

    /// Gives an address to the connection whose check it answered; an answer counts once.
    pub(super) fn answered(&mut self, check: Transaction) {
        if let Some((key, address)) = self.checks.remove(&check) {
            self.addresses.insert(address, key);
        }
    }

    pub(super) fn by_address(&self, address: SocketAddr) -> Option<Key> {
        self.addresses.get(&address).copied()
    }

    /// Forgets a connection with this name.
    pub(super) fn remove(&mut self, name: &str, key: Key) {
        self.names.remove(name);
        self.addresses.retain(|_, one| *one != key);
        for check in self.sent.remove(&key).into_iter().flatten() {
            self.checks.remove(&check);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn an_address_is_a_connections_once_it_answered_a_check_that_was_sent_there() {
        let mut demux = Demux::default();
        demux.add("name", 1);
        demux.note_check(1, [1; 12], address(10));
        assert_eq!(demux.by_name("name"), Some(1));
        assert_eq!(demux.by_address(address(10)), None);
        assert_eq!(demux.by_answer([1; 12], address(11)), None);
        assert_eq!(demux.by_answer([2; 12], address(10)), None);
        assert_eq!(demux.by_answer([1; 12], address(10)), Some(1));
        demux.answered([1; 12]);
        assert_eq!(demux.by_address(address(10)), Some(1));
        assert_eq!(demux.by_answer([1; 12], address(10)), None);
        demux.remove("name", 1);
        assert_eq!(
            (demux.by_address(address(10)), demux.by_name("name")),
            (None, None)
        );
    }

    #[test]
    fn so_many_checks_of_a_connection_are_remembered() {
        let mut demux = Demux::default();
        let check = |number: usize| {
            let mut check = [0; 12];
            check[..8].copy_from_slice(&number.to_le_bytes());
            check
        };
        for number in 0..=limits::MEDIA_CHECKS {
            demux.note_check(1, check(number), address(10));
        }
        assert_eq!(demux.by_answer(check(0), address(10)), None);
        assert_eq!(demux.by_answer(check(1), address(10)), Some(1));
        assert_eq!(demux.checks.len(), limits::MEDIA_CHECKS);
    }
}
