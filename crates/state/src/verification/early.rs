use core::mem;

use crate::keys::PublicKey;
use crate::limits;
use crate::participant_keys::ParticipantKeys;
use crate::types::{Height, UserId};
use crate::wire::{Broadcast, BroadcastContent};

/// The reason for which a broadcast for a later block was not kept.
///
/// That is no fault of its sender: the reference keeps everything, and nothing here may run full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// It is for a block more than 16 heights ahead.
    TooFarAhead,
    /// The sender's broadcast of this kind for this height is kept already.
    AlreadyKept,
    /// 512 broadcasts are kept, and each of them has more claim to its place.
    Full,
}

/// A broadcast for a later block.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) broadcast: Broadcast,
    /// The member's key of now that signed it. It is likely the key at that block, too.
    pub(super) signed_by: Option<PublicKey>,
}

impl Kept {
    fn new(broadcast: &Broadcast, participants: &ParticipantKeys) -> Self {
        let member = participants.of(broadcast.user_id);
        let signer = member.filter(|one| broadcast.verify_with(one.verifying_key()).is_ok());
        Self {
            broadcast: *broadcast,
            signed_by: signer.map(|member| *member.public_key()),
        }
    }

    /// The less, the better its claim to a place: what a member signed, then what comes sooner.
    fn rank(&self) -> (bool, Height) {
        (self.signed_by.is_none(), self.broadcast.height)
    }
}

/// What tells the broadcasts apart of which one is kept: sender, height and kind.
fn slot(broadcast: &Broadcast) -> (UserId, Height, bool) {
    let is_commit = matches!(broadcast.content, BroadcastContent::Commit { .. });
    (broadcast.user_id, broadcast.height, is_commit)
}

/// Broadcasts for later blocks, in the order of their arrival.
///
/// What is kept cannot be checked yet: the group of its block is not known, and the server can put any name on
/// anything. So a broadcast that a member signed with the key of now has the first claim, and keeps its place:
///
/// - One of each kind is kept for each sender and height. What a member signed stays, as the first that counts
///   is the one that everybody counts. What nobody is known to have signed gives way to the next, for somebody
///   who has yet to enter speaks later than whoever pretends to be them in advance.
/// - When all places are taken, the joiner displaces the one with the least claim, if that has less than
///   itself: signed by nobody known before signed by a member, and then the higher block.
///
/// A member can thus take 32 places at most, and the places of blocks that come sooner never. A server can
/// withhold what it likes, with or without this.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    kept: Vec<Kept>,
}

impl Store {
    /// Keeps a broadcast for a height above `height`, or drops it and changes nothing.
    pub(super) fn keep(
        &mut self,
        broadcast: &Broadcast,
        height: Height,
        participants: &ParticipantKeys,
    ) -> Result<(), Dropped> {
        let ahead = i64::from(broadcast.height.value()) - i64::from(height.value());
        if ahead > limits::EARLY_HEIGHTS {
            return Err(Dropped::TooFarAhead);
        }
        let rival = self.rival(broadcast)?;
        let joiner = Kept::new(broadcast, participants);
        let displaced = match rival {
            None if self.kept.len() >= limits::EARLY_BROADCASTS => {
                Some(self.displaced_by(&joiner)?)
            }
            rival => rival,
        };
        if let Some(at) = displaced {
            self.kept.remove(at);
        }
        self.kept.push(joiner);
        Ok(())
    }

    /// The place of the broadcast that this one takes the slot of, if that may be taken.
    fn rival(&self, broadcast: &Broadcast) -> Result<Option<usize>, Dropped> {
        let mut places = self.kept.iter().enumerate();
        let rival = places.find(|(_, kept)| slot(&kept.broadcast) == slot(broadcast));
        match rival {
            Some((_, kept)) if kept.signed_by.is_some() || kept.broadcast == *broadcast => {
                Err(Dropped::AlreadyKept)
            }
            rival => Ok(rival.map(|(at, _)| at)),
        }
    }

    /// The place with the least claim, the latest of equals, if the joiner has more.
    fn displaced_by(&self, joiner: &Kept) -> Result<usize, Dropped> {
        let places = self.kept.iter().enumerate();
        let least = places.max_by_key(|(_, kept)| kept.rank());
        let least = least.filter(|(_, kept)| kept.rank() > joiner.rank());
        least.map(|(at, _)| at).ok_or(Dropped::Full)
    }

    /// Everything that is kept.
    pub(super) fn all(&self) -> impl Iterator<Item = &Broadcast> {
        self.kept.iter().map(|kept| &kept.broadcast)
    }

    /// Takes what was kept for the block of this height, and forgets what was for earlier ones.
    ///
    /// What the members of `participants` have not signed with the keys that they have now loses its claim.
    pub(super) fn take(&mut self, height: Height, participants: &ParticipantKeys) -> Vec<Kept> {
        let kept = mem::take(&mut self.kept).into_iter();
        let (due, later) = kept
            .filter(|one| one.broadcast.height >= height)
            .partition(|one| one.broadcast.height == height);
        self.kept = later;
        for one in &mut self.kept {
            let member = participants.of(one.broadcast.user_id);
            let key = member.map(|member| *member.public_key());
            one.signed_by = one.signed_by.filter(|signer| Some(*signer) == key);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{PrivateKey, Signature};
    use crate::types::BlockHash;
    use crate::wire::{GroupState, Participant, Permissions};

    const NOW: Height = Height::new(100);

    /// Members with the ids and seeds 1 to 20.
    fn participants() -> ParticipantKeys {
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
    }

    fn key(user: i64) -> PrivateKey {
        PrivateKey::from_seed(&[user as u8; 32])
    }

    /// A commit that nobody signed.
    fn forged(user: i64, ahead: i32) -> Broadcast {
        Broadcast {
            signature: Signature::ZERO,
            user_id: UserId::new(user),
            height: Height::new(NOW.value() + ahead),
            block_hash: BlockHash::ZERO,
            content: BroadcastContent::Commit {
                nonce_hash: [0; 32],
            },
        }
    }

    fn commit(user: i64, ahead: i32) -> Broadcast {
        forged(user, ahead).sign(&key(user))
    }

    fn reveal(user: i64, ahead: i32) -> Broadcast {
        let content = BroadcastContent::Reveal { nonce: [0; 32] };
        Broadcast {
            content,
            ..forged(user, ahead)
        }
        .sign(&key(user))
    }

    fn keep(store: &mut Store, broadcast: &Broadcast) -> Result<(), Dropped> {
        let before = store.kept.len();
        let kept = store.keep(broadcast, NOW, &participants());
        assert!(kept.is_ok() || store.kept.len() == before);
        assert!(store.kept.len() <= limits::EARLY_BROADCASTS);
        kept
    }

    fn taken(store: &mut Store, ahead: i32) -> Vec<Broadcast> {
        let due = store.take(Height::new(NOW.value() + ahead), &participants());
        due.into_iter().map(|kept| kept.broadcast).collect()
    }

    /// A store full of forged commits for the next height.
    fn full_of_strangers() -> Store {
        let mut store = Store::default();
        for user in 0..limits::EARLY_BROADCASTS as i64 {
            assert_eq!(keep(&mut store, &forged(1000 + user, 1)), Ok(()));
        }
        store
    }

    #[test]
    fn sixteen_heights_ahead_are_kept_and_no_more() {
        let mut store = Store::default();
        assert_eq!(keep(&mut store, &commit(1, 16)), Ok(()));
        let too_far = [commit(1, 17), {
            let height = Height::new(i32::MAX);
            Broadcast {
                height,
                ..commit(1, 1)
            }
        }];
        for broadcast in too_far {
            assert_eq!(keep(&mut store, &broadcast), Err(Dropped::TooFarAhead));
        }
        assert_eq!(taken(&mut store, 16), [commit(1, 16)]);
    }

    #[test]
    fn one_of_each_kind_is_kept_for_each_sender_and_height() {
        let mut store = Store::default();
        let first = [commit(1, 1), reveal(1, 1), commit(2, 1)];
        for broadcast in first.iter().chain(&[commit(1, 2)]) {
            assert_eq!(keep(&mut store, broadcast), Ok(()));
        }
        let mut second = commit(1, 1);
        second.block_hash = BlockHash::from_bytes([1; 32]);
        for again in [commit(1, 1), second.sign(&key(1)), forged(1, 1)] {
            assert_eq!(keep(&mut store, &again), Err(Dropped::AlreadyKept));
        }
        assert_eq!(taken(&mut store, 1), first);
        assert_eq!(taken(&mut store, 2), [commit(1, 2)]);
    }

    #[test]
    fn a_forged_broadcast_gives_its_place_to_a_true_one_and_never_takes_one() {
        let mut store = Store::default();
        assert_eq!(keep(&mut store, &forged(1, 1)), Ok(()));
        assert_eq!(keep(&mut store, &commit(1, 1)), Ok(()));
        assert_eq!(keep(&mut store, &forged(1, 1)), Err(Dropped::AlreadyKept));
        assert_eq!(taken(&mut store, 1), [commit(1, 1)]);
    }

    #[test]
    fn of_what_cannot_be_checked_the_latest_is_kept() {
        let mut store = Store::default();
        let (pretended, said) = (forged(30, 1), commit(30, 1));
        assert_eq!(keep(&mut store, &pretended), Ok(()));
        assert_eq!(keep(&mut store, &said), Ok(()));
        assert_eq!(keep(&mut store, &said), Err(Dropped::AlreadyKept));
        assert_eq!(taken(&mut store, 1), [said]);
    }

    #[test]
    fn a_member_displaces_a_stranger_and_never_the_other_way() {
        let mut store = full_of_strangers();
        assert_eq!(keep(&mut store, &forged(999, 1)), Err(Dropped::Full));
        assert_eq!(keep(&mut store, &forged(1, 1)), Err(Dropped::Full));
        for ahead in 1..=16 {
            for user in 1..=16 {
                assert_eq!(keep(&mut store, &commit(user, ahead)), Ok(()));
                assert_eq!(keep(&mut store, &reveal(user, ahead)), Ok(()));
            }
        }
        assert_eq!(keep(&mut store, &forged(999, 1)), Err(Dropped::Full));
        let due = taken(&mut store, 1);
        assert_eq!(due.len(), 32);
        assert!(due.iter().all(|one| one.user_id.value() <= 16));
    }

    #[test]
    fn a_full_store_makes_room_for_a_block_that_comes_sooner() {
        let mut store = Store::default();
        for user in 1..=16 {
            for ahead in 1..=16 {
                assert_eq!(keep(&mut store, &commit(user, ahead)), Ok(()));
                assert_eq!(keep(&mut store, &reveal(user, ahead)), Ok(()));
            }
        }
        assert_eq!(keep(&mut store, &commit(17, 16)), Err(Dropped::Full));
        assert_eq!(keep(&mut store, &commit(17, 15)), Ok(()));
        assert_eq!(taken(&mut store, 15).last(), Some(&commit(17, 15)));
        assert_eq!(taken(&mut store, 16).len(), 31);
    }

    #[test]
    fn who_has_left_loses_the_claim_to_a_place() {
        let mut store = Store::default();
        assert_eq!(keep(&mut store, &commit(1, 3)), Ok(()));
        let nobody = ParticipantKeys::new(&GroupState::before_first());
        assert!(store.take(Height::new(NOW.value() + 1), &nobody).is_empty());
        assert!(store.kept.iter().all(|kept| kept.signed_by.is_none()));
    }
}
