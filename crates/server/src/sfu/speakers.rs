use core::time::Duration;
use std::time::Instant;

use crate::limits;

/// The time without a voice after which a speaker gives its place to another one.
const SILENCE: Duration = Duration::from_secs(1);

/// The sources of a call whose sound is passed on, as many as listeners can decode.
#[derive(Debug)]
pub(super) struct Speakers<K> {
    places: Vec<(K, Instant)>,
}

impl<K: Copy + PartialEq> Speakers<K> {
    pub(super) fn new() -> Self {
        Self { places: Vec::new() }
    }

    /// Lets a packet of a speaker pass, who takes a free place or that of one who has been silent for a while.
    pub(super) fn admit(&mut self, speaker: K, has_voice: bool, now: Instant) -> bool {
        if let Some((_, heard)) = self.places.iter_mut().find(|(one, _)| *one == speaker) {
            if has_voice {
                *heard = now;
            }
            return true;
        }
        if self.places.len() < limits::SPEAKERS {
            self.places.push((speaker, now));
            return true;
        }
        let quietest = self.places.iter_mut().min_by_key(|(_, heard)| *heard);
        match quietest {
            Some(place) if has_voice && now.saturating_duration_since(place.1) >= SILENCE => {
                *place = (speaker, now);
                true
            }
            _ => false,
        }
    }

    /// Frees the place of a speaker.
    pub(super) fn forget(&mut self, speaker: K) {
        self.places.retain(|(one, _)| *one != speaker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_speak_at_a_time_and_who_is_silent_gives_way_to_a_voice() {
        let mut speakers = Speakers::new();
        let start = Instant::now();
        for speaker in 0..limits::SPEAKERS {
            assert!(speakers.admit(speaker, true, start));
        }
        let late = limits::SPEAKERS;
        assert!(!speakers.admit(late, true, start + Duration::from_millis(999)));
        let later = start + SILENCE;
        for speaker in 1..limits::SPEAKERS {
            assert!(speakers.admit(speaker, true, later));
        }
        assert!(!speakers.admit(late, false, later));
        assert!(speakers.admit(late, true, later));
        assert!(!speakers.admit(0, true, later));
        speakers.forget(late);
        assert!(speakers.admit(0, false, later));
    }
}
