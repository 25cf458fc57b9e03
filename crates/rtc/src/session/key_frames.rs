use core::time::Duration;

use confcall_media::Moment;

/// The least time between two requests.
const SHORTEST: Duration = Duration::from_secs(1);
/// The most time between two requests to a sender that was never readable.
const LONGEST: Duration = Duration::from_secs(10);

/// When a key frame is asked for: at once, then once a second; ever more seldom of a sender that was never readable.
///
/// It goes on until a key frame came through.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyFrames {
    is_wanted: bool,
    was_readable: bool,
    /// The last request.
    last: Option<Moment>,
    /// The time from it to the next.
    pause: Duration,
}

impl KeyFrames {
    /// A picture that begins, which takes a key frame.
    pub(super) fn new() -> Self {
        Self {
            is_wanted: true,
            was_readable: false,
            last: None,
            pause: SHORTEST,
        }
    }

    /// Asks for one: something before it is missing.
    pub(super) fn want(&mut self) {
        self.is_wanted = true;
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// Takes note of a key frame that came through.
    pub(super) fn arrived(&mut self) {
        self.is_wanted = false;
        self.was_readable = true;
        self.pause = SHORTEST;
    }

    /// True if a request is to be sent now.
    pub(super) fn take_request(&mut self, now: Moment) -> bool {
        let is_due = self.deadline().is_some_and(|deadline| now >= deadline);
        if is_due {
            if self.last.is_some() && !self.was_readable {
                self.pause = (self.pause * 2).min(LONGEST);
            }
            self.last = Some(now);
        }
        is_due
    }

    /// The moment of the next request, if one is to be sent.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let next = self
            .last
            .map_or(Moment::default(), |last| last + self.pause);
        self.is_wanted.then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(keys: &mut KeyFrames, seconds: core::ops::Range<u64>) -> Vec<u64> {
        let at = |second| Moment::new(Duration::from_secs(second));
        seconds
            .filter(|second| keys.take_request(at(*second)))
            .collect()
    }

    #[test]
    fn a_sender_that_was_never_readable_is_asked_ever_more_seldom() {
        let mut keys = KeyFrames::new();
        assert_eq!(requests(&mut keys, 0..40), [0, 1, 3, 7, 15, 25, 35]);
        keys.arrived();
        assert_eq!(requests(&mut keys, 40..50), [0; 0]);
        assert_eq!(keys.deadline(), None);
    }

    #[test]
    fn a_sender_that_became_readable_is_asked_within_a_second() {
        let mut keys = KeyFrames::new();
        assert_eq!(requests(&mut keys, 0..8), [0, 1, 3, 7]);
        keys.arrived();
        keys.want();
        assert_eq!(requests(&mut keys, 8..11), [8, 9, 10]);
    }

    #[test]
    fn a_sender_that_was_readable_is_asked_at_once_and_then_once_a_second() {
        let mut keys = KeyFrames::new();
        keys.arrived();
        keys.want();
        assert_eq!(requests(&mut keys, 10..14), [10, 11, 12, 13]);
        let soon = Moment::new(Duration::from_millis(13_500));
        keys.arrived();
        keys.want();
        assert!(!keys.take_request(soon));
        assert_eq!(keys.deadline(), Some(Moment::new(Duration::from_secs(14))));
    }
}
