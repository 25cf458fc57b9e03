//! The mutations: which laws fall when one check is taken out.

use crate::check::Check;
use crate::law::Law;
use crate::scene::Scene;

/// One check that is taken out, and what comes of it.
#[derive(Clone, Copy, Debug)]
pub struct Mutation {
    /// The check.
    pub check: Check,
    /// The scene in which its absence is searched.
    pub scene: Scene,
    /// The laws that fall in that scene, all of them.
    pub fallen: &'static [Law],
}

use Check as C;
use Law::{Compared, Permitted, SameEmoji, Secrecy, Told, Unground};
use Scene as S;

/// All mutations, one for each check.
pub const MUTATIONS: [Mutation; Check::ALL.len()] = [
    of(C::Parent, S::FirstContact, &[Told, Permitted]),
    of(C::Signature, S::FirstEmoji, &[Told, Secrecy, Compared]),
    of(C::ExternalNeverGrows, S::Permissions, &[Told, Permitted]),
    of(C::MayAdd, S::Permissions, &[Told, Permitted]),
    of(C::MayChange, S::Permissions, &[Told, Permitted]),
    of(C::GivesOwn, S::Permissions, &[Told, Permitted]),
    of(C::SignerStays, S::FirstEmoji, &[Told, Secrecy, Compared]),
    of(C::GroupProof, S::FirstEmoji, &[SameEmoji, Told]),
    of(
        C::KeyProof,
        S::FirstEmoji,
        &[SameEmoji, Told, Secrecy, Compared],
    ),
    of(C::KeyOpens, S::FirstEmoji, &[SameEmoji]),
    of(C::FreshKey, S::Call, &[Secrecy]),
    of(C::OwnBlock, S::FirstEmoji, &[Secrecy, Compared, Permitted]),
    of(
        C::NoGapBehindOwn,
        S::FirstEmoji,
        &[Secrecy, Compared, Permitted],
    ),
    of(C::WentBack, S::Return, &[Told]),
    of(C::SameHeight, S::Return, &[Told]),
    of(C::NextHeight, S::Return, &[Told]),
    of(C::Gap, S::Return, &[Told]),
    of(C::ChainGone, S::Return, &[Told]),
    of(C::KnownOverRejoin, S::Return, &[Told]),
    of(C::KnownOverRestart, S::Restart, &[Told]),
    of(C::ChangesOnReturn, S::Return, &[Told]),
    of(C::ChangesByBlock, S::FirstContact, &[Told]),
    of(C::KnownHeight, S::Return, &[Told]),
    of(C::Reached, S::Restart, &[Told]),
    of(C::ResumeIsCompared, S::Return, &[Told]),
    of(C::RevealLast, S::FirstEmoji, &[SameEmoji, Unground]),
    of(C::RevealMatches, S::FirstEmoji, &[SameEmoji, Unground]),
    of(C::CommitStands, S::FirstEmoji, &[SameEmoji, Unground]),
    of(C::FreshNonce, S::CallEmoji, &[Unground]),
    of(C::NonceSavedLate, S::Restart, &[Unground]),
    of(C::EmojiOfBlock, S::FirstEmoji, &[SameEmoji]),
];

const fn of(check: Check, scene: Scene, fallen: &'static [Law]) -> Mutation {
    Mutation {
        check,
        scene,
        fallen,
    }
}
