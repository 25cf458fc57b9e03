use core::fmt;
use core::mem;
use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::limits;
use crate::participant_keys::ParticipantKeys;
use crate::types::Height;
use crate::wire::{Broadcast, BroadcastContent};

/// The reason that a broadcast for a later block was not kept.
///
/// It is no fault of its sender: the reference keeps everything, and nothing here may run full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// It is for a block more than 64 heights ahead.
    TooFarAhead,
    /// It is a commit, and the very same one is kept already.
    Repeated,
    /// 8,192 broadcasts are kept, and each of them has more claim to its place.
    Full,
}

/// The facts of a kept broadcast beside its content.
#[derive(Clone)]
struct Kept {
    /// Counts up over all that was ever kept.
    arrival: u64,
    /// True if a member of the newest group signed it; unknown until places are short.
    is_signed: Option<bool>,
}

/// Broadcasts for later blocks: all that come, up to a bound far beyond what an honest server sends.
///
/// None is judged while it waits. Its group is not known yet, the server can put any name on anything, and a member can
/// sign what it likes, so to prefer one broadcast to another could shut out the one that counts (`spec/protocol.md`, 5).
///
/// When all places are taken, a new one displaces the one with the least claim, if that has less than itself: signed by
/// no known member before signed by one, and then the higher block.
#[derive(Clone, Default)]
pub(super) struct Early {
    /// By height and then by content, so that a repetition and the broadcasts of one block are found without a search.
    kept: BTreeMap<Height, BTreeMap<Broadcast, Kept>>,
    arrivals: u64,
}

impl Early {
    /// Keeps a broadcast for a height above `height`, or drops it and changes nothing.
    ///
    /// `participants` are those of the newest block.
    pub(super) fn keep(
        &mut self,
        broadcast: &Broadcast,
        height: Height,
        participants: &ParticipantKeys,
    ) -> Result<(), Dropped> {
        // Heights are any int32 on the wire, and their difference need not be one.
        let ahead = i64::from(broadcast.height.value()) - i64::from(height.value());
        if ahead > limits::EARLY_HEIGHTS {
            return Err(Dropped::TooFarAhead);
        }
        let arrival = self.arrivals;
        self.arrivals += 1;
        if let Some(kept) = self.find(broadcast) {
            // Of the same commit the first counts if any does, and of the same reveal the last: commits end a phase, and
            // reveals are refused until it has ended.
            if let BroadcastContent::Commit { .. } = broadcast.content {
                return Err(Dropped::Repeated);
            }
            kept.arrival = arrival;
            return Ok(());
        }
        // A signature takes as long as keeping a hundred broadcasts, so none is checked before it has to be.
        let is_signed = match self.len() < limits::EARLY_BROADCASTS {
            true => None,
            false => Some(self.make_room(broadcast, participants)?),
        };
        let at_height = self.kept.entry(broadcast.height).or_default();
        at_height.insert(*broadcast, Kept { arrival, is_signed });
        Ok(())
    }

    /// The same broadcast, if it is kept.
    fn find(&mut self, broadcast: &Broadcast) -> Option<&mut Kept> {
        self.kept.get_mut(&broadcast.height)?.get_mut(broadcast)
    }

    /// Displaces the broadcast with the least claim, if that has less than `broadcast`, and says whether a member signed
    /// this one.
    fn make_room(
        &mut self,
        broadcast: &Broadcast,
        participants: &ParticipantKeys,
    ) -> Result<bool, Dropped> {
        let is_signed = is_signed(broadcast, participants);
        let (unsigned, victim) = self.least_claim(participants).ok_or(Dropped::Full)?;
        if (unsigned, victim.height) <= (!is_signed, broadcast.height) {
            return Err(Dropped::Full);
        }
        if let Some(at_height) = self.kept.get_mut(&victim.height) {
            at_height.remove(&victim);
        }
        Ok(is_signed)
    }

    /// The broadcast with the least claim to its place, and whether that is for want of a member's signature.
    fn least_claim(&mut self, participants: &ParticipantKeys) -> Option<(bool, Broadcast)> {
        // Each signature is checked once for a group, and no more of them than it takes to find one that is bad.
        let mut kept = self.kept.values_mut().rev().flatten();
        let unsigned = kept.find_map(|(broadcast, kept)| {
            let check = || is_signed(broadcast, participants);
            let is_signed = *kept.is_signed.get_or_insert_with(check);
            (!is_signed).then_some((true, *broadcast))
        });
        if unsigned.is_some() {
            return unsigned;
        }
        let mut all = self.kept.values().rev().flatten();
        all.next().map(|(broadcast, _)| (false, *broadcast))
    }

    /// The number of broadcasts that are kept.
    fn len(&self) -> usize {
        self.kept.values().map(BTreeMap::len).sum()
    }

    /// Everything that is kept, by height and then in the order of arrival.
    pub(super) fn all(&self) -> impl Iterator<Item = &Broadcast> {
        self.kept.values().flat_map(in_order)
    }

    /// Takes what was kept for the block of this height, in the order of arrival, and forgets what was for earlier ones.
    pub(super) fn take(&mut self, height: Height) -> Vec<Broadcast> {
        let next = height.next();
        let mut later = next.map_or_else(BTreeMap::new, |next| self.kept.split_off(&next));
        // The new group may have other members, or the same ones under other keys.
        for kept in later.values_mut().flat_map(BTreeMap::values_mut) {
            kept.is_signed = None;
        }
        let due = mem::replace(&mut self.kept, later).remove(&height);
        due.iter().flat_map(in_order).copied().collect()
    }
}

/// The broadcasts of one height in the order of arrival.
fn in_order(kept: &BTreeMap<Broadcast, Kept>) -> impl Iterator<Item = &Broadcast> {
    let mut kept: Vec<_> = kept.iter().collect();
    kept.sort_unstable_by_key(|(_, kept)| kept.arrival);
    kept.into_iter().map(|(broadcast, _)| broadcast)
}

fn is_signed(broadcast: &Broadcast, participants: &ParticipantKeys) -> bool {
    let member = participants.of(broadcast.user_id);
    member.is_some_and(|member| broadcast.verify_with(&member.verifying_key()).is_ok())
}

/// The number of broadcasts by height, and a digest that tells them apart: all of them would be megabytes.
impl fmt::Debug for Early {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heights = self.kept.iter();
        let shown = heights.map(|(height, kept)| (height.value(), (kept.len(), digest(kept))));
        f.debug_map().entries(shown).finish()
    }
}

/// The first bytes of the SHA-256 of some broadcasts in the order of arrival.
fn digest(kept: &BTreeMap<Broadcast, Kept>) -> u64 {
    let mut hasher = Sha256::new();
    for broadcast in in_order(kept) {
        hasher.update(broadcast.to_bytes());
    }
    let hash: [u8; 32] = hasher.finalize().into();
    hash.first_chunk()
        .map_or(0, |first| u64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::keys::{PrivateKey, Signature};
    use crate::types::{BlockHash, UserId};
    use crate::wire::{GroupState, Participant, Permissions};

    const NOW: Height = Height::new(100);
    const FULL: usize = limits::EARLY_BROADCASTS;

    /// Members with the ids and seeds 1 to 20.
    static PARTICIPANTS: LazyLock<ParticipantKeys> = LazyLock::new(|| {
        let participants = (1..=20).map(|user| Participant {
            user_id: UserId::new(user),
            public_key: key(user).public_key(),
            permissions: Permissions::ALL,
            version: 0,
        });
        ParticipantKeys::new(&GroupState {
            participants: participants.collect(),
            external_permissions: Permissions::NONE,
        })
    });

    fn key(user: i64) -> PrivateKey {
        PrivateKey::from_seed(&[user as u8; 32])
    }

    /// A commit that its user did not sign, which differs from others by a number.
    fn forged(user: i64, ahead: i32, number: usize) -> Broadcast {
        let mut nonce_hash = [0; 32];
        nonce_hash[..8].copy_from_slice(&number.to_le_bytes());
        Broadcast {
            signature: Signature::ZERO,
            user_id: UserId::new(user),
            height: Height::new(NOW.value() + ahead),
            block_hash: BlockHash::ZERO,
            content: BroadcastContent::Commit { nonce_hash },
        }
    }

    fn commit(user: i64, ahead: i32) -> Broadcast {
        forged(user, ahead, 0).sign(&key(user))
    }

    fn reveal(user: i64, ahead: i32) -> Broadcast {
        let content = BroadcastContent::Reveal { nonce: [0; 32] };
        let unsigned = Broadcast {
            content,
            ..forged(user, ahead, 0)
        };
        unsigned.sign(&key(user))
    }

    fn keep(early: &mut Early, broadcast: &Broadcast) -> Result<(), Dropped> {
        let before = early.len();
        let kept = early.keep(broadcast, NOW, &PARTICIPANTS);
        assert!(kept.is_ok() || early.len() == before);
        assert!(early.len() <= FULL);
        kept
    }

    fn taken(early: &mut Early, ahead: i32) -> Vec<Broadcast> {
        early.take(Height::new(NOW.value() + ahead))
    }

    /// Everything full of commits that nobody signed.
    fn full_of_forged(ahead: i32) -> Early {
        let mut early = Early::default();
        for number in 0..FULL {
            let one = forged(1, ahead, number);
            assert_eq!(early.keep(&one, NOW, &PARTICIPANTS), Ok(()));
        }
        early
    }

    #[test]
    fn sixty_four_heights_ahead_are_kept_and_no_more() {
        let mut early = Early::default();
        assert_eq!(keep(&mut early, &commit(1, 64)), Ok(()));
        let far = Broadcast {
            height: Height::new(i32::MAX),
            ..commit(1, 1)
        };
        for broadcast in [commit(1, 65), far] {
            assert_eq!(keep(&mut early, &broadcast), Err(Dropped::TooFarAhead));
        }
        assert_eq!(taken(&mut early, 64), [commit(1, 64)]);
    }

    #[test]
    fn all_are_kept_in_the_order_of_arrival_whoever_signed_them() {
        let mut early = Early::default();
        let mut other = commit(1, 1);
        other.block_hash = BlockHash::from_bytes([1; 32]);
        let others = [
            forged(1, 1, 7),
            commit(1, 1),
            other.sign(&key(1)),
            forged(1, 1, 3),
        ];
        let all = [
            others.as_slice(),
            &[reveal(1, 1), commit(30, 1), commit(2, 1)],
        ]
        .concat();
        for broadcast in all.iter().chain(&[commit(1, 2)]) {
            assert_eq!(keep(&mut early, broadcast), Ok(()));
        }
        assert_eq!(taken(&mut early, 1), all);
        assert_eq!(taken(&mut early, 2), [commit(1, 2)]);
    }

    #[test]
    fn an_exact_repetition_is_kept_once_and_another_signature_is_no_repetition() {
        let mut early = Early::default();
        let (said, forged) = (commit(1, 1), forged(1, 1, 0));
        for broadcast in [said, forged] {
            assert_eq!(keep(&mut early, &broadcast), Ok(()));
            assert_eq!(keep(&mut early, &broadcast), Err(Dropped::Repeated));
        }
        assert_eq!(taken(&mut early, 1), [said, forged]);
    }

    #[test]
    fn of_the_same_commit_the_first_keeps_its_place_and_of_the_same_reveal_the_last() {
        let mut early = Early::default();
        for broadcast in [reveal(1, 1), commit(1, 1), commit(2, 1), reveal(1, 1)] {
            assert_eq!(keep(&mut early, &broadcast), Ok(()));
        }
        assert_eq!(keep(&mut early, &commit(1, 1)), Err(Dropped::Repeated));
        let expected = [commit(1, 1), commit(2, 1), reveal(1, 1)];
        assert_eq!(taken(&mut early, 1), expected);
    }

    #[test]
    fn when_all_places_are_taken_a_member_displaces_a_stranger_and_never_the_other_way() {
        let mut early = full_of_forged(1);
        for stranger in [forged(999, 1, 0), forged(1, 1, FULL), commit(30, 1)] {
            assert_eq!(keep(&mut early, &stranger), Err(Dropped::Full));
        }
        for user in 1..=16 {
            assert_eq!(keep(&mut early, &commit(user, 1)), Ok(()));
            assert_eq!(keep(&mut early, &reveal(user, 64)), Ok(()));
        }
        assert_eq!(keep(&mut early, &forged(999, 1, 0)), Err(Dropped::Full));
        let due = taken(&mut early, 1);
        assert_eq!(due.len(), FULL - 16);
        let from_members = due.iter().filter(|one| is_signed(one, &PARTICIPANTS));
        assert_eq!(from_members.count(), 16);
    }

    #[test]
    fn when_all_places_are_taken_there_is_room_for_a_block_that_comes_sooner() {
        let mut early = full_of_forged(3);
        assert_eq!(keep(&mut early, &forged(1, 4, 0)), Err(Dropped::Full));
        assert_eq!(keep(&mut early, &forged(1, 3, FULL)), Err(Dropped::Full));
        assert_eq!(keep(&mut early, &forged(1, 2, 0)), Ok(()));
        assert_eq!(taken(&mut early, 2), [forged(1, 2, 0)]);
        assert_eq!(taken(&mut early, 3).len(), FULL - 1);
    }

    #[test]
    fn the_claim_of_a_member_is_judged_by_the_newest_group() {
        let mut early = full_of_forged(3);
        assert_eq!(keep(&mut early, &commit(1, 3)), Ok(()));
        assert_eq!(taken(&mut early, 1), []);
        let all = early.kept.values().flatten();
        assert!(all.clone().all(|(_, kept)| kept.is_signed.is_none()));
        // Another group, of which user 1 is no member: nothing has a claim but to come sooner.
        let nobody = ParticipantKeys::new(&GroupState::before_first());
        let now = Height::new(NOW.value() + 1);
        assert_eq!(early.keep(&commit(2, 3), now, &nobody), Err(Dropped::Full));
    }

    #[test]
    fn what_is_printed_says_how_many_wait_for_each_height_and_tells_them_apart() {
        let printed = |kept: [Broadcast; 3]| {
            let mut early = Early::default();
            for broadcast in kept {
                assert_eq!(keep(&mut early, &broadcast), Ok(()));
            }
            format!("{early:?}")
        };
        let one = printed([commit(1, 1), commit(2, 1), commit(1, 3)]);
        assert!(
            one.starts_with("{101: (2, ") && one.contains(", 103: (1, "),
            "{one}"
        );
        let others = [
            [commit(2, 1), commit(1, 1), commit(1, 3)],
            [commit(1, 1), commit(2, 1), commit(3, 3)],
        ];
        assert!(others.iter().all(|other| printed(*other) != one));
    }
}
