use core::fmt;

use confcall::join::stream::{StreamPart, Track};
use serde_json::{Value, json};

use super::byte_size::ByteSize;

/// How much of a stream has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    parts: u64,
    bytes: u64,
    /// The time that was heard, in milliseconds, each moment once.
    heard_ms: i64,
}

impl Progress {
    /// Counts a part.
    pub(super) fn count(&mut self, part: &StreamPart) {
        self.parts = self.parts.saturating_add(1);
        self.bytes = self.bytes.saturating_add(part.bytes.len() as u64);
        // Pictures are of the time of the sound beside them.
        if !matches!(part.track, Track::Picture(_)) {
            self.heard_ms = self.heard_ms.saturating_add(part.duration_ms.max(0));
        }
    }

    /// The fields for programs.
    pub(super) fn json(&self) -> Value {
        json!({"parts": self.parts, "bytes": self.bytes, "heard_ms": self.heard_ms})
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, bytes) = (self.heard_ms / 1000, ByteSize(self.bytes));
        let (minutes, rest) = (seconds / 60, seconds % 60);
        match minutes {
            0 => write!(f, "{rest} s in {} parts, {bytes}", self.parts),
            _ => write!(f, "{minutes} min {rest} s in {} parts, {bytes}", self.parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall::join::stream::{Quality, WantedVideo};

    #[test]
    fn the_time_of_sound_and_its_pictures_counts_once() {
        let mut progress = Progress::default();
        let endpoint = "a".to_owned();
        let quality = Quality::Full;
        for track in [
            Track::Sound,
            Track::Picture(WantedVideo { endpoint, quality }),
            Track::Sound,
        ] {
            progress.count(&StreamPart {
                track,
                time_ms: 0,
                duration_ms: 60_000,
                bytes: vec![0; 1024],
            });
        }
        assert_eq!(progress.to_string(), "2 min 0 s in 3 parts, 3 KiB");
        assert_eq!(progress.json()["heard_ms"], 120_000);
    }
}
