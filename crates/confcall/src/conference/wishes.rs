use confcall_join::engine::{Command, MediaState};

/// What a caller wants, of which only the newest counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    media: Option<Media>,
    pub(super) announced: Option<Announced>,
    pub(super) leave: bool,
}

/// How the media connection is.
///
/// What was told of an old membership is news for a new one, so each telling has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Media {
    telling: u64,
    state: MediaState,
}

/// What a later join announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) muted: bool,
    pub(super) video_stopped: bool,
}

impl Wishes {
    pub(super) fn tell_media(&mut self, state: MediaState) {
        let before = self.media.map_or(0, |media| media.telling);
        let telling = before.wrapping_add(1);
        self.media = Some(Media { telling, state });
    }

    /// What an engine that was told of `before` is to be told.
    pub(super) fn commands_since(&self, before: &Self) -> Vec<Command> {
        let media = self.media.filter(|_| self.media != before.media);
        let announced = self
            .announced
            .filter(|_| self.announced != before.announced);
        let leave = (self.leave && !before.leave).then_some(Command::Leave);
        let announced = announced.map(|one| Command::Announce {
            muted: one.muted,
            video_stopped: one.video_stopped,
        });
        let commands = [
            announced,
            media.map(|media| Command::Media(media.state)),
            leave,
        ];
        commands.into_iter().flatten().collect()
    }
}
