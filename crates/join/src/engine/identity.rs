//! A member's place in a call, as its requests name it.

use confcall_state::UserId;

use crate::api::{CallRef, LeaveGroupCall, Ssrc};

/// A member's place in a call: the call, the user, and the source of the user's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) call: CallRef,
    pub(super) user_id: UserId,
    pub(super) source: Ssrc,
}

impl Identity {
    /// The request by which it leaves.
    pub(super) fn leave(self) -> LeaveGroupCall {
        LeaveGroupCall {
            call: self.call.into(),
            source: self.source,
        }
    }
}
