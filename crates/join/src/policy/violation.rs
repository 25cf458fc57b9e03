use confcall_state::tl::ReadError;
use thiserror::Error;

use super::kind::CallKind;
use crate::joining::PayloadError;

/// A request breaks a rule of its kind of call; each variant is one rule (`spec/protocol.md`, 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyViolation {
    /// The bytes are no request that could be checked.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The request exists for conferences only.
    #[error("{0} has no chain, and this request is for conferences only")]
    NotAConference(CallKind),
    /// The request joins as another peer.
    #[error("join_as is always inputPeerSelf for {0}")]
    JoinAsNotSelf(CallKind),
    /// The request has an `invite_hash`.
    #[error("invite_hash is never set for {0}")]
    InviteHashForbidden(CallKind),
    /// The request has no `public_key`.
    #[error("public_key is required for {0}")]
    KeyMissing(CallKind),
    /// The request has no `block`.
    #[error("block is required for {0}")]
    BlockMissing(CallKind),
    /// The request has a `public_key`.
    #[error("public_key is never set for {0}")]
    KeyForbidden(CallKind),
    /// The request has a `block`.
    #[error("block is never set for {0}")]
    BlockForbidden(CallKind),
    /// The request does not set `muted`.
    #[error("muted is required for {0}")]
    NotMuted(CallKind),
    /// The request does not set `video_stopped`.
    #[error("video_stopped is required for {0}")]
    VideoNotStopped(CallKind),
    /// The request has no `params`.
    #[error("params is required for {0}")]
    PayloadMissing(CallKind),
    /// The `params` are not a valid join payload.
    #[error("the join payload is not valid: {0}")]
    Payload(#[from] PayloadError),
    /// The request changes participants, or shares a screen.
    #[error("participants are not changed, and no screen is shared, in {0}")]
    NotForPublishers(CallKind),
    /// The request raises or lowers a hand.
    #[error("raise_hand is never set for {0}")]
    HandForbidden(CallKind),
    /// The volume is not from 1 to 20000.
    #[error("the volume is {0}, not from 1 to 20000")]
    VolumeOutOfRange(i32),
    /// The request is about what only the calls of groups and channels have.
    #[error("{0} has nothing of the kind that this request is about")]
    OnlyInChats(CallKind),
    /// The request sets `send_as`.
    #[error("send_as is never set for {0}")]
    SendAsForbidden(CallKind),
    /// The request pays for a message.
    #[error("allow_paid_stars is never set for {0}")]
    PaymentForbidden(CallKind),
    /// The request sets `join_muted`.
    #[error("join_muted is never set for {0}")]
    JoinMutedForbidden(CallKind),
    /// The request sets the price of a message.
    #[error("send_paid_messages_stars is never set for {0}")]
    PriceForbidden(CallKind),
    /// The `params` have `ssrc-groups`.
    #[error("ssrc-groups are never set for {0}")]
    SsrcGroupsForbidden(CallKind),
}
