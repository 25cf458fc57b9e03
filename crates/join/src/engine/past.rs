//! The memberships of this engine that are over.

use std::collections::VecDeque;

use confcall_state::PublicKey;

use crate::api::Ssrc;
use crate::limits;

/// The sources and keys of memberships that are over, the last one first.
#[derive(Clone, Debug, Default)]
pub(super) struct PastMemberships {
    /// Late updates may still name them.
    sources: VecDeque<Ssrc>,
    /// An older block can still hold them.
    keys: VecDeque<PublicKey>,
}

impl PastMemberships {
    /// Notes the source and the key of a membership that is over.
    pub(super) fn add(&mut self, source: Ssrc, key: Option<PublicKey>) {
        self.sources.truncate(limits::PAST_MEMBERSHIPS - 1);
        self.sources.push_front(source);
        if let Some(key) = key {
            self.keys.truncate(limits::PAST_MEMBERSHIPS - 1);
            self.keys.push_front(key);
        }
    }

    pub(super) fn had_key(&self, key: &PublicKey) -> bool {
        self.keys.contains(key)
    }

    pub(super) fn had_source(&self, source: Ssrc) -> bool {
        self.sources.contains(&source)
    }

    /// The sources, the last one first.
    pub(super) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        self.sources.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_memberships_that_are_over_are_remembered() {
        let mut past = PastMemberships::default();
        let last = limits::PAST_MEMBERSHIPS as u32 + 2;
        let (source, key) = (
            |number: u32| Ssrc::new(number).unwrap(),
            |number: u32| PublicKey::from_bytes([number as u8; 32]),
        );
        for number in 1..=last {
            past.add(source(number), Some(key(number)));
        }
        for number in 1..=last {
            let is_kept = number > 2;
            assert_eq!(past.had_source(source(number)), is_kept, "{number}");
            assert_eq!(past.had_key(&key(number)), is_kept, "{number}");
        }
    }
}
