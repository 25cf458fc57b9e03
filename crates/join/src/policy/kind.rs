use core::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of group call that `phone.joinGroupCall` serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// An end-to-end encrypted conference.
    Conference,
    /// The video chat or livestream of a group or channel.
    VideoChat,
    /// A stream that is fed by RTMP, as seen by a viewer.
    RtmpViewer,
    /// A live story, as heard by a listener.
    LiveStoryListener,
}

impl CallKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::Conference,
        Self::VideoChat,
        Self::RtmpViewer,
        Self::LiveStoryListener,
    ];
}

impl fmt::Display for CallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conference => "a conference",
            Self::VideoChat => "a video chat",
            Self::RtmpViewer => "an RTMP stream",
            Self::LiveStoryListener => "a live story",
        })
    }
}
