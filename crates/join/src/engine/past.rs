//! The memberships that are over, of this engine and of the one before.

use std::collections::VecDeque;

use confcall_state::PublicKey;

use super::streak::Streak;
use crate::api::{CallId, Ssrc};
use crate::limits;
use crate::membership::LastKnown;

/// The remains of memberships that are over: sources and keys, the last one first, the last state of the call, and the
/// rounds without emoji.
#[derive(Clone, Debug, Default)]
pub(super) struct PastMemberships {
    /// Late updates may still name them.
    sources: VecDeque<Ssrc>,
    /// An older block can still hold them.
    keys: VecDeque<PublicKey>,
    /// Compared with the block that the server shows on entering the call again.
    last_known: Option<LastKnown>,
    /// The rounds without emoji that the last one ended with.
    streak: Option<Streak>,
}

impl PastMemberships {
    /// Nothing but what an earlier engine has seen.
    pub(super) fn new(last_known: Option<LastKnown>) -> Self {
        Self {
            last_known,
            ..Self::default()
        }
    }

    /// Notes the state of a call that a membership begins with, whatever was known before.
    pub(super) fn begin_with(&mut self, known: LastKnown) {
        self.last_known = Some(known);
    }

    /// Notes the state of a call that a membership ends with, unless a later one is known.
    pub(super) fn remember(&mut self, known: LastKnown) {
        let before = self.last_known_of(known.call());
        if before.is_none_or(|before| before.height() <= known.height()) {
            self.last_known = Some(known);
        }
    }

    /// The last state that was seen of any call.
    pub(super) fn last_known(&self) -> Option<&LastKnown> {
        self.last_known.as_ref()
    }

    /// The last state that was seen of this call.
    pub(super) fn last_known_of(&self, call: CallId) -> Option<&LastKnown> {
        self.last_known().filter(|known| known.call() == call)
    }

    /// Keeps the rounds without emoji that a membership ended with, for the next one.
    pub(super) fn keep_streak(&mut self, streak: Option<Streak>) {
        self.streak = streak;
    }

    /// Takes the rounds without emoji that the last membership ended with.
    pub(super) fn take_streak(&mut self) -> Option<Streak> {
        self.streak.take()
    }

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
