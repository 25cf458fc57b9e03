use confcall_join::api::{CreateConferenceCall, DataJson, JoinGroupCall};
use confcall_join::policy::{self, CallKind, PolicyViolation};
use confcall_state::{PublicKey, UserId};

const KIND: CallKind = CallKind::Conference;

/// A user's request to join a conference, which keeps to the policy of conferences.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JoinRequest<'a> {
    pub(crate) user_id: UserId,
    pub(crate) public_key: PublicKey,
    pub(crate) block: &'a [u8],
    pub(crate) params: &'a DataJson,
    pub(crate) muted: bool,
    pub(crate) video_stopped: bool,
    /// The time of the request, in seconds since 1970.
    pub(crate) date: i32,
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
            user_id,
            public_key: request
                .public_key
                .ok_or(PolicyViolation::KeyMissing(KIND))?,
            block: block.ok_or(PolicyViolation::BlockMissing(KIND))?,
            params: &request.params,
            muted: request.muted,
            video_stopped: request.video_stopped,
            date,
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
            user_id,
            public_key,
            block: block.ok_or(PolicyViolation::BlockMissing(KIND))?,
            params: params.ok_or(PolicyViolation::PayloadMissing(KIND))?,
            muted: request.muted,
            video_stopped: request.video_stopped,
            date,
        }))
    }
}
