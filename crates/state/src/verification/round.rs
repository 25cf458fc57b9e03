use sha2::{Digest as _, Sha256};

use super::EmojiHash;
use super::error::BroadcastError;
use super::phase::Phase;
use crate::chain::ChainState;
use crate::participant_keys::ParticipantKeys;
use crate::types::{BlockHash, Height, UserId};
use crate::wire::{Broadcast, BroadcastContent, GroupState};

/// One value of each member, in the order of the participants, as far as it has come.
#[derive(Clone, Debug)]
struct Values {
    of_members: Vec<Option<[u8; 32]>>,
}

impl Values {
    fn none_of(participants: &ParticipantKeys) -> Self {
        Self {
            of_members: vec![None; participants.iter().len()],
        }
    }

    fn of(&self, member: usize) -> Option<[u8; 32]> {
        self.of_members.get(member).copied().flatten()
    }

    /// Puts a value in its place, and says whether it was the last.
    fn put(&mut self, member: usize, value: [u8; 32]) -> bool {
        if let Some(place) = self.of_members.get_mut(member) {
            *place = Some(value);
        }
        self.of_members.iter().all(Option::is_some)
    }

    fn all(&self) -> Vec<[u8; 32]> {
        self.of_members.iter().copied().flatten().collect()
    }
}

/// The verification of one block.
///
/// ```text
/// block ─▶ Commit ── the last commit ─▶ Reveal ── the last reveal ─▶ End, with the emoji hash
/// ```
#[derive(Clone, Debug)]
pub(super) struct Round {
    pub(super) height: Height,
    pub(super) block_hash: BlockHash,
    pub(super) participants: ParticipantKeys,
    pub(super) phase: Phase,
    pub(super) emoji_hash: Option<EmojiHash>,
    commits: Values,
    reveals: Values,
}

impl Round {
    /// The state before the first block, in which nothing is waited for.
    pub(super) fn before_first() -> Self {
        let participants = ParticipantKeys::new(&GroupState::before_first());
        Self::new(
            Height::BEFORE_FIRST,
            BlockHash::ZERO,
            participants,
            Phase::End,
        )
    }

    /// The round that a new block starts.
    pub(super) fn next(&self, state: &ChainState) -> Self {
        let participants = self.participants.next(state.group_state());
        Self::new(state.height(), state.hash(), participants, Phase::Commit)
    }

    fn new(
        height: Height,
        block_hash: BlockHash,
        participants: ParticipantKeys,
        phase: Phase,
    ) -> Self {
        Self {
            height,
            block_hash,
            phase,
            emoji_hash: None,
            commits: Values::none_of(&participants),
            reveals: Values::none_of(&participants),
            participants,
        }
    }

    /// Counts a broadcast for this height, or refuses it and changes nothing.
    ///
    /// The order of the checks decides which error it is.
    pub(super) fn accept(&mut self, broadcast: &Broadcast) -> Result<(), BroadcastError> {
        // 506, 501 or 502, 503, 202, 504, 505: the order of the reference (5).
        self.check_block(broadcast)?;
        self.check_phase(broadcast)?;
        let user_id = broadcast.user_id;
        let place = self.participants.place_of(user_id);
        let (at, member) = place.ok_or(BroadcastError::UnknownUser(user_id))?;
        broadcast.verify_with(member.verifying_key())?;
        match broadcast.content {
            BroadcastContent::Commit { nonce_hash } if self.commits.of(at).is_none() => {
                self.commit(at, nonce_hash);
                Ok(())
            }
            BroadcastContent::Reveal { nonce } if self.reveals.of(at).is_none() => {
                // Reveals are taken only when every commit is there, so a missing one cannot stand here.
                if self.commits.of(at) != Some(Sha256::digest(nonce).into()) {
                    return Err(BroadcastError::InvalidReveal(user_id));
                }
                self.reveal(at, nonce);
                Ok(())
            }
            _ => Err(BroadcastError::AlreadyApplied(user_id)),
        }
    }

    fn commit(&mut self, at: usize, nonce_hash: [u8; 32]) {
        if self.commits.put(at, nonce_hash) {
            self.phase = Phase::Reveal;
        }
    }

    fn reveal(&mut self, at: usize, nonce: [u8; 32]) {
        if self.reveals.put(at, nonce) {
            self.phase = Phase::End;
            self.emoji_hash = Some(EmojiHash::of(self.reveals.all(), &self.block_hash));
        }
    }

    /// The commit of a user, if it has come.
    pub(super) fn commit_of(&self, user_id: UserId) -> Option<[u8; 32]> {
        let (at, _) = self.participants.place_of(user_id)?;
        self.commits.of(at)
    }

    /// The values that have come: the commits, then the reveals.
    pub(super) fn values(&self) -> [Vec<(UserId, [u8; 32])>; 2] {
        [&self.commits, &self.reveals].map(|values| {
            let members = self.participants.iter().zip(&values.of_members);
            let come = members.filter_map(|(member, value)| Some((member.user_id(), (*value)?)));
            come.collect()
        })
    }

    /// Takes over what had come before a restart; what no member can have said is left out.
    pub(super) fn put_values(&mut self, [commits, reveals]: [&[(UserId, [u8; 32])]; 2]) {
        for (user_id, nonce_hash) in commits {
            if let Some((at, _)) = self.participants.place_of(*user_id) {
                self.commit(at, *nonce_hash);
            }
        }
        for (user_id, nonce) in reveals {
            if let Some((at, _)) = self.participants.place_of(*user_id)
                && self.phase == Phase::Reveal
                && self.commits.of(at) == Some(Sha256::digest(nonce).into())
            {
                self.reveal(at, *nonce);
            }
        }
    }

    /// The users whose commits have come.
    pub(super) fn committed(&self) -> impl Iterator<Item = UserId> {
        self.users(&self.commits, Option::is_some)
    }

    /// The users whose reveals have come.
    pub(super) fn revealed(&self) -> impl Iterator<Item = UserId> {
        self.users(&self.reveals, Option::is_some)
    }

    /// The users who hold up the phase.
    pub(super) fn missing(&self) -> impl Iterator<Item = UserId> {
        let values = match self.phase {
            Phase::Commit => &self.commits,
            Phase::Reveal | Phase::End => &self.reveals,
        };
        self.users(values, Option::is_none)
    }

    fn users(
        &self,
        values: &Values,
        wanted: impl Fn(&Option<[u8; 32]>) -> bool,
    ) -> impl Iterator<Item = UserId> {
        let members = self.participants.iter().zip(&values.of_members);
        let wanted = members.filter(move |(_, value)| wanted(value));
        wanted.map(|(member, _)| member.user_id())
    }

    fn check_block(&self, broadcast: &Broadcast) -> Result<(), BroadcastError> {
        let (expected, found) = (self.block_hash, broadcast.block_hash);
        if expected != found {
            return Err(BroadcastError::BlockHash { expected, found });
        }
        Ok(())
    }

    fn check_phase(&self, broadcast: &Broadcast) -> Result<(), BroadcastError> {
        match (broadcast.content, self.phase) {
            (BroadcastContent::Commit { .. }, Phase::Commit)
            | (BroadcastContent::Reveal { .. }, Phase::Reveal) => Ok(()),
            (BroadcastContent::Commit { .. }, phase) => Err(BroadcastError::NotInCommit(phase)),
            (BroadcastContent::Reveal { .. }, phase) => Err(BroadcastError::NotInReveal(phase)),
        }
    }
}
