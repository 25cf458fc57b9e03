//! The timers of an engine, in one table.

use confcall_media::Moment;

macro_rules! timers {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A timer, by what is due then.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Timer {
            $($(#[$doc])* $name,)*
        }

        impl Timer {
            const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

timers! {
    /// The next step of entering the call.
    Entry,
    /// The next poll of the blocks.
    Blocks,
    /// The next poll of the broadcasts.
    Broadcasts,
    /// The last moment for the parameters of the media connection to come.
    Connection,
    /// The next broadcast of ours to be sent, or sent again.
    Broadcast,
    /// The connection check while the media is down.
    Check,
    /// The next try of the last poll.
    LastPoll,
    /// The next question for the call, whose settings are not known.
    Call,
    /// The next look-up of a stale reference.
    Reference,
    /// The next load of the roster.
    Roster,
    /// The last moment for the changes of the roster to come that lie between two others.
    RosterGap,
    /// The load of a roster that is complete, because it has not changed for a while.
    QuietRoster,
    /// The next load of the roster because of members whom it does not list.
    Unlisted,
    /// The next try of a removal.
    Removal,
    /// The last moment for the effect of a command to come.
    Command,
    /// The release of a request that is held back.
    HeldBack,
    /// The next try of an edit of ourselves that was lost.
    Edit,
    /// The next try to share a screen, or the last moment for its payload to come.
    Presentation,
    /// The next question or part of a stream.
    Stream,
    /// The next report of a verification that does not move.
    Progress,
    /// The expiry of an epoch that was replaced.
    Epochs,
    /// The next checkpoint, if none is due before.
    Checkpoint,
    /// The next try to leave, or the end of the tries.
    Leave,
}

/// The moment of each timer that is set.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers([Option<Moment>; Timer::ALL.len()]);

impl Timers {
    /// Sets a timer, in place of what it was set to before.
    pub(super) fn set(&mut self, timer: Timer, at: Moment) {
        *self.slot(timer) = Some(at);
    }

    /// Sets a timer unless it is due earlier.
    pub(super) fn set_earlier(&mut self, timer: Timer, at: Moment) {
        let slot = self.slot(timer);
        *slot = Some(slot.map_or(at, |before| before.min(at)));
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        *self.slot(timer) = None;
    }

    pub(super) fn cancel_all(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.0.get(timer as usize).is_some_and(Option::is_some)
    }

    /// The moment of the first timer.
    pub(super) fn next(&self) -> Option<Moment> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes one timer that is due.
    pub(super) fn take_due(&mut self, now: Moment) -> Option<Timer> {
        let due = |timer: &&Timer| {
            let at = self.0.get(**timer as usize).copied().flatten();
            at.is_some_and(|at| at <= now)
        };
        let timer = *Timer::ALL.iter().find(due)?;
        self.cancel(timer);
        Some(timer)
    }

    #[expect(clippy::indexing_slicing, reason = "there is a slot for every timer")]
    fn slot(&mut self, timer: Timer) -> &mut Option<Moment> {
        &mut self.0[timer as usize]
    }
}
