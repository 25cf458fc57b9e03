use core::time::Duration;
use std::time::Instant;

/// The least time between two requests for a key frame of one source.
const PAUSE: Duration = Duration::from_secs(1);

/// The requests for key frames of one source.
#[derive(Debug, Default)]
pub(super) struct KeyFrames {
    asked: Option<Instant>,
    is_wanted: bool,
}

impl KeyFrames {
    /// Takes note that a receiver needs one.
    pub(super) fn want(&mut self) {
        self.is_wanted = true;
    }

    /// True if one is to be asked for now, which is then done.
    pub(super) fn take_due(&mut self, now: Instant) -> bool {
        let is_due = self.due().is_some_and(|due| due.is_none_or(|at| at <= now));
        if is_due {
            self.is_wanted = false;
            self.asked = Some(now);
        }
        is_due
    }

    /// The moment at which one is to be asked for; `None` for now or never.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due().flatten()
    }

    fn due(&self) -> Option<Option<Instant>> {
        self.is_wanted
            .then(|| self.asked.map(|asked| asked + PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_is_asked_for_and_what_is_wanted_meanwhile_is_not_forgotten() {
        let (mut key_frames, start) = (KeyFrames::default(), Instant::now());
        assert!(!key_frames.take_due(start));
        key_frames.want();
        assert!(key_frames.take_due(start));
        key_frames.want();
        let soon = start + Duration::from_millis(999);
        assert!(!key_frames.take_due(soon));
        assert_eq!(key_frames.deadline(), Some(start + PAUSE));
        assert!(key_frames.take_due(start + PAUSE));
        assert!(!key_frames.take_due(start + PAUSE * 3));
    }
}
