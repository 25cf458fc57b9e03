use confcall_join::api::{CreateConferenceCall, JoinGroupCall, Peer};
use confcall_join::policy::{self, CallKind, PolicyViolation};
use confcall_state::{PublicKey, UserId};

use crate::room::Entrance;

const KIND: CallKind = CallKind::Conference;

/// A user's request to join a conference, which keeps to the policy of conferences.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JoinRequest<'a> {
    pub(crate) entrance: Entrance<'a>,
    pub(crate) public_key: PublicKey,
    pub(crate) block: &'a [u8],
}

impl<'a> JoinRequest<'a> {
    /// The join of a call that is there.
    pub(crate) fn of_join(
        user_id: UserId,
        request: &'a JoinGroupCall,
        date: i32,
    ) -> Result<Self, PolicyViolation> {
        policy::check(KIND, request)?;
        let block = request.block.as_deref();
        Ok(Self {
            entrance: Entrance {
                user_id,
                peer: Peer::User(user_id),
                params: &request.params,
                muted: request.muted,
                video_stopped: request.video_stopped,
                date,
            },
            public_key: request
                .public_key
                .ok_or(PolicyViolation::KeyMissing(KIND))?,
            block: block.ok_or(PolicyViolation::BlockMissing(KIND))?,
        })
    }

    /// The join that a creation holds, if it holds one.
    pub(crate) fn of_creation(
        user_id: UserId,
        request: &'a CreateConferenceCall,
        date: i32,
    ) -> Result<Option<Self>, PolicyViolation> {
        policy::check_creation(request)?;
        let Some(public_key) = request.public_key else {
            return Ok(None);
        };
        let (block, params) = (request.block.as_deref(), request.params.as_ref());
        Ok(Some(Self {
            entrance: Entrance {
                user_id,
                peer: Peer::User(user_id),
                params: params.ok_or(PolicyViolation::PayloadMissing(KIND))?,
                muted: request.muted,
                video_stopped: request.video_stopped,
                date,
            },
            public_key,
            block: block.ok_or(PolicyViolation::BlockMissing(KIND))?,
        }))
    }
}
