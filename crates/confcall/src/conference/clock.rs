use confcall_media::Moment;
use tokio::time::Instant;

/// The clock of one conference: the time since it began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now(self) -> Moment {
        Moment::new(self.0.elapsed())
    }

    /// When a moment comes; `None` if it lies beyond what the clock can show.
    pub(super) fn instant(self, moment: Moment) -> Option<Instant> {
        self.0.checked_add(moment.since(Moment::default()))
    }
}
