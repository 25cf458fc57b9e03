//! The place of each packet of a speaker in a file that lines up with those of others.

use core::time::Duration;

use super::shape::RATE;
use crate::limits;

/// The step of durations of Opus, 2.5 ms. Less than that is no gap.
const STEP: u64 = 120;
/// The most that timestamps of one sound differ by from one packet to the next, 1 s. Behind a larger step they count anew.
const NEAR: u64 = RATE;
/// The most that a file falls behind the clock before it is filled, 200 ms: what comes in late bursts is no pause.
const BEHIND: u64 = RATE / 5;
/// The most that a file runs ahead of the clock, 1 s, so that a speaker who sends too much fills no file.
const AHEAD: u64 = RATE;

/// The sound of a speaker on the clock of a recording, in samples at 48 kHz.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timeline {
    /// The end of the file.
    end: u64,
    /// What was cut out of pauses.
    cut: u64,
    /// The timestamp that follows the last packet.
    next: Option<u32>,
}

/// A place for a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The silence before it, a multiple of 2.5 ms.
    pub(super) silence: u64,
    /// What is cut out of that silence.
    pub(super) cut: u64,
}

/// A packet without a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// What follows it is written, or it is.
    Late,
    /// The file is further than the clock.
    Ahead,
}

impl Timeline {
    /// The place of a packet of so many samples that was due at a time of the recording.
    pub(super) fn place(
        &self,
        at: Duration,
        timestamp: u32,
        samples: u32,
    ) -> Result<Place, NoPlace> {
        let clock = position(at).saturating_sub(self.cut);
        let room = clock.saturating_add(AHEAD).saturating_sub(self.end);
        let lost = self.lost(timestamp)?;
        if room == 0 {
            return Err(NoPlace::Ahead);
        }
        let silence = match clock.saturating_sub(self.end) {
            pause if pause > lost.saturating_add(BEHIND) => pause,
            // What is there comes before what is lost.
            _ => lost.min(room.saturating_sub(samples.into())),
        };
        let silence = silence - silence % STEP;
        let most = limits::SILENCE_SECONDS * RATE;
        Ok(Place {
            silence: silence.min(most),
            cut: silence.saturating_sub(most),
        })
    }

    /// Goes on behind a packet at its place.
    pub(super) fn advance(&mut self, place: Place, timestamp: u32, samples: u32) {
        self.end += place.silence + u64::from(samples);
        self.cut = self.cut.saturating_add(place.cut);
        self.next = Some(timestamp.wrapping_add(samples));
    }

    /// The samples that were lost before a packet, by its timestamp.
    fn lost(&self, timestamp: u32) -> Result<u64, NoPlace> {
        let Some(next) = self.next else {
            return Ok(0);
        };
        let step = i64::from(timestamp.wrapping_sub(next).cast_signed());
        match (step < 0, step.unsigned_abs()) {
            (true, early) if (STEP..=NEAR).contains(&early) => Err(NoPlace::Late),
            (false, lost) if lost <= NEAR => Ok(lost),
            _ => Ok(0),
        }
    }
}

fn position(at: Duration) -> u64 {
    let samples = at.as_nanos() * u128::from(RATE) / 1_000_000_000;
    u64::try_from(samples).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: u32 = 960;

    /// The silence before each of these packets of 20 ms, by their times in ms and their timestamps.
    fn silences(packets: &[(u64, u32)]) -> Vec<Result<u64, NoPlace>> {
        let mut timeline = Timeline::default();
        let places = packets.iter().map(|&(at, timestamp)| {
            let place = timeline.place(Duration::from_millis(at), timestamp, PACKET)?;
            timeline.advance(place, timestamp, PACKET);
            Ok(place.silence)
        });
        places.collect()
    }

    #[test]
    fn packets_that_follow_each_other_have_no_silence_between_them_whenever_they_come() {
        let packets = [(0, 7), (0, 967), (199, 1927), (30, 2887)];
        assert_eq!(silences(&packets), [Ok(0); 4]);
        // Timestamps begin anywhere, and wrap.
        let packets = [(0, u32::MAX - 400), (20, 559)];
        assert_eq!(silences(&packets), [Ok(0); 2]);
    }

    #[test]
    fn lost_packets_are_silence_by_their_timestamps() {
        assert_eq!(silences(&[(0, 0), (60, 2880)]), [Ok(0), Ok(1920)]);
        // Less than a duration of Opus is none.
        assert_eq!(silences(&[(0, 0), (20, 1079)]), [Ok(0), Ok(0)]);
        assert_eq!(silences(&[(0, 0), (20, 1080)]), [Ok(0), Ok(120)]);
    }

    #[test]
    fn a_pause_is_silence_by_the_clock_whatever_the_timestamps_say() {
        for timestamp in [960, 4800, 1 << 31] {
            let packets = [(0, 0), (5000, timestamp)];
            assert_eq!(silences(&packets), [Ok(0), Ok(239_040)], "{timestamp}");
        }
        assert_eq!(silences(&[(5000, 9)]), [Ok(240_000)]);
    }

    #[test]
    fn a_packet_that_comes_twice_or_behind_its_followers_is_late() {
        let packets = [(0, 0), (20, 960), (20, 960), (40, 0), (40, 1920)];
        let late = Err(NoPlace::Late);
        assert_eq!(silences(&packets), [Ok(0), Ok(0), late, late, Ok(0)]);
        // So far back they count anew.
        assert_eq!(silences(&[(0, 100_000), (20, 7)]), [Ok(0), Ok(0)]);
    }

    #[test]
    fn nobody_gets_further_ahead_of_the_clock_than_a_second() {
        let packets: Vec<_> = (0..500).map(|number| (0, number * PACKET)).collect();
        let written = silences(&packets).into_iter().filter(Result::is_ok).count();
        assert_eq!(written, 50);
        // Nor by leaving out timestamps, nor for ever.
        let packets: Vec<_> = (0..500).map(|number| (0, number * 40_000)).collect();
        let written = silences(&packets).into_iter().flatten();
        assert!(written.map(|silence| silence + 960).sum::<u64>() <= 48_960);
        // Of a clock that is a twentieth too fast, a twentieth is left out.
        let fast = (0..5000).map(|number| (u64::from(number) * 19, number * PACKET));
        let fast: Vec<_> = fast.collect();
        let refused = silences(&fast).into_iter().filter(Result::is_err).count();
        assert!((190..=250).contains(&refused), "{refused}");
    }

    #[test]
    fn a_long_pause_is_cut_and_the_rest_lines_up_behind_it() {
        let mut timeline = Timeline::default();
        let most = limits::SILENCE_SECONDS * RATE;
        let at = Duration::from_secs(limits::SILENCE_SECONDS + 10);
        let place = timeline.place(at, 0, PACKET).unwrap();
        let (silence, cut) = (most, 10 * RATE);
        assert_eq!(place, Place { silence, cut });
        timeline.advance(place, 0, PACKET);
        let at = at + Duration::from_millis(20);
        let (silence, cut) = (0, 0);
        let next = timeline.place(at, PACKET, PACKET).unwrap();
        assert_eq!(next, Place { silence, cut });
    }
}
