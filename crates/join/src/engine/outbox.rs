//! The broadcasts that we owe the others, until the server has sent them back.
//!
//! ```text
//! waiting ── sent ──▶ in flight ── taken ──▶ taken, not echoed ── echoed ──▶ gone
//!    ▲                    │                        │
//!    └── pause ◀──────────┴── refused, lost ◀──────┘ too long
//! ```
//!
//! Everything goes when the height moves on. Implements `spec/protocol.md`, 5 and 7.

use core::time::Duration;

use confcall_media::Moment;
use confcall_state::Height;
use confcall_state::wire::{Broadcast, BroadcastContent};

use super::RequestId;

/// How often a broadcast is sent again.
const RETRIES: u32 = 5;
/// The first pause, which doubles.
const PAUSE: Duration = Duration::from_millis(250);
/// For how long the server may take to send a broadcast back that it took.
const ECHO: Duration = Duration::from_secs(4);

/// The broadcasts that were not echoed yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    broadcast: Broadcast,
    state: State,
    tries: u32,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// To be sent at this moment.
    Waiting(Moment),
    InFlight(RequestId),
    /// To be sent again at this moment, unless it is echoed before.
    Taken(Moment),
}

/// What follows from a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// The broadcast is sent again after a pause.
    After(Duration),
    /// It was tried often enough.
    Exhausted,
    /// It is not waited for any more.
    Gone,
}

impl Outbox {
    /// Adds broadcasts, to be sent at once.
    pub(super) fn add(&mut self, now: Moment, broadcasts: Vec<Broadcast>) {
        self.0.extend(broadcasts.into_iter().map(|broadcast| Entry {
            broadcast,
            state: State::Waiting(now),
            tries: 0,
        }));
    }

    /// Drops what is about another height.
    pub(super) fn keep_height(&mut self, height: Height) {
        self.0.retain(|entry| entry.broadcast.height == height);
    }

    /// Notes that the server has sent one of our broadcasts back.
    pub(super) fn echoed(&mut self, broadcast: &Broadcast) {
        let is_commit = |one: &Broadcast| matches!(one.content, BroadcastContent::Commit { .. });
        self.0.retain(|entry| {
            let ours = &entry.broadcast;
            ours.height != broadcast.height || is_commit(ours) != is_commit(broadcast)
        });
    }

    /// Takes one broadcast that is due; it counts as in flight under the request that `send` makes.
    pub(super) fn send_due(
        &mut self,
        now: Moment,
        send: impl FnOnce(&Broadcast) -> RequestId,
    ) -> bool {
        let is_due = |entry: &&mut Entry| match entry.state {
            State::Waiting(at) | State::Taken(at) => at <= now && entry.tries <= RETRIES,
            State::InFlight(_) => false,
        };
        let Some(entry) = self.0.iter_mut().find(is_due) else {
            return false;
        };
        entry.tries += 1;
        entry.state = State::InFlight(send(&entry.broadcast));
        true
    }

    /// When the next broadcast is due.
    pub(super) fn next_due(&self) -> Option<Moment> {
        let due = self.0.iter().filter_map(|entry| match entry.state {
            State::Waiting(at) | State::Taken(at) if entry.tries <= RETRIES => Some(at),
            _ => None,
        });
        due.min()
    }

    /// The server took a broadcast.
    pub(super) fn taken(&mut self, now: Moment, request: RequestId) {
        if let Some(entry) = self.find(request) {
            entry.state = State::Taken(now + ECHO);
        }
    }

    /// A try failed; `wait` is the pause that the server demands, if it does.
    pub(super) fn failed(
        &mut self,
        now: Moment,
        request: RequestId,
        wait: Option<Duration>,
    ) -> Retry {
        let Some(entry) = self.find(request) else {
            return Retry::Gone;
        };
        if entry.tries > RETRIES {
            entry.state = State::Waiting(now);
            return Retry::Exhausted;
        }
        let doubled = 1_u32.checked_shl(entry.tries - 1).unwrap_or(u32::MAX);
        let pause = wait.unwrap_or_else(|| PAUSE.saturating_mul(doubled));
        entry.state = State::Waiting(now + pause);
        Retry::After(pause)
    }

    /// Drops a broadcast that will never be taken; gives how often it was sent if it was still waited for.
    pub(super) fn drop_sent(&mut self, request: RequestId) -> Option<u32> {
        let tries = self.find(request).map(|entry| entry.tries);
        self.0
            .retain(|entry| !matches!(entry.state, State::InFlight(id) if id == request));
        tries
    }

    /// Whether anything is still to be echoed.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&mut self, request: RequestId) -> Option<&mut Entry> {
        let mut entries = self.0.iter_mut();
        entries.find(|entry| matches!(entry.state, State::InFlight(id) if id == request))
    }
}
