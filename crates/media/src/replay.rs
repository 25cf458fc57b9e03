//! Packets of a sender that were opened before.
//!
//! ```text
//!         newest - 1024            newest - 1   newest
//! refused │ bit 1023  ..  bit 1  bit 0          │ every later seqno is new
//! ```
//!
//! Implements `spec/protocol.md`, 4.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use thiserror::Error;

use crate::channel::ChannelId;
use crate::limits;
use crate::sync::Mutex;

/// A seqno that is refused because its packet may have been opened before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Replay {
    /// The seqno was seen before.
    #[error("the sequence number {seqno} was seen before")]
    Seen {
        /// The seqno.
        seqno: u32,
    },
    /// The seqno is more than 1024 behind the newest.
    #[error("the sequence number {seqno} is more than 1024 behind {newest}")]
    TooOld {
        /// The seqno.
        seqno: u32,
        /// The newest that was seen.
        newest: u32,
    },
}

/// The seqnos seen on one channel: the newest, and which of the 1024 before it.
#[derive(Clone, Debug)]
struct Window {
    newest: u32,
    /// Bit `k`, counted over all words from the least significant end, is the seqno `newest - 1 - k`.
    behind: [u64; (limits::REPLAY_REACH / u64::BITS) as usize],
}

impl Window {
    fn starting_at(seqno: u32) -> Self {
        Self {
            newest: seqno,
            behind: [0; _],
        }
    }

    /// Refuses everything up to a seqno.
    fn closed_up_to(seqno: u32) -> Self {
        Self {
            newest: seqno,
            behind: [u64::MAX; _],
        }
    }

    /// Records a seqno unless it is refused.
    fn record(&mut self, seqno: u32) -> Result<(), Replay> {
        if seqno > self.newest {
            self.advance(seqno - self.newest);
            self.newest = seqno;
            return Ok(());
        }
        // Anchored at the newest, also near 2^32, where the window of the reference forgets (4).
        let Some(bit) = (self.newest - seqno).checked_sub(1) else {
            return Err(Replay::Seen { seqno });
        };
        let newest = self.newest;
        let word = self.behind.get_mut((bit / u64::BITS) as usize);
        let word = word.ok_or(Replay::TooOld { seqno, newest })?;
        let mask = 1 << (bit % u64::BITS);
        if *word & mask != 0 {
            return Err(Replay::Seen { seqno });
        }
        *word |= mask;
        Ok(())
    }

    /// Moves all bits back by `distance`, of which at least one, and sets the newest's among them.
    fn advance(&mut self, distance: u32) {
        // A shift in two steps: the newest becomes bit 0, then everything moves by the rest.
        self.shift(1);
        let [first, ..] = &mut self.behind;
        *first |= 1;
        self.shift(distance - 1);
    }

    fn shift(&mut self, distance: u32) {
        let (words, bits) = ((distance / u64::BITS) as usize, distance % u64::BITS);
        if words >= self.behind.len() {
            self.behind.fill(0);
            return;
        }
        self.behind.rotate_right(words);
        self.behind
            .iter_mut()
            .take(words)
            .for_each(|word| *word = 0);
        let mut carried = 0;
        for word in &mut self.behind {
            let wide = u128::from(*word) << bits | carried;
            *word = wide as u64;
            carried = wide >> u64::BITS;
        }
    }
}

/// The windows of one sender's key, one for each channel that it used.
///
/// A window takes about 140 bytes and is made by the first authentic packet of its channel. It has a box of its own
/// because a map makes room for eleven at once, and most members use one or two channels.
#[derive(Debug, Default)]
pub(crate) struct Windows(Mutex<BTreeMap<ChannelId, Box<Window>>>);

impl Windows {
    /// The newest seqno of each channel that was used.
    pub(crate) fn newest(&self) -> Vec<(ChannelId, u32)> {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = windows.iter().map(|(id, window)| (*id, window.newest));
        newest.collect()
    }

    /// Refuses everything up to a seqno on a channel that was not used yet.
    pub(crate) fn close_up_to(&self, channel: ChannelId, seqno: u32) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows
            .entry(channel)
            // A window that is there already has seen more than the checkpoint.
            .or_insert_with(|| Box::new(Window::closed_up_to(seqno)));
    }

    /// Records the seqno of a packet that passed every other check.
    pub(crate) fn record(&self, channel: ChannelId, seqno: u32) -> Result<(), Replay> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match windows.get_mut(&channel) {
            Some(window) => window.record(seqno),
            None => {
                windows.insert(channel, Box::new(Window::starting_at(seqno)));
                Ok(())
            }
        }
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Windows {
    fn clone(&self) -> Self {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Self(Mutex::new(windows.clone()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

    use super::*;

    fn refused(window: &mut Window, seqno: u32) -> bool {
        window.record(seqno).is_err()
    }

    #[test]
    fn what_came_before_the_first_packet_is_accepted_once() {
        let mut window = Window::starting_at(500);
        assert_eq!(window.record(499), Ok(()));
        assert_eq!(window.record(499), Err(Replay::Seen { seqno: 499 }));
        assert_eq!(window.record(1), Ok(()));
        assert_eq!(window.record(500), Err(Replay::Seen { seqno: 500 }));
    }

    #[test]
    fn exactly_1024_behind_the_newest_is_accepted_and_one_more_is_not() {
        let mut window = Window::starting_at(1);
        assert_eq!(window.record(2000), Ok(()));
        assert_eq!(window.record(976), Ok(()));
        let too_old = Replay::TooOld {
            seqno: 975,
            newest: 2000,
        };
        assert_eq!(window.record(975), Err(too_old));
    }

    #[test]
    fn a_window_that_is_closed_refuses_what_came_before_and_nothing_after() {
        let mut window = Window::closed_up_to(3000);
        for seqno in [3000, 2999, 1976, 1975, 1, 0] {
            assert!(refused(&mut window, seqno), "{seqno}");
        }
        assert_eq!(window.record(3002), Ok(()));
        assert_eq!(window.record(3001), Ok(()));
        assert!(refused(&mut window, 3000));
    }

    #[test]
    fn nothing_is_forgotten_at_the_end_of_the_range() {
        let mut window = Window::starting_at(u32::MAX - 1);
        assert_eq!(window.record(u32::MAX), Ok(()));
        assert_eq!(window.record(u32::MAX - 1024), Ok(()));
        for seqno in [u32::MAX, u32::MAX - 1, u32::MAX - 1024, u32::MAX - 1025, 0] {
            assert!(refused(&mut window, seqno), "{seqno}");
        }
    }

    proptest! {
        #[test]
        fn a_window_agrees_with_a_set_of_everything_seen(
            base in prop_oneof![Just(0), Just(u32::MAX - 4000), any::<u32>().prop_map(|base| base.min(u32::MAX - 4000))],
            offsets in prop::collection::vec(0..4000_u32, 1..400),
        ) {
            let mut seen = BTreeSet::from([base + offsets[0]]);
            let mut window = Window::starting_at(base + offsets[0]);
            for offset in &offsets[1..] {
                let seqno = base + offset;
                let newest = *seen.last().unwrap();
                let fresh = newest.saturating_sub(seqno) <= limits::REPLAY_REACH && seen.insert(seqno);
                prop_assert_eq!(window.record(seqno).is_ok(), fresh);
            }
        }
    }

    /// A sender's packets of two channels, in any order, and a restart that closes windows.
    #[derive(Clone, Debug)]
    enum Step {
        Record(ChannelId, u32),
        CloseUpTo(ChannelId, u32),
    }

    /// Everything that was seen on a channel.
    #[derive(Clone, Debug, Default)]
    struct Seen {
        closed_up_to: Option<u32>,
        seqnos: BTreeSet<u32>,
    }

    impl Seen {
        fn newest(&self) -> Option<u32> {
            self.seqnos.last().copied().max(self.closed_up_to)
        }

        fn record(&mut self, seqno: u32) -> Result<(), Replay> {
            if let Some(newest) = self.newest()
                && newest.saturating_sub(seqno) > limits::REPLAY_REACH
            {
                return Err(Replay::TooOld { seqno, newest });
            }
            let is_closed = self.closed_up_to.is_some_and(|closed| seqno <= closed);
            let is_fresh = !is_closed && self.seqnos.insert(seqno);
            is_fresh.then_some(()).ok_or(Replay::Seen { seqno })
        }
    }

    /// The sets of seqnos that windows stand for, and the verdict on the last packet.
    #[derive(Clone, Debug)]
    struct Sets {
        channels: BTreeMap<ChannelId, Seen>,
        verdict: Result<(), Replay>,
    }

    impl Sets {
        fn newest(&self) -> Vec<(ChannelId, u32)> {
            let channels = self.channels.iter();
            let newest = channels.filter_map(|(channel, seen)| Some((*channel, seen.newest()?)));
            newest.collect()
        }
    }

    impl ReferenceStateMachine for Sets {
        type State = Self;
        type Transition = Step;

        fn init_state() -> BoxedStrategy<Self> {
            let empty = Self {
                channels: BTreeMap::new(),
                verdict: Ok(()),
            };
            Just(empty).boxed()
        }

        fn transitions(sets: &Self) -> BoxedStrategy<Step> {
            let newest = sets.newest();
            let channel = prop_oneof![Just(ChannelId::MAIN), Just(ChannelId::SCREEN)];
            // About the newest, where the edges of windows and words are, or anywhere.
            let place = prop_oneof![
                8 => (-1100..1100_i64).prop_map(Some),
                4 => (-70..70_i64).prop_map(Some),
                1 => Just(None),
            ];
            let anywhere = prop_oneof![any::<u32>(), 0..2000_u32, (u32::MAX - 2000)..=u32::MAX];
            (channel, place, anywhere, prop::bool::weighted(0.9))
                .prop_map(move |(channel, place, anywhere, is_packet)| {
                    let newest = newest.iter().find(|(one, _)| *one == channel);
                    let seqno = match (newest, place) {
                        (Some((_, newest)), Some(place)) => {
                            let near = i64::from(*newest) + place;
                            near.clamp(0, i64::from(u32::MAX)) as u32
                        }
                        _ => anywhere,
                    };
                    match is_packet {
                        true => Step::Record(channel, seqno),
                        false => Step::CloseUpTo(channel, seqno),
                    }
                })
                .boxed()
        }

        fn apply(mut sets: Self, step: &Step) -> Self {
            match *step {
                Step::Record(channel, seqno) => {
                    sets.verdict = sets.channels.entry(channel).or_default().record(seqno);
                }
                Step::CloseUpTo(channel, seqno) => {
                    sets.channels.entry(channel).or_insert_with(|| Seen {
                        closed_up_to: Some(seqno),
                        seqnos: BTreeSet::new(),
                    });
                }
            }
            sets
        }
    }

    struct WindowsBesideSets;

    impl StateMachineTest for WindowsBesideSets {
        type SystemUnderTest = Windows;
        type Reference = Sets;

        fn init_test(_: &Sets) -> Windows {
            Windows::default()
        }

        fn apply(windows: Windows, sets: &Sets, step: Step) -> Windows {
            match step {
                Step::Record(channel, seqno) => {
                    assert_eq!(windows.record(channel, seqno), sets.verdict);
                }
                Step::CloseUpTo(channel, seqno) => windows.close_up_to(channel, seqno),
            }
            windows
        }

        fn check_invariants(windows: &Windows, sets: &Sets) {
            assert_eq!(windows.newest(), sets.newest());
        }
    }

    prop_state_machine! {
        #[test]
        fn windows_refuse_exactly_what_sets_of_all_seqnos_have_seen(
            sequential 1..200 => WindowsBesideSets
        );
    }
}
