use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use confcall_media::Moment;

use crate::limits;

/// The delay below which no frame is given out, however steadily they come.
const SHORTEST: Duration = Duration::from_millis(50);
/// The delay beyond which a late frame is a lost one.
const LONGEST: Duration = Duration::from_millis(500);
/// The room above what was measured.
const MARGIN: Duration = Duration::from_millis(10);
/// The step by which the delay becomes shorter with each packet; it becomes longer at once.
const STEP: Duration = Duration::from_millis(1);
/// The jump of the time on the way after which everything is measured from the beginning: a pause, or another clock.
const JUMP: i64 = 1_000_000;
/// The packets over which the time on the way is measured: five seconds of frames of 20 ms.
const MEASURED: usize = 250;

/// The frames of one voice, put in order and given out evenly.
///
/// Each has its time, at which it would have arrived on the fastest way that was seen of late, and the delay on top. The delay covers
/// 95 of 100 packets.
#[derive(Debug)]
pub(super) struct JitterBuffer<T> {
    frames: BTreeMap<u64, (Moment, T)>,
    /// The number after the last one that was given out.
    next: Option<u64>,
    /// The times on the way of the last packets in µs, from an unknown origin.
    ways: VecDeque<i64>,
    delay: Duration,
    figures: JitterFigures,
}

/// The figures of a voice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JitterFigures {
    /// The frames that came, late ones too.
    pub received: u64,
    /// The frames that had not come when their turn was.
    pub lost: u64,
    /// The frames that came after their turn.
    pub late: u64,
    /// The delay from the fastest arrival to the turn.
    pub delay: Duration,
}

/// A frame whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due<T> {
    pub(super) frame: T,
    /// The frames that are missing before it.
    pub(super) missing: u64,
}

impl<T> JitterBuffer<T> {
    pub(super) fn new() -> Self {
        Self {
            frames: BTreeMap::new(),
            next: None,
            ways: VecDeque::new(),
            delay: SHORTEST,
            figures: JitterFigures::default(),
        }
    }

    pub(super) fn figures(&self) -> JitterFigures {
        JitterFigures {
            delay: self.delay,
            ..self.figures
        }
    }

    /// Takes a frame by its number in the stream and its time in samples at 48 kHz.
    pub(super) fn insert(&mut self, now: Moment, number: u64, samples: u64, frame: T) {
        self.figures.received += 1;
        let due = now + self.measure(now, samples);
        if self.next.is_some_and(|next| number < next) {
            self.figures.late += 1;
            return;
        }
        self.frames.insert(number, (due, frame));
    }

    /// The time from now to the turn of a frame.
    fn measure(&mut self, now: Moment, samples: u64) -> Duration {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        let arrival = micros(now.since(Moment::default()));
        // 48 samples are a millisecond.
        let sent = i64::try_from((samples / 6).saturating_mul(125)).unwrap_or(i64::MAX);
        let way = arrival.saturating_sub(sent);
        if self
            .ways
            .back()
            .is_some_and(|last| last.saturating_sub(way).saturating_abs() > JUMP)
        {
            self.ways.clear();
        }
        if self.ways.len() >= MEASURED {
            self.ways.pop_front();
        }
        self.ways.push_back(way);

        let fastest = self.ways.iter().copied().min().unwrap_or(way);
        let mut slower: Vec<_> = self
            .ways
            .iter()
            .map(|way| way.saturating_sub(fastest))
            .collect();
        let last = slower.len().saturating_sub(1);
        let (_, covering, _) = slower.select_nth_unstable(last * 95 / 100);
        let to_duration = |micros: i64| Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        let wanted = (to_duration(*covering) + MARGIN).clamp(SHORTEST, LONGEST);
        self.delay = wanted.max(self.delay.saturating_sub(STEP));
        self.delay
            .saturating_sub(to_duration(way.saturating_sub(fastest)))
    }

    /// Gives out the next frame if it is its turn.
    pub(super) fn take(&mut self, now: Moment) -> Option<Due<T>> {
        let is_full = self.frames.len() > limits::VOICE_FRAMES;
        let first = self.frames.first_entry()?;
        if now < first.get().0 && !is_full {
            return None;
        }
        let (number, (_, frame)) = first.remove_entry();
        let missing = self.next.map_or(0, |next| number.saturating_sub(next));
        self.figures.lost = self.figures.lost.saturating_add(missing);
        self.next = Some(number.saturating_add(1));
        Some(Due { frame, missing })
    }

    /// The moment of the next turn.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.frames.first_key_value().map(|(_, (due, _))| *due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: u64) -> Moment {
        Moment::new(Duration::from_millis(ms))
    }

    /// Puts in frames of 20 ms by number and arrival, and gives the moments at which they come out.
    fn run(arrivals: &[(u64, u64)]) -> (Vec<(u64, u64)>, JitterFigures) {
        let mut buffer = JitterBuffer::new();
        let mut out = Vec::new();
        let end = arrivals.iter().map(|arrival| arrival.1).max().unwrap_or(0) + 1000;
        for ms in 0..end {
            for (number, _) in arrivals.iter().filter(|arrival| arrival.1 == ms) {
                buffer.insert(at(ms), *number, number * 960, *number);
            }
            while let Some(due) = buffer.take(at(ms)) {
                out.push((due.frame, ms));
            }
        }
        (out, buffer.figures())
    }

    #[test]
    fn frames_that_come_evenly_wait_50_ms() {
        let arrivals: Vec<_> = (0..100).map(|number| (number, 7 + number * 20)).collect();
        let (out, figures) = run(&arrivals);
        let expected: Vec<_> = (0..100).map(|number| (number, 57 + number * 20)).collect();
        assert_eq!(out, expected);
        assert_eq!((figures.lost, figures.late), (0, 0));
        assert_eq!(figures.delay, SHORTEST);
    }

    #[test]
    fn frames_out_of_order_come_out_in_order_and_a_missing_one_is_counted() {
        let mut arrivals: Vec<_> = (0..50).map(|number| (number, number * 20)).collect();
        arrivals[10].1 += 30;
        arrivals.remove(20);
        let (out, figures) = run(&arrivals);
        let numbers: Vec<_> = out.iter().map(|(number, _)| *number).collect();
        let expected: Vec<_> = (0..50).filter(|number| *number != 20).collect();
        assert_eq!(numbers, expected);
        assert_eq!((figures.lost, figures.late), (1, 0));
    }

    #[test]
    fn the_delay_grows_with_the_jitter_at_once_and_shrinks_slowly() {
        // Every fourth packet comes 120 ms late.
        let shaky =
            (0..200).map(|number| (number, number * 20 + if number % 4 == 3 { 120 } else { 0 }));
        let (_, figures) = run(&shaky.clone().collect::<Vec<_>>());
        assert_eq!(figures.delay, Duration::from_millis(130));
        assert!(figures.late <= 3, "{figures:?}");
        let calm = (200..1000).map(|number| (number, number * 20));
        let (_, figures) = run(&shaky.chain(calm).collect::<Vec<_>>());
        assert_eq!(figures.delay, SHORTEST);
    }

    #[test]
    fn a_frame_that_comes_after_its_turn_is_late_and_dropped() {
        let mut arrivals: Vec<_> = (0..20).map(|number| (number, number * 20)).collect();
        arrivals[5].1 += 300;
        let (out, figures) = run(&arrivals);
        assert!(out.iter().all(|(number, _)| *number != 5));
        assert_eq!((figures.lost, figures.late), (1, 1));
    }

    #[test]
    fn a_pause_in_which_the_time_of_the_sender_stood_still_does_not_delay_what_follows() {
        let before = (0..50).map(|number| (number, number * 20));
        let after = (50..100).map(|number| (number, 60_000 + number * 20));
        let (out, _) = run(&before.chain(after).collect::<Vec<_>>());
        assert_eq!(out[50], (50, 60_000 + 50 * 20 + 50));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_bounded_in_number_and_delay(packets in prop::collection::vec((any::<u64>(), any::<u64>(), 0_u64..50), 0..300)) {
            let mut buffer = JitterBuffer::new();
            let mut now = 0;
            for (number, samples, step) in packets {
                now += step;
                buffer.insert(at(now), number, samples, ());
                while buffer.take(at(now)).is_some() {}
                prop_assert!(buffer.frames.len() <= limits::VOICE_FRAMES);
                prop_assert!(buffer.frames.values().all(|(due, ())| due.since(at(now)) <= LONGEST));
            }
        }
    }
}
