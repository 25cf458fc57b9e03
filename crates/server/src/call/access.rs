use std::collections::BTreeSet;

use confcall_state::UserId;

use crate::refusal::Refusal;

/// The creator of a call, and the users who were kicked from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    creator: Option<UserId>,
    kicked: BTreeSet<UserId>,
}

impl Access {
    /// A call that was recorded has no creator.
    pub(crate) fn new(creator: Option<UserId>, kicked: impl IntoIterator<Item = UserId>) -> Self {
        let kicked = kicked.into_iter().collect();
        Self { creator, kicked }
    }

    pub(crate) fn creator(&self) -> Option<UserId> {
        self.creator
    }

    pub(super) fn is_creator(&self, user_id: UserId) -> bool {
        self.creator == Some(user_id)
    }

    /// The users who come back only if the creator invites them.
    pub(crate) fn kicked(&self) -> &BTreeSet<UserId> {
        &self.kicked
    }

    pub(super) fn check_creator(&self, user_id: UserId) -> Result<(), Refusal> {
        match self.is_creator(user_id) {
            true => Ok(()),
            false => Err(Refusal::NotTheCreator(user_id)),
        }
    }

    /// Checks that a user may join.
    pub(super) fn check_join(&self, user_id: UserId) -> Result<(), Refusal> {
        match self.kicked.contains(&user_id) {
            true => Err(Refusal::Kicked(user_id)),
            false => Ok(()),
        }
    }

    /// Checks that one user may invite another.
    pub(super) fn check_invitation(&self, from: UserId, to: UserId) -> Result<(), Refusal> {
        match self.kicked.contains(&to) && !self.is_creator(from) {
            true => Err(Refusal::InvitedKicked(to)),
            false => Ok(()),
        }
    }

    pub(super) fn kick(&mut self, users: &[UserId]) {
        self.kicked.extend(users);
    }

    /// Lets a user join who was kicked.
    pub(super) fn pardon(&mut self, user_id: UserId) {
        self.kicked.remove(&user_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATOR: UserId = UserId::new(1);
    const OTHER: UserId = UserId::new(2);
    const KICKED: UserId = UserId::new(3);

    #[test]
    fn a_kicked_user_joins_after_a_pardon_only_which_the_creator_alone_may_offer() {
        let mut access = Access::new(Some(CREATOR), []);
        access.kick(&[KICKED]);
        assert_eq!(access.check_join(KICKED), Err(Refusal::Kicked(KICKED)));
        assert_eq!(access.check_join(OTHER), Ok(()));
        let refused = Err(Refusal::InvitedKicked(KICKED));
        assert_eq!(access.check_invitation(OTHER, KICKED), refused);
        assert_eq!(access.check_invitation(CREATOR, KICKED), Ok(()));
        access.pardon(KICKED);
        assert_eq!(access.check_join(KICKED), Ok(()));
    }

    #[test]
    fn a_recorded_call_has_no_creator() {
        let access = Access::new(None, []);
        assert_eq!(
            access.check_creator(CREATOR),
            Err(Refusal::NotTheCreator(CREATOR))
        );
    }
}
