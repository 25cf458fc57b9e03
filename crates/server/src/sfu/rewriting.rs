use core::time::Duration;
use std::time::Instant;

/// The numbers by which the packets of a stream are put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// The sequence number with its rollovers.
    pub(super) seq: u64,
    pub(super) time: u32,
    /// The number of a VP8 picture, 15 bits.
    pub(super) picture: Option<u16>,
    /// The number of a VP8 picture of the lowest temporal layer.
    pub(super) base_picture: Option<u8>,
}

/// The numbers of one stream towards a receiver, which go on without a gap whatever it is made of.
///
/// A stretch is what comes of one source without a packet held back. The first one keeps the numbers of its source, from a
/// rollover of zero on, as a receiver expects.
#[derive(Debug, Default)]
pub(super) struct Rewriter {
    stretch: Option<Stretch>,
    /// The last packet that went out, and when.
    newest: Option<(Numbers, Instant)>,
    /// The source of the last stretch, and what its times were shifted by.
    shift: Option<(usize, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    source: usize,
    first_in: u64,
    first_out: u64,
    time: u32,
    picture: u16,
    base_picture: u8,
}

/// The number of VP8 pictures that can be told apart.
const PICTURES: u16 = 1 << 15;

impl Rewriter {
    /// The source of the stretch; `None` before the first one and in a pause.
    pub(super) fn source(&self) -> Option<usize> {
        self.stretch.map(|stretch| stretch.source)
    }

    /// Ends the stretch: what comes before the next one is held back.
    pub(super) fn pause(&mut self) {
        self.stretch = None;
    }

    /// Begins a stretch with a packet of a source, whose times count so many in a second.
    pub(super) fn begin(&mut self, source: usize, first: Numbers, now: Instant, clock_rate: u32) {
        let Some((newest, at)) = self.newest else {
            self.stretch = Some(Stretch {
                source,
                first_in: first.seq,
                // A receiver takes the counter of rollovers to be zero at its first packet.
                first_out: first.seq & 0xffff,
                time: 0,
                picture: 0,
                base_picture: 0,
            });
            self.shift = Some((source, 0));
            return;
        };
        let same_clock = self.shift.filter(|(before, _)| *before == source);
        let time = match same_clock {
            Some((_, time)) => time,
            None => {
                let passed = ticks(now.saturating_duration_since(at), clock_rate).max(1);
                newest.time.wrapping_add(passed).wrapping_sub(first.time)
            }
        };
        let picture = newest
            .picture
            .zip(first.picture)
            .map(|(last, first)| (last.wrapping_add(1).wrapping_sub(first)) % PICTURES);
        let base_picture = newest.base_picture.zip(first.base_picture);
        let base_picture =
            base_picture.map(|(last, first)| last.wrapping_add(1).wrapping_sub(first));
        self.stretch = Some(Stretch {
            source,
            first_in: first.seq,
            first_out: newest.seq.saturating_add(1),
            time,
            picture: picture.unwrap_or(0),
            base_picture: base_picture.unwrap_or(0),
        });
        self.shift = Some((source, time));
    }

    /// The numbers under which a packet of the stretch goes out; `None` for one from before it, and in a pause.
    pub(super) fn pass(&mut self, numbers: Numbers, now: Instant) -> Option<Numbers> {
        let stretch = self.stretch?;
        let ahead = numbers.seq.checked_sub(stretch.first_in)?;
        let out = Numbers {
            seq: stretch.first_out.checked_add(ahead)?,
            time: numbers.time.wrapping_add(stretch.time),
            picture: numbers
                .picture
                .map(|one| one.wrapping_add(stretch.picture) % PICTURES),
            base_picture: numbers
                .base_picture
                .map(|one| one.wrapping_add(stretch.base_picture)),
        };
        if self.newest.is_none_or(|(newest, _)| newest.seq < out.seq) {
            self.newest = Some((out, now));
        }
        Some(out)
    }
}

/// The ticks of a clock in a time, as far as a timestamp counts.
fn ticks(time: Duration, clock_rate: u32) -> u32 {
    let ticks = time.as_micros().saturating_mul(u128::from(clock_rate)) / 1_000_000;
    u32::try_from(ticks & u128::from(u32::MAX)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIDEO: u32 = 90_000;

    fn packet(seq: u64, time: u32, picture: u16) -> Numbers {
        Numbers {
            seq,
            time,
            picture: Some(picture),
            base_picture: Some(picture.to_le_bytes()[0]),
        }
    }

    #[test]
    fn a_stream_keeps_the_numbers_of_its_source_from_a_rollover_of_zero_on() {
        let (mut rewriter, now) = (Rewriter::default(), Instant::now());
        assert_eq!(rewriter.pass(packet(65_536 * 3 + 7, 1000, 5), now), None);
        rewriter.begin(0, packet(65_536 * 3 + 7, 1000, 5), now, VIDEO);
        let out = rewriter.pass(packet(65_536 * 3 + 7, 1000, 5), now);
        assert_eq!(out, Some(packet(7, 1000, 5)));
        // One that was overtaken goes to its place, and one from before the beginning nowhere.
        let later = rewriter.pass(packet(65_536 * 3 + 10, 3000, 6), now);
        assert_eq!(later, Some(packet(10, 3000, 6)));
        assert_eq!(
            rewriter.pass(packet(65_536 * 3 + 9, 2000, 5), now),
            Some(packet(9, 2000, 5))
        );
        assert_eq!(rewriter.pass(packet(65_536 * 3 + 6, 900, 4), now), None);
    }

    #[test]
    fn another_source_goes_on_where_the_last_one_was() {
        let (mut rewriter, now) = (Rewriter::default(), Instant::now());
        rewriter.begin(0, packet(500, 1000, 32_767), now, VIDEO);
        rewriter.pass(packet(500, 1000, 32_767), now);
        rewriter.pass(packet(501, 1000, 32_767), now);
        let later = now + Duration::from_millis(40);
        rewriter.begin(2, packet(90_000, u32::MAX, 100), later, VIDEO);
        let first = rewriter.pass(packet(90_000, u32::MAX, 100), later).unwrap();
        assert_eq!((first.seq, first.time, first.picture), (502, 4600, Some(0)));
        let next = rewriter.pass(packet(90_001, 2999, 101), later).unwrap();
        assert_eq!((next.seq, next.time, next.picture), (503, 7600, Some(1)));
        assert_eq!((first.base_picture, next.base_picture), (Some(0), Some(1)));
    }

    #[test]
    fn after_a_pause_the_sequence_has_no_gap_and_the_time_has_one() {
        let (mut rewriter, now) = (Rewriter::default(), Instant::now());
        rewriter.begin(0, packet(10, 1000, 1), now, VIDEO);
        rewriter.pass(packet(10, 1000, 1), now);
        rewriter.pause();
        assert_eq!(
            (rewriter.source(), rewriter.pass(packet(11, 1100, 2), now)),
            (None, None)
        );
        rewriter.begin(0, packet(50, 9000, 20), now, VIDEO);
        let out = rewriter.pass(packet(50, 9000, 20), now);
        assert_eq!(out, Some(packet(11, 9000, 2)));
    }
}
