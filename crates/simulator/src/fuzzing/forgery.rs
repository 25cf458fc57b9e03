//! Chains that no call has.

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_server::Call;
use confcall_state::wire::{GroupState, Participant, Permissions};
use confcall_state::{Block, Chain, PrivateKey, PublicKey, UserId};

use crate::fixtures::pair;

/// The first of the users whom nobody knows; it signs.
const STRANGERS: i64 = 60;

/// A block of a chain that strangers wrote: of about the height of a call, and of a group that holds some of the call's
/// users under their keys or others, and `ours`, one pair more.
pub(super) fn block(
    u: &mut Unstructured<'_>,
    call: &Call,
    ours: Option<(UserId, PublicKey)>,
) -> Result<Block> {
    let height = call.chain_state().height().value() + u.int_in_range(-2..=4)?;
    let stranger = PrivateKey::from_seed(&[STRANGERS as u8; 32]);
    let mut participants = vec![pair(UserId::new(STRANGERS), stranger.public_key())];
    for one in &call.chain_state().group_state().participants {
        match u.int_in_range(0..=2)? {
            0 => participants.push(pair(one.user_id, one.public_key)),
            1 => participants.push(rekeyed(one.user_id)),
            _ => {}
        }
    }
    let others = 1..=u.int_in_range(0..=3)?;
    participants.extend(others.map(|other| rekeyed(UserId::new(STRANGERS + other))));
    if let Some((user, key)) = ours {
        participants.retain(|one| one.user_id != user);
        participants.push(pair(user, key));
    }
    Ok(at_height(height, participants, &stranger))
}

/// The block of this height, at least 0, in a chain of blocks that are all alike.
fn at_height(height: i32, participants: Vec<Participant>, signer: &PrivateKey) -> Block {
    let group = GroupState {
        participants,
        external_permissions: Permissions::ALL,
    };
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let mut chain = Chain::client();
    loop {
        let block = chain.build_group_change(group.clone(), signer, &mut rng);
        let block = block.expect("its signer is in the group");
        chain.apply(&block).expect("it stands on the one before");
        if block.height().value() >= height {
            return block;
        }
    }
}

/// A user under a key that no member has.
fn rekeyed(user: UserId) -> Participant {
    let key = PrivateKey::from_seed(&[user.value() as u8; 32]);
    pair(user, key.public_key())
}
