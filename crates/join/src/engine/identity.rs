//! A member's place in a call, as its requests name it.

use crate::api::{CallRef, LeaveGroupCall, Peer, Ssrc};

/// A member's place in a call: the call, the peer as whom it is there, and the source of its sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) call: CallRef,
    /// A user in a conference; elsewhere a channel or a group as well.
    pub(super) peer: Peer,
    pub(super) source: Ssrc,
}

impl Identity {
    /// The request by which it leaves.
    pub(super) fn leave(self) -> LeaveGroupCall {
        LeaveGroupCall {
            call: self.call.into(),
            source: Some(self.source),
        }
    }
}
