use std::collections::VecDeque;

use confcall_state::UserId;

use super::RandomId;
use crate::limits;

/// The verdict on a message: new, or a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Novelty {
    /// It was not seen before: show it.
    New,
    /// It was seen before: drop it.
    Seen,
}

/// A memory of the messages that were seen, by sender and random id.
///
/// It keeps the last 64 messages of each of the 256 senders heard last. Each sender has a share of its own, so
/// that a member who writes much never makes the messages of others be forgotten (`spec/protocol.md`, 9).
#[derive(Clone, Debug, Default)]
pub struct Deduplicator {
    /// The sender heard last comes last.
    senders: VecDeque<Sender>,
}

#[derive(Clone, Debug)]
struct Sender {
    user_id: UserId,
    /// The newest comes last.
    seen: VecDeque<RandomId>,
}

impl Deduplicator {
    /// A memory of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether a message is new, and remembers it.
    pub fn see(&mut self, sender: UserId, random_id: RandomId) -> Novelty {
        // Without a number there is no telling; the packet itself opens only once.
        if !random_id.is_unique() {
            return Novelty::New;
        }
        // Taken out and put back at the end, which makes the queue one of senders by their last message.
        let mut sender = self.take(sender);
        let novelty = sender.see(random_id);
        if self.senders.len() == limits::HEARD_SENDERS {
            self.senders.pop_front();
        }
        self.senders.push_back(sender);
        novelty
    }

    fn take(&mut self, user_id: UserId) -> Sender {
        let place = self.senders.iter().position(|one| one.user_id == user_id);
        let known = place.and_then(|place| self.senders.remove(place));
        known.unwrap_or(Sender {
            user_id,
            seen: VecDeque::new(),
        })
    }
}

impl Sender {
    fn see(&mut self, random_id: RandomId) -> Novelty {
        if self.seen.contains(&random_id) {
            return Novelty::Seen;
        }
        if self.seen.len() == limits::HEARD_MESSAGES {
            self.seen.pop_front();
        }
        self.seen.push_back(random_id);
        Novelty::New
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: UserId = UserId::new(1);
    const BOB: UserId = UserId::new(2);

    fn id(value: i64) -> RandomId {
        RandomId::new(value).unwrap()
    }

    #[test]
    fn a_message_is_new_once_for_each_sender() {
        let mut seen = Deduplicator::new();
        assert_eq!(seen.see(ALICE, id(5)), Novelty::New);
        assert_eq!(seen.see(BOB, id(5)), Novelty::New);
        assert_eq!(seen.see(ALICE, id(-5)), Novelty::New);
        assert_eq!(seen.see(ALICE, id(5)), Novelty::Seen);
        assert_eq!(seen.see(BOB, id(5)), Novelty::Seen);
    }

    #[test]
    fn a_sender_who_writes_much_makes_only_its_own_messages_be_forgotten() {
        let mut seen = Deduplicator::new();
        assert_eq!(seen.see(ALICE, id(1)), Novelty::New);
        for value in 1..=10_000 {
            assert_eq!(seen.see(BOB, id(value)), Novelty::New);
        }
        assert_eq!(seen.see(ALICE, id(1)), Novelty::Seen);
        assert_eq!(seen.see(BOB, id(9_999)), Novelty::Seen);
        assert_eq!(seen.see(BOB, id(1)), Novelty::New);
    }

    #[test]
    fn messages_without_a_number_of_their_own_are_all_new() {
        let mut seen = Deduplicator::new();
        for _ in 0..3 {
            assert_eq!(seen.see(ALICE, RandomId::of_others(0)), Novelty::New);
        }
    }

    #[test]
    fn the_senders_that_are_remembered_are_bounded() {
        let mut seen = Deduplicator::new();
        for user in 0..10_000 {
            assert_eq!(seen.see(UserId::new(user), id(1)), Novelty::New);
        }
        assert_eq!(seen.senders.len(), limits::HEARD_SENDERS);
        assert_eq!(seen.see(UserId::new(9_999), id(1)), Novelty::Seen);
    }
}
