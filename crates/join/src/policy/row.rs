use super::kind::CallKind;

/// The place of a field in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// In every request.
    Required,
    /// As the caller likes.
    Optional,
    /// In no request.
    Never,
}

/// One field for all kinds of call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    conference: Presence,
    video_chat: Presence,
    rtmp_viewer: Presence,
    live_story_listener: Presence,
}

impl Row {
    /// The cell of one kind of call.
    pub(super) const fn of(self, kind: CallKind) -> Presence {
        match kind {
            CallKind::Conference => self.conference,
            CallKind::VideoChat => self.video_chat,
            CallKind::RtmpViewer => self.rtmp_viewer,
            CallKind::LiveStoryListener => self.live_story_listener,
        }
    }
}

/// A row in the order of the table's columns.
pub(super) const fn row(
    conference: Presence,
    video_chat: Presence,
    rtmp_viewer: Presence,
    live_story_listener: Presence,
) -> Row {
    Row {
        conference,
        video_chat,
        rtmp_viewer,
        live_story_listener,
    }
}
