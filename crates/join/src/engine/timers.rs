//! All that an engine waits for, in one table.

use confcall_media::Moment;

macro_rules! timers {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A thing that is due at a moment.
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
    /// How to connect the media should be known by now.
    Connection,
    /// The next try to send broadcasts.
    Outbox,
    /// The connection check while the media is down.
    Check,
    /// The next try of the last look at the chain.
    LastLook,
    /// The next load of the roster.
    Roster,
    /// The load of a roster that is complete, because nothing was heard of it for a while.
    QuietRoster,
    /// The next look at who is in the chain and not in the roster.
    Prune,
    /// The next try of a removal.
    Removal,
    /// A request need not wait any more.
    HeldBack,
    /// The next look at how long somebody has been missing in the verification.
    Progress,
    /// An epoch that was replaced has had its time.
    Epochs,
    /// A checkpoint was due a while ago, and is again.
    Checkpoint,
    /// The server does not answer our leaving.
    Leave,
}

/// When each timer is due.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers([Option<Moment>; Timer::ALL.len()]);

impl Timers {
    /// Sets a timer, whatever it was set to before.
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

    /// When the first timer is due.
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
