//! The rule that a removal removes those whom it names and changes nothing else.

use thiserror::Error;

use super::member_change::{MemberChangeFault, check_member_change};
use super::state::ChainState;
use crate::types::UserId;
use crate::wire::Block;

/// A block that the chain accepts does more or less than to remove the named users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RemovalFault {
    /// It does not only change who is in the call.
    #[error(transparent)]
    NotOfMembers(#[from] MemberChangeFault),
    /// No user is to be removed.
    #[error("a removal names at least one user")]
    Nobody,
    /// A user who is to be removed was not in the call.
    #[error("user {0} is to be removed and was not in the call")]
    NotThere(UserId),
    /// The participants are others than those before without the named ones.
    #[error("a removal leaves everybody else as they were, and nobody of those it names")]
    Others,
}

/// Checks that `block`, which leads from `before` to `after`, removes these users and does no more.
///
/// The other participants must stand in the old order with the old key, permissions and version (`spec/protocol.md`, 8).
/// The chain accepts more than this: it is what a server asks of a removal.
///
/// # Errors
///
/// [`RemovalFault`]
pub fn check_removal(
    before: &ChainState,
    block: &Block,
    after: &ChainState,
    users: &[UserId],
) -> Result<(), RemovalFault> {
    // Without it, a removal could also open the call for outsiders or leave all without a key.
    check_member_change(before, block, after)?;
    if users.is_empty() {
        return Err(RemovalFault::Nobody);
    }
    let (old, new) = (before.group_state(), after.group_state());
    let missing = users.iter().find(|user| old.by_user(**user).is_none());
    if let Some(user) = missing {
        return Err(RemovalFault::NotThere(*user));
    }
    let kept = old.participants.iter();
    let kept = kept.filter(|one| !users.contains(&one.user_id));
    if kept.eq(&new.participants) {
        Ok(())
    } else {
        Err(RemovalFault::Others)
    }
}
