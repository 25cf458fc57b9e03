//! Requests that cannot break the policy, one type for each kind of call.

use crate::api::{CreateConferenceCall, InputGroupCall, InputPeer, JoinGroupCall};
use crate::joining::{CheckedJoin, InviteHash, JoinPayload};

/// The sound and picture of a joining user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// The join payload.
    pub payload: JoinPayload,
    /// True to join with the microphone off.
    pub muted: bool,
    /// True to join with the camera off.
    pub video_stopped: bool,
}

/// Joins a conference: as the user itself, with key and block, and without `invite_hash`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConferenceJoin {
    /// The call.
    pub call: InputGroupCall,
    /// The block that adds the user, and the key that it announces.
    pub block: CheckedJoin,
    /// The user's sound and picture.
    pub media: Media,
}

/// Joins a video chat or livestream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoChatJoin {
    /// The call.
    pub call: InputGroupCall,
    /// As whom to join.
    pub join_as: InputPeer,
    /// The hash of the invitation link.
    pub invite_hash: Option<InviteHash>,
    /// The join payload.
    pub payload: JoinPayload,
    /// True to join with the microphone off.
    pub muted: bool,
    /// True to join with the camera off.
    pub video_stopped: bool,
}

/// Joins an RTMP stream as a viewer, who sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtmpJoin {
    /// The call.
    pub call: InputGroupCall,
    /// As whom to join.
    pub join_as: InputPeer,
    /// The hash of the invitation link.
    pub invite_hash: Option<InviteHash>,
    /// The join payload; its groups are left out.
    pub payload: JoinPayload,
}

/// Joins a live story as a listener, who sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveStoryJoin {
    /// The call.
    pub call: InputGroupCall,
    /// The join payload; its groups are left out.
    pub payload: JoinPayload,
}

/// Creates a conference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConferenceCreation {
    /// A number by which the server recognises the same request sent twice.
    pub random_id: i32,
    /// With what the creator joins at once; without it the call has no block yet.
    pub join: Option<FirstJoin>,
}

/// The join of a conference by its creator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstJoin {
    /// Block 0, and the key that it announces.
    pub block: CheckedJoin,
    /// The creator's sound and picture.
    pub media: Media,
}

impl ConferenceJoin {
    /// The request.
    pub fn into_request(self) -> JoinGroupCall {
        let (public_key, block) = self.block.into_parts();
        JoinGroupCall {
            muted: self.media.muted,
            video_stopped: self.media.video_stopped,
            call: self.call,
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            public_key: Some(public_key),
            block: Some(block),
            params: self.media.payload.to_params(),
        }
    }
}

impl VideoChatJoin {
    /// The request.
    pub fn into_request(self) -> JoinGroupCall {
        let hash = self.invite_hash.map(|hash| hash.as_str().to_owned());
        JoinGroupCall {
            muted: self.muted,
            video_stopped: self.video_stopped,
            call: self.call,
            join_as: self.join_as,
            invite_hash: hash,
            public_key: None,
            block: None,
            params: self.payload.to_params(),
        }
    }
}

impl RtmpJoin {
    /// The request.
    pub fn into_request(self) -> JoinGroupCall {
        let Self {
            call,
            join_as,
            invite_hash,
            payload,
        } = self;
        let video_chat = VideoChatJoin {
            call,
            join_as,
            invite_hash,
            // A viewer publishes nothing, whatever payload it was given.
            payload: payload.without_ssrc_groups(),
            muted: true,
            video_stopped: true,
        };
        video_chat.into_request()
    }
}

impl LiveStoryJoin {
    /// The request.
    pub fn into_request(self) -> JoinGroupCall {
        let Self { call, payload } = self;
        let stream = RtmpJoin {
            call,
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            payload,
        };
        stream.into_request()
    }
}

impl ConferenceCreation {
    /// The request.
    pub fn into_request(self) -> CreateConferenceCall {
        let random_id = self.random_id;
        let Some(join) = self.join else {
            return CreateConferenceCall {
                muted: false,
                video_stopped: false,
                random_id,
                public_key: None,
                block: None,
                params: None,
            };
        };
        let (public_key, block) = join.block.into_parts();
        CreateConferenceCall {
            muted: join.media.muted,
            video_stopped: join.media.video_stopped,
            random_id,
            public_key: Some(public_key),
            block: Some(block),
            params: Some(join.media.payload.to_params()),
        }
    }
}
