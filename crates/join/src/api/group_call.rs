use serde::{Deserialize, Serialize};

use super::traced;
use super::{AccessHash, CallId, CallRef, InputGroupCall, InviteLink, Peer};

/// A call as the server shows it, the API's `GroupCall` (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupCall {
    /// A call that goes on, or is yet to begin.
    Active(Box<ActiveCall>),
    /// A call that is over.
    Discarded {
        /// The id of the call.
        id: CallId,
        /// The access hash for it.
        #[serde(with = "traced::access_hash")]
        access_hash: AccessHash,
        /// Its duration, in seconds.
        duration: i32,
    },
}

/// A call that goes on, or is yet to begin; times are in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveCall {
    /// The id by which later updates name the call.
    pub id: CallId,
    /// The access hash for it.
    #[serde(with = "traced::access_hash")]
    pub access_hash: AccessHash,
    /// True if the call is an end-to-end encrypted conference.
    pub conference: bool,
    /// True if one program outside feeds the call by RTMP; no conference is.
    #[serde(default)]
    pub rtmp_stream: bool,
    /// True if the user who asks created the call.
    pub creator: bool,
    /// The number of participants in the roster.
    pub participants_count: i32,
    /// The link of a conference.
    #[serde(with = "traced::link")]
    pub invite_link: Option<InviteLink>,
    /// The number of the roster.
    pub version: i32,
    /// The settings of the call.
    #[serde(default)]
    pub settings: CallSettings,
    /// True if what depends on who looks is left out.
    #[serde(default)]
    pub min: bool,
    /// The title; the chat's own if there is none.
    #[serde(default, with = "traced::optional_label")]
    pub title: Option<String>,
    /// The data centre that has the parts of a stream.
    #[serde(default)]
    pub stream_dc: Option<i32>,
    /// The time since which the call is recorded.
    #[serde(default)]
    pub recorded_since: Option<i32>,
    /// True if the recording has video.
    #[serde(default)]
    pub records_video: bool,
    /// The time for which the call is announced, while it has not begun.
    #[serde(default)]
    pub scheduled_for: Option<i32>,
    /// True if the user who asks is told when the call begins.
    #[serde(default)]
    pub start_subscribed: bool,
    /// True if the user who asks may turn on a camera.
    #[serde(default)]
    pub can_start_video: bool,
    /// The number of participants who send video.
    #[serde(default)]
    pub video_count: Option<i32>,
    /// The number of participants who may send video.
    #[serde(default)]
    pub video_limit: i32,
    /// True if the participants are listed in the order in which they joined.
    #[serde(default)]
    pub joined_order: bool,
    /// True if those who only listen are counted and not listed.
    #[serde(default)]
    pub listeners_hidden: bool,
    /// The least price of a message in a live story, in stars.
    #[serde(default)]
    pub message_price: Option<i64>,
    /// As whom the user who asks comments on a live story, if nothing else is said.
    #[serde(default)]
    pub default_send_as: Option<Peer>,
}

/// The settings of a call, and who may change them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSettings {
    /// True if those who join are muted until an admin lets them speak.
    pub join_muted: bool,
    /// True if the user who asks may change that.
    pub can_change_join_muted: bool,
    /// True if messages can be sent.
    pub messages_enabled: bool,
    /// True if the user who asks may change that.
    pub can_change_messages_enabled: bool,
}

impl GroupCall {
    /// The reference that names the call in requests and in later updates.
    pub fn reference(&self) -> InputGroupCall {
        self.named().into()
    }

    /// The call by its id.
    pub fn named(&self) -> CallRef {
        match *self {
            Self::Active(ref call) => call.named(),
            Self::Discarded {
                id, access_hash, ..
            } => CallRef { id, access_hash },
        }
    }

    /// The call, unless it is over.
    pub fn active(&self) -> Option<&ActiveCall> {
        match self {
            Self::Active(call) => Some(call),
            Self::Discarded { .. } => None,
        }
    }
}

impl ActiveCall {
    /// A call in which nobody is yet, with everything off that can be off.
    pub fn new(call: CallRef) -> Self {
        Self {
            id: call.id,
            access_hash: call.access_hash,
            conference: false,
            rtmp_stream: false,
            creator: false,
            participants_count: 0,
            invite_link: None,
            version: 1,
            settings: CallSettings::default(),
            min: false,
            title: None,
            stream_dc: None,
            recorded_since: None,
            records_video: false,
            scheduled_for: None,
            start_subscribed: false,
            can_start_video: false,
            video_count: None,
            video_limit: 0,
            joined_order: false,
            listeners_hidden: false,
            message_price: None,
            default_send_as: None,
        }
    }

    /// A conference in which nobody is yet, with everything off that can be off.
    pub fn conference(call: CallRef) -> Self {
        Self {
            conference: true,
            ..Self::new(call)
        }
    }

    /// The call by its id.
    pub fn named(&self) -> CallRef {
        CallRef {
            id: self.id,
            access_hash: self.access_hash,
        }
    }
}

impl From<Box<ActiveCall>> for GroupCall {
    fn from(call: Box<ActiveCall>) -> Self {
        Self::Active(call)
    }
}

impl From<ActiveCall> for GroupCall {
    fn from(call: ActiveCall) -> Self {
        Self::Active(Box::new(call))
    }
}
