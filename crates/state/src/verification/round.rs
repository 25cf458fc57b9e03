use sha2::{Digest as _, Sha256};

use super::EmojiHash;
use super::error::BroadcastError;
use super::phase::Phase;
use crate::chain::ChainState;
use crate::participant_keys::ParticipantKeys;
use crate::types::{BlockHash, Height, UserId};
use crate::wire::{Broadcast, BroadcastContent, GroupState};

/// The values of one member, as far as they have come.
#[derive(Clone, Copy, Debug)]
enum Values {
    Nothing,
    /// The hash of a nonce.
    Commit([u8; 32]),
    /// The nonce; the commit is its hash, or the nonce would have been refused.
    Reveal([u8; 32]),
}

impl Values {
    fn commit(&self) -> Option<[u8; 32]> {
        match self {
            Self::Nothing => None,
            Self::Commit(nonce_hash) => Some(*nonce_hash),
            Self::Reveal(nonce) => Some(Sha256::digest(nonce).into()),
        }
    }

    fn reveal(&self) -> Option<[u8; 32]> {
        match self {
            Self::Nothing | Self::Commit(_) => None,
            Self::Reveal(nonce) => Some(*nonce),
        }
    }

    fn has_commit(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    fn has_reveal(&self) -> bool {
        matches!(self, Self::Reveal(_))
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
    /// In the order of the participants.
    values: Vec<Values>,
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
        let members = participants.iter().len();
        Self {
            height,
            block_hash,
            phase,
            emoji_hash: None,
            values: vec![Values::Nothing; members],
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
        broadcast.verify_with(&member.verifying_key())?;
        match (broadcast.content, self.values.get(at)) {
            (BroadcastContent::Commit { nonce_hash }, Some(Values::Nothing)) => {
                self.commit(at, nonce_hash);
                Ok(())
            }
            // Reveals are taken only when every commit is there, so a missing one cannot stand here.
            (BroadcastContent::Reveal { nonce }, Some(Values::Commit(nonce_hash))) => {
                if *nonce_hash != <[u8; 32]>::from(Sha256::digest(nonce)) {
                    return Err(BroadcastError::InvalidReveal(user_id));
                }
                self.reveal(at, nonce);
                Ok(())
            }
            _ => Err(BroadcastError::AlreadyApplied(user_id)),
        }
    }

    fn commit(&mut self, at: usize, nonce_hash: [u8; 32]) {
        self.put(at, Values::Commit(nonce_hash));
        if self.values.iter().all(Values::has_commit) {
            self.phase = Phase::Reveal;
        }
    }

    fn reveal(&mut self, at: usize, nonce: [u8; 32]) {
        self.put(at, Values::Reveal(nonce));
        if self.values.iter().all(Values::has_reveal) {
            self.phase = Phase::End;
            let nonces = self.values.iter().filter_map(Values::reveal);
            self.emoji_hash = Some(EmojiHash::of(nonces.collect(), &self.block_hash));
        }
    }

    fn put(&mut self, at: usize, values: Values) {
        if let Some(place) = self.values.get_mut(at) {
            *place = values;
        }
    }

    /// The commit of a user, if it has come.
    pub(super) fn commit_of(&self, user_id: UserId) -> Option<[u8; 32]> {
        let (at, _) = self.participants.place_of(user_id)?;
        self.values.get(at)?.commit()
    }

    /// The values that have come: the commits, then the reveals.
    pub(super) fn values(&self) -> [Vec<(UserId, [u8; 32])>; 2] {
        [Values::commit, Values::reveal].map(|value| {
            let members = self.participants.iter().zip(&self.values);
            let come =
                members.filter_map(|(member, values)| Some((member.user_id(), value(values)?)));
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
                && self.values.get(at).and_then(Values::commit)
                    == Some(Sha256::digest(nonce).into())
            {
                self.reveal(at, *nonce);
            }
        }
    }

    /// The users whose commits have come.
    pub(super) fn committed(&self) -> impl Iterator<Item = UserId> {
        self.users(Values::has_commit)
    }

    /// The users whose reveals have come.
    pub(super) fn revealed(&self) -> impl Iterator<Item = UserId> {
        self.users(Values::has_reveal)
    }

    /// The users who hold up the phase.
    pub(super) fn missing(&self) -> impl Iterator<Item = UserId> {
        let has_come = match self.phase {
            Phase::Commit => Values::has_commit,
            Phase::Reveal | Phase::End => Values::has_reveal,
        };
        self.users(move |values| !has_come(values))
    }

    fn users(&self, wanted: impl Fn(&Values) -> bool) -> impl Iterator<Item = UserId> {
        let members = self.participants.iter().zip(&self.values);
        let wanted = members.filter(move |(_, values)| wanted(values));
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
