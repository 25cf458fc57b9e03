//! Our place in a call, as far as everybody can see it.

use confcall_state::{Block, ChainState, PublicKey, UserId};

use super::MembershipEnd;

/// Why nobody's key could open a good block for us, if the block itself shows it.
pub(super) fn lost(
    user_id: UserId,
    key: PublicKey,
    block: &Block,
    before: &ChainState,
    after: &ChainState,
) -> Option<MembershipEnd> {
    let height = after.height();
    match after.group_state().by_user(user_id) {
        None => Some(MembershipEnd::Removed {
            height,
            by: signer(block, before, after),
        }),
        Some(own) if own.public_key != key => Some(MembershipEnd::Replaced {
            height,
            by: own.public_key,
        }),
        Some(_) if after.shared_key().is_empty() => Some(MembershipEnd::NoSharedKey {
            height,
            hash: after.hash(),
        }),
        Some(_) => None,
    }
}

/// The participant who signed a block, before it or after it: who joins is one after it only.
pub(super) fn signer(block: &Block, before: &ChainState, after: &ChainState) -> Option<UserId> {
    let (before, after) = (before.group_state(), after.group_state());
    let signer = match &block.fields().signature_public_key {
        Some(key) => before.by_key(key).or_else(|| after.by_key(key)),
        None => before.participants.first(),
    };
    signer.map(|signer| signer.user_id)
}
