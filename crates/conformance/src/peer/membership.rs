use confcall_join::membership::Membership;

use super::refusal::Refusal;

/// A membership, and its seed once more: what holds keys does not show them, and a driver compares them.
pub(super) struct Call {
    pub(super) membership: Membership,
    pub(super) seed: [u8; 32],
}

impl Call {
    /// The membership, unless it ended.
    pub(super) fn alive(&mut self) -> Result<&mut Membership, Refusal> {
        match self.membership.ended() {
            Some(end) => Err(end.clone().into()),
            None => Ok(&mut self.membership),
        }
    }
}
