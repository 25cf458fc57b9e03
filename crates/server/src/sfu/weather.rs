use core::time::Duration;
use std::collections::BTreeMap;
use std::time::Instant;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};

use super::datagram::SfuDatagram;
use crate::limits;

/// One datagram in so many is lost each way, which makes 5 % from client to client.
const LOST: u32 = 40;

/// One datagram in so many is delayed, and overtaken by those behind it.
const DELAYED: u32 = 8;

/// The most by which one is delayed, in milliseconds.
const LONGEST_MS: u32 = 60;

/// The loss, delay and reordering of a bad network, drawn from a seed.
#[derive(Debug)]
pub(super) struct Weather {
    rng: ChaCha20Rng,
    delayed: BTreeMap<(Instant, u64), SfuDatagram>,
    number: u64,
}

impl Weather {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha20Rng::seed_from_u64(seed),
            delayed: BTreeMap::new(),
            number: 0,
        }
    }

    /// True if the next datagram is lost.
    pub(super) fn loses(&mut self) -> bool {
        self.one_in(LOST)
    }

    /// Gives back a datagram that goes at once, and keeps one that goes later.
    pub(super) fn delay(&mut self, datagram: SfuDatagram, now: Instant) -> Option<SfuDatagram> {
        if !self.one_in(DELAYED) || self.delayed.len() >= limits::DELAYED_DATAGRAMS {
            return Some(datagram);
        }
        let delay = u64::from(self.rng.next_u32() % LONGEST_MS + 1);
        self.number = self.number.wrapping_add(1);
        let due = now + Duration::from_millis(delay);
        self.delayed.insert((due, self.number), datagram);
        None
    }

    /// The next datagram whose delay is over.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<SfuDatagram> {
        let first = self.delayed.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// The moment at which the next delay is over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.delayed.keys().next().map(|(due, _)| *due)
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.rng.next_u32().is_multiple_of(many)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(number: u8) -> SfuDatagram {
        SfuDatagram {
            destination: ([127, 0, 0, 1], 9).into(),
            contents: vec![number],
        }
    }

    /// The order in which 200 datagrams arrive, of which one is sent each millisecond.
    fn arrivals(seed: u64) -> Vec<u8> {
        let (mut weather, start) = (Weather::new(seed), Instant::now());
        let mut arrived = Vec::new();
        for number in 0..=255 {
            let now = start + Duration::from_millis(number);
            if let Ok(number @ ..200) = u8::try_from(number)
                && !weather.loses()
            {
                arrived.extend(weather.delay(datagram(number), now));
            }
            arrived.extend(core::iter::from_fn(|| weather.take_due(now)));
        }
        assert_eq!(weather.deadline().map(|due| due - start), None);
        arrived.iter().map(|one| one.contents[0]).collect()
    }

    #[test]
    fn one_seed_is_one_weather_with_losses_and_overtaking() {
        let arrived = arrivals(1);
        assert_eq!(arrived, arrivals(1));
        assert_ne!(arrived, arrivals(2));
        assert!((180..200).contains(&arrived.len()), "{}", arrived.len());
        assert!(!arrived.is_sorted());
    }

    #[test]
    fn so_many_are_delayed_at_a_time() {
        let (mut weather, now) = (Weather::new(1), Instant::now());
        for _ in 0..limits::DELAYED_DATAGRAMS * 16 {
            let _ = weather.delay(datagram(0), now);
        }
        assert_eq!(weather.delayed.len(), limits::DELAYED_DATAGRAMS);
    }
}
