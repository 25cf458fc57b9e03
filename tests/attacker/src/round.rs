//! The verification of one block by one member (`spec/protocol.md`, 5).
//!
//! Commits are counted all at once, and reveals too: until the last of them nothing is said.

use crate::block::Block;
use crate::check::{Check, Checks};
use crate::term::{Emoji, Nonce};

/// The verification of a block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Round {
    /// A checkpoint of a round whose nonce it does not hold.
    Forgotten,
    /// Our commit is said.
    Committing {
        /// Our nonce.
        ours: Nonce,
    },
    /// All have committed, and our reveal is said.
    Revealing {
        /// Our nonce.
        ours: Nonce,
        /// The nonces whose hashes were committed to, by participant.
        commits: Vec<Nonce>,
    },
    /// All have revealed.
    Done {
        /// Our nonce.
        ours: Nonce,
        /// All nonces, by participant.
        nonces: Vec<Nonce>,
        /// The emoji.
        emoji: Emoji,
    },
}

impl Round {
    /// The emoji, once they are shown.
    pub(crate) fn emoji(&self) -> Option<&Emoji> {
        match self {
            Self::Done { emoji, .. } => Some(emoji),
            _ => None,
        }
    }

    /// True if a nonce that counts was chosen with the knowledge of ours.
    pub(crate) fn is_ground(&self) -> bool {
        match self {
            Self::Done { ours, nonces, .. } => nonces.iter().any(|one| one.is_ground_over(ours)),
            _ => false,
        }
    }

    /// Leaves the nonce out of a checkpoint, unless all have committed.
    pub(crate) fn forget_early_nonce(&mut self) {
        if matches!(self, Self::Committing { .. }) {
            *self = Self::Forgotten;
        }
    }

    /// Counts all commits; gives our nonce, which is to be revealed.
    pub(crate) fn commit(&mut self, commits: Vec<Nonce>) -> Option<Nonce> {
        let Self::Committing { ours } = self else {
            return None;
        };
        let ours = ours.clone();
        *self = Self::Revealing {
            ours: ours.clone(),
            commits,
        };
        Some(ours)
    }

    /// Counts another commit in the place of one.
    pub(crate) fn commit_again(&mut self, at: usize, nonce: Nonce) -> Option<()> {
        match self {
            Self::Revealing { commits, .. } => {
                *commits.get_mut(at)? = nonce;
                Some(())
            }
            _ => None,
        }
    }

    /// Counts all reveals.
    pub(crate) fn reveal(
        &mut self,
        block: &Block,
        nonces: Vec<Nonce>,
        checks: Checks,
    ) -> Option<()> {
        let Self::Revealing { ours, commits } = self else {
            return None;
        };
        if checks.make(Check::RevealMatches) && nonces != *commits {
            return None;
        }
        let emoji = Emoji::of(block, nonces.clone(), checks.make(Check::EmojiOfBlock));
        *self = Self::Done {
            ours: ours.clone(),
            nonces,
            emoji,
        };
        Some(())
    }
}
