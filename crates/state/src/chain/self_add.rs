//! The rule that a joining user's block adds this user and changes nothing else.

use thiserror::Error;

use super::member_change::{MemberChangeFault, check_member_change};
use super::state::ChainState;
use crate::keys::PublicKey;
use crate::types::UserId;
use crate::wire::{Block, Participant};

/// A block that the chain accepts does more or less than to add the joining user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SelfAddFault {
    /// It does not only change who is in the call.
    #[error(transparent)]
    NotOfMembers(#[from] MemberChangeFault),
    /// The last participant is not the joining user with the announced key.
    #[error("the last participant of a join block is the joining user with the announced key")]
    NotLast,
    /// Another participant was added, removed, moved or changed.
    #[error("a join block leaves everybody else as they were")]
    Others,
}

/// Checks that `block`, which leads from `before` to `after`, adds the user with the key and does no more.
///
/// Entries that the user had before must be gone, and the others must stand in the old order
/// (`spec/protocol.md`, 6). The chain accepts more than this: it is what a server asks of a join, and what a
/// joining client checks before it sends one.
///
/// # Errors
///
/// [`SelfAddFault`]
pub fn check_self_add(
    before: &ChainState,
    block: &Block,
    after: &ChainState,
    user_id: UserId,
    key: PublicKey,
) -> Result<(), SelfAddFault> {
    let (old, new) = (before.group_state(), after.group_state());
    check_member_change(before, block, after)?;
    match new.participants.split_last() {
        // The end of the list is the only place at which no other participant moves.
        Some((last, others)) if is(last, user_id, key) => {
            let kept = old.participants.iter().filter(|one| one.user_id != user_id);
            if !kept.eq(others) {
                return Err(SelfAddFault::Others);
            }
        }
        _ => return Err(SelfAddFault::NotLast),
    }
    Ok(())
}

fn is(participant: &Participant, user_id: UserId, key: PublicKey) -> bool {
    participant.user_id == user_id && participant.public_key == key
}
