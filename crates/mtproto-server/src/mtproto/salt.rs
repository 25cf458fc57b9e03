//! The salts that packets carry: each belongs to an authorisation key and to an hour.
//!
//! A salt comes from the key and the number of its hour, so that the server need not remember any, and a client that
//! comes back after a restart of the server has salts that still count.

use core::time::Duration;

use confcall_state::tl::Writer;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::auth_key::AuthKey;
use crate::limits;

const CONTEXT: &str = "confcall-server 2026 salts of an authorisation key";

/// The seconds for which a salt is the newest.
const HOUR: u64 = 3600;

/// The seconds for which it still counts afterwards.
const GRACE: u64 = 1800;

/// The salts of one authorisation key.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Salts([u8; 32]);

impl Salts {
    pub(crate) fn new(key: &AuthKey) -> Self {
        Self(blake3::derive_key(CONTEXT, key.expose()))
    }

    /// The newest salt.
    pub(crate) fn now(&self, now: Duration) -> i64 {
        self.of_hour(now.as_secs() / HOUR)
    }

    /// True for the newest salt, the one before for a while, and the next, for a clock that is ahead.
    pub(crate) fn accepts(&self, salt: i64, now: Duration) -> bool {
        let hour = now.as_secs() / HOUR;
        // A client that asks while the hour turns has a right salt all the same.
        let before = now.as_secs().saturating_sub(GRACE) / HOUR;
        (before..=hour.saturating_add(1)).any(|hour| self.of_hour(hour) == salt)
    }

    /// Writes the salts from now on as `vector<future_salt>`, as many as asked and at least two.
    pub(crate) fn write_future(&self, writer: &mut Writer, asked: i32, now: Duration) {
        let count = u64::try_from(asked)
            .unwrap_or(0)
            // Clients ask again at once while they know of one only.
            .clamp(2, limits::FUTURE_SALTS);
        let first = now.as_secs() / HOUR;
        writer.u32(u32::try_from(count).unwrap_or_default());
        for hour in (first..).zip(0..count).map(|(hour, _)| hour) {
            let since = hour.saturating_mul(HOUR);
            writer.i32(seconds(since));
            writer.i32(seconds(since.saturating_add(HOUR + GRACE)));
            writer.i64(self.of_hour(hour));
        }
    }

    fn of_hour(&self, hour: u64) -> i64 {
        let hash = blake3::keyed_hash(&self.0, &hour.to_le_bytes());
        let salt = hash.as_bytes().first_chunk().copied();
        i64::from_le_bytes(salt.unwrap_or_default())
    }
}

/// A time of the protocol, which has 32 bits for it.
pub(crate) fn seconds(time: u64) -> i32 {
    i32::try_from(time).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salts(byte: u8) -> Salts {
        Salts::new(&AuthKey::from_bytes([byte; 256]))
    }

    #[test]
    fn a_salt_counts_for_its_hour_and_a_while_around_it() {
        let salts = salts(1);
        let at = |seconds: u64| Duration::from_secs(1_000 * HOUR + seconds);
        let salt = salts.now(at(0));
        assert_eq!(salts.now(at(HOUR - 1)), salt);
        assert_ne!(salts.now(at(HOUR)), salt);
        assert!(salts.accepts(salt, at(HOUR + GRACE - 1)));
        assert!(!salts.accepts(salt, at(HOUR + GRACE)));
        assert!(salts.accepts(salts.now(at(HOUR)), at(0)));
        assert!(!salts.accepts(salts.now(at(2 * HOUR)), at(0)));
        assert!(!salts.accepts(0, at(0)));
    }

    #[test]
    fn salts_of_one_key_do_not_count_for_another() {
        let now = Duration::from_secs(1_000 * HOUR);
        assert!(!salts(1).accepts(salts(2).now(now), now));
    }
}
