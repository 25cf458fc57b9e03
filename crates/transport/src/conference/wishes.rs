use confcall_join::engine::{Command, MediaState};

/// What a caller wants, of which only the newest counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    pub(super) media: Option<MediaState>,
    pub(super) announced: Option<Announced>,
    pub(super) leave: bool,
}

/// What a later join announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) muted: bool,
    pub(super) video_stopped: bool,
}

impl Wishes {
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
        let commands = [announced, media.map(Command::Media), leave];
        commands.into_iter().flatten().collect()
    }
}
