use confcall_state::wire::GroupState;
use confcall_state::{Block, UserId};
use rand_core::CryptoRng;

use super::{ChangeError, Membership};

impl Membership {
    /// Builds the block that gives the call this group, with a new key for all who are in it.
    ///
    /// The block counts only once the server has sent it back; the membership does not change.
    ///
    /// # Errors
    ///
    /// [`ChangeError`]
    pub fn change_group(
        &self,
        group_state: GroupState,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Block, ChangeError> {
        self.check_alive()?;
        let block = self.chain.build_group_change(group_state, &self.key, rng)?;
        Ok(block)
    }

    /// Builds the block that removes these users and leaves everybody else as they are.
    ///
    /// Implements `spec/protocol.md`, 8. Users who are not in the call need no removal and are passed over.
    ///
    /// # Errors
    ///
    /// [`ChangeError`]
    pub fn remove(
        &self,
        users: &[UserId],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Block, ChangeError> {
        self.check_alive()?;
        if users.contains(&self.user_id) {
            return Err(ChangeError::Ourselves);
        }
        let mut group_state = GroupState::clone(self.state().group_state());
        let before = group_state.participants.len();
        group_state
            .participants
            .retain(|one| !users.contains(&one.user_id));
        if group_state.participants.len() == before {
            return Err(ChangeError::Nobody);
        }
        self.change_group(group_state, rng)
    }
}
