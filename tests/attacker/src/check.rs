//! The checks of the engine, each of which can be taken out of the model.

use std::fmt;

/// Something that the engine looks at, or does, and that a law may hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Check {
    /// A block stands on the one before (`spec/protocol.md`, 2.2, step 2).
    Parent,
    /// The key that a block names has signed it (step 4).
    Signature,
    /// External permissions never grow (step 5 b).
    ExternalNeverGrows,
    /// Who adds somebody may add (step 5 d).
    MayAdd,
    /// Who changes permissions may add and remove (step 5 e).
    MayChange,
    /// Nobody gives what they do not have (step 5 f).
    GivesOwn,
    /// The signer is in the group that the block leaves (step 5 g).
    SignerStays,
    /// The proven group is that of the state (step 6).
    GroupProof,
    /// The proven shared key is that of the state (step 6).
    KeyProof,
    /// A block whose key does not open ends the membership (3).
    KeyOpens,
    /// Each block that the engine writes has a key of its own (3).
    FreshKey,
    /// The block in the answer to a join is ours, or leads on from it (6).
    OwnBlock,
    /// Our block and all that follow are applied one by one, without a gap behind ours.
    NoGapBehindOwn,
    /// A tip below what was known is told of (6).
    WentBack,
    /// Another block at the known height is told of (6).
    SameHeight,
    /// A tip one higher that does not apply to what was known is told of (6).
    NextHeight,
    /// Blocks in between that were not seen are told of (6).
    Gap,
    /// A chain that was known and is gone is not begun again (6).
    ChainGone,
    /// What was known is kept over a rejoin.
    KnownOverRejoin,
    /// What was known is kept over a restart.
    KnownOverRestart,
    /// Who came, went or has another key since is shown on coming back.
    ChangesOnReturn,
    /// Who came, went or has another key by a block is shown.
    ChangesByBlock,
    /// A member from an older checkpoint compares the chain with what was known, at its height.
    KnownHeight,
    /// A member from an older checkpoint does not go on where the chain ends below what was known.
    Reached,
    /// A member from a checkpoint that is as new as what was known compares the two.
    ResumeIsCompared,
    /// The nonce is revealed once all have committed (5).
    RevealLast,
    /// A reveal is compared with its commit (5).
    RevealMatches,
    /// A commit is not replaced (5).
    CommitStands,
    /// Each round has a nonce of its own (5).
    FreshNonce,
    /// A checkpoint holds the nonce only once all have committed.
    NonceSavedLate,
    /// The emoji come of the block too (5).
    EmojiOfBlock,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 31] = [
        Self::Parent,
        Self::Signature,
        Self::ExternalNeverGrows,
        Self::MayAdd,
        Self::MayChange,
        Self::GivesOwn,
        Self::SignerStays,
        Self::GroupProof,
        Self::KeyProof,
        Self::KeyOpens,
        Self::FreshKey,
        Self::OwnBlock,
        Self::NoGapBehindOwn,
        Self::WentBack,
        Self::SameHeight,
        Self::NextHeight,
        Self::Gap,
        Self::ChainGone,
        Self::KnownOverRejoin,
        Self::KnownOverRestart,
        Self::ChangesOnReturn,
        Self::ChangesByBlock,
        Self::KnownHeight,
        Self::Reached,
        Self::ResumeIsCompared,
        Self::RevealLast,
        Self::RevealMatches,
        Self::CommitStands,
        Self::FreshNonce,
        Self::NonceSavedLate,
        Self::EmojiOfBlock,
    ];

    /// Those that the engine does not make (`spec/security.md`, "What falls").
    pub const MISSING: [Self; 1] = [Self::ResumeIsCompared];
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A set of checks that are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks(u32);

impl Checks {
    /// All of them.
    pub const fn all() -> Self {
        Self(u32::MAX)
    }

    /// Those that the engine makes.
    pub const fn of_engine() -> Self {
        let [missing] = Check::MISSING;
        Self::all().without(missing)
    }

    /// The same without one.
    #[must_use]
    pub const fn without(self, check: Check) -> Self {
        Self(self.0 & !(1 << check as u8))
    }

    /// True if this one is made.
    pub const fn make(self, check: Check) -> bool {
        self.0 & (1 << check as u8) != 0
    }
}
