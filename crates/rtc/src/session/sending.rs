//! Numbers and times of the packets that we send; they go on through pauses.

use core::time::Duration;

use confcall_media::Moment;

use super::link::Stamp;

/// The delay behind the clock beyond which a frame begins a new talkspurt.
const PAUSE: Duration = Duration::from_millis(200);

/// The numbers of our sound.
#[derive(Debug)]
pub(super) struct SoundStamps {
    number: u64,
    first_time: u32,
    start: Option<Moment>,
    /// The samples since the start.
    samples: u64,
}

impl SoundStamps {
    pub(super) fn new(random: u32) -> Self {
        Self {
            number: first_number(random),
            first_time: random,
            start: None,
            samples: 0,
        }
    }

    /// Numbers a frame of so many samples. Its time follows on the one before, unless the clock has left that behind.
    pub(super) fn next(&mut self, now: Moment, samples: u32) -> Stamp {
        let is_first = self.start.is_none();
        let start = *self.start.get_or_insert(now);
        let of_clock = ticks(now.since(start), 48);
        let is_behind = of_clock > self.samples.saturating_add(ticks(PAUSE, 48));
        if is_behind {
            self.samples = of_clock;
        }
        let stamp = Stamp {
            number: self.number,
            time: self.first_time.wrapping_add(low(self.samples)),
            marker: is_first || is_behind,
        };
        self.samples = self.samples.saturating_add(u64::from(samples));
        self.number += 1;
        stamp
    }
}

/// The numbers of one size of our picture.
#[derive(Debug)]
pub(super) struct PictureStamps {
    number: u64,
    first_time: u32,
    picture: u16,
}

impl PictureStamps {
    pub(super) fn new(random: u32) -> Self {
        let [_, _, high, low] = random.to_be_bytes();
        Self {
            number: first_number(random),
            first_time: random,
            picture: u16::from_be_bytes([high, low]) & 0x7fff,
        }
    }

    /// Begins a frame: its number among pictures, and its time.
    pub(super) fn next_frame(&mut self, now: Moment) -> (u16, u32) {
        let picture = self.picture;
        self.picture = (picture + 1) & 0x7fff;
        let time = ticks(now.since(Moment::default()), 90);
        (picture, self.first_time.wrapping_add(low(time)))
    }

    pub(super) fn next_packet(&mut self, time: u32, marker: bool) -> Stamp {
        let number = self.number;
        self.number += 1;
        Stamp {
            number,
            time,
            marker,
        }
    }
}

/// In the lower half, so that a receiver sees the beginning before the first overflow.
fn first_number(random: u32) -> u64 {
    u64::from(random >> 17)
}

fn ticks(duration: Duration, in_a_millisecond: u128) -> u64 {
    let ticks = duration.as_micros().saturating_mul(in_a_millisecond) / 1000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// The low 32 bits.
fn low(ticks: u64) -> u32 {
    let [_, _, _, _, a, b, c, d] = ticks.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::new(Duration::from_millis(ms))
    }

    #[test]
    fn frames_follow_on_each_other_however_uneven_the_clock_and_go_on_after_a_pause() {
        let mut stamps = SoundStamps::new(0xffff_ff00);
        let mut next = |ms| {
            let stamp = stamps.next(at(ms), 960);
            (
                stamp.number,
                stamp.time.wrapping_sub(0xffff_ff00),
                stamp.marker,
            )
        };
        let first = u64::from(0xffff_ff00_u32 >> 17);
        assert_eq!(next(1000), (first, 0, true));
        assert_eq!(next(1027), (first + 1, 960, false));
        assert_eq!(next(1035), (first + 2, 1920, false));
        assert_eq!(next(11_000), (first + 3, 480_000, true));
        assert_eq!(next(11_020), (first + 4, 480_960, false));
    }

    #[test]
    fn pictures_are_numbered_in_15_bits_and_timed_by_the_clock() {
        let mut stamps = PictureStamps::new(0x7fff);
        assert_eq!(stamps.next_frame(at(0)), (0x7fff, 0x7fff));
        assert_eq!(stamps.next_frame(at(33)), (0, 0x7fff + 2970));
        let numbers = [(); 2].map(|()| stamps.next_packet(5, true).number);
        assert_eq!(numbers, [0, 1]);
    }
}
