//! Checkpoints: what a member of a call keeps on disk, so that it goes on after a restart without a new join.
//!
//! ```text
//! Engine::checkpoint ─▶ Content ─ postcard ─▶ sealed under the caller's key ─▶ disk
//!                                                                              │
//! Engine::restore ◀─── Content ◀─ postcard ◀─ number, key, tag checked ◀───────┘
//! ```
//!
//! # What is kept, and why
//!
//! | kept | because |
//! |---|---|
//! | the private key | the membership is this key |
//! | the newest block | the chain starts from it, and the key of its epoch opens from it |
//! | the place in both subchains | polls go on from there, and bring what happened meanwhile |
//! | commits and reveals of that block, broadcasts that came early | they are read once only |
//! | our nonce, once all have committed | we owe the reveal |
//! | the last seqno of each channel | none is used twice: they go on [`RESERVE`] later |
//! | the newest seqno heard of each member | no packet from before is opened again |
//! | the call, its link, the payload, the sources of earlier memberships | the server knows us by them |
//!
//! Not kept: epochs before the newest, which have at most 10 s left; the roster, which is loaded again; requests
//! under way, commands, removals and counts of trouble; how the media connects, which is the client's.
//!
//! # What a restart cannot save
//!
//! - **A nonce before all have committed.** Revealed after it was saved, it could be shown other commits after the
//!   restart, made in its knowledge, and the emoji would match a false call. So it is not saved, and a member whose
//!   commit counts without it joins again ([`RejoinReason::NonceLost`](crate::engine::RejoinReason::NonceLost)). The
//!   same happens if a block came after the checkpoint and we committed to it. A checkpoint for each
//!   [`Event::CheckpointDue`](crate::engine::Event::CheckpointDue) leaves only the second or so that commits take.
//! - **Packets heard after the checkpoint.** They can be played to us once more, and what is late from before is
//!   lost.
//! - **Sealing under the newest epoch.** Members may have been removed meanwhile, who know the epoch of the
//!   checkpoint. So the cryptor is handed out only when the server has shown how the chain goes on
//!   ([`Event::Resumed`](crate::engine::Event::Resumed)).
//!
//! # The caller's part
//!
//! A blob that is used twice would use seqnos twice, and one that is too old knows too little. So every blob has a
//! number, and the caller keeps beside it, durably, the lowest number that is still valid, 0 at first:
//!
//! 1. To save: take the next number, `lowest + 1`; write the blob; then store its number as the lowest.
//! 2. To restore: [`Engine::restore`](crate::engine::Engine::restore) with the lowest number. Store
//!    [`Restored::lowest`](crate::engine::Restored::lowest) **before** anything that the engine wants is sent: from
//!    then on the blob is used up. Then save again at once.
//!
//! The same key may seal the checkpoints of many calls and users.

mod content;
mod error;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing;
mod sealed;

pub use error::{CheckpointError, RestoreError};

pub(crate) use content::{Content, SavedLink};
pub(crate) use sealed::{Opened, open, seal};

/// The number of seqnos that are left out on every channel after a restart: 2^20.
///
/// It must be more than what can be sent on one channel between a checkpoint and the restart. A checkpoint is due
/// every ten minutes at least, in which 50 frames of sound, 60 of video and some messages a second come to less
/// than 2^17. And it must be small before the 2^32 seqnos of a key, which last for 4,095 restarts.
pub const RESERVE: u32 = 1 << 20;

#[cfg(test)]
mod tests {
    use core::fmt::Debug;

    use super::*;
    use crate::membership::{SavedMembership, SavedVerification};

    /// For a type that can be printed there are two answers, and asking does not compile.
    trait CannotBePrinted<Answer> {
        fn holds() {}
    }
    impl<T> CannotBePrinted<()> for T {}
    struct ItCan;
    impl<T: Debug> CannotBePrinted<ItCan> for T {}

    #[test]
    fn what_a_checkpoint_holds_cannot_be_printed() {
        <Content as CannotBePrinted<_>>::holds();
        <SavedMembership as CannotBePrinted<_>>::holds();
        <SavedVerification as CannotBePrinted<_>>::holds();
        <SavedLink as CannotBePrinted<_>>::holds();
        <Opened as CannotBePrinted<_>>::holds();
    }
}
