use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use confcall_join::engine::Event;
use tokio::sync::Notify;

use super::backlog::Backlog;

/// What a conference tells a client's interface.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// An event; those about commands go to the callers of the commands instead.
    Event(Event),
    /// The reader was so slow that the oldest of what it had not read yet were dropped.
    Dropped {
        /// How many messages.
        messages: u64,
        /// How many suspicions.
        suspicions: u64,
    },
}

/// What happens in a conference, for one reader.
///
/// A reader that is slow holds nothing up and misses little:
///
/// - Of events that tell a state only the newest is kept, at the place of the newest. That the members changed
///   becomes the sum of the changes. So who reads to the end knows what is.
/// - Of [`Event::Joined`], [`Event::Rejoined`] and [`Event::Resumed`] only the newest membership is kept; as
///   `Joined` if the reader knows of none yet.
/// - Up to 256 messages and 64 different suspicions are kept. When there are more, the oldest are dropped, and
///   [`Notice::Dropped`] says how many before anything else.
/// - [`Event::Ended`] is always kept, and is the last.
///
/// What a notice tells of, the view of the [`Conference`](super::Conference) shows already, or something newer.
///
/// Dropping it does no harm: nobody reads then.
#[derive(Debug)]
pub struct Events(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    backlog: Backlog,
    /// There is no reader any more.
    unread: bool,
    /// There is nobody any more who could add something.
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events {
    /// The next notice, or `None` after the end.
    ///
    /// Without [`Event::Ended`] before it, the runtime was shut down. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Notice> {
        loop {
            {
                let mut state = self.0.lock();
                let notice = state.backlog.take();
                if notice.is_some() || state.closed {
                    return notice;
                }
            }
            self.0.arrived.notified().await;
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.unread = true;
        state.backlog = Backlog::default();
    }
}

/// Where the driver puts what happens; dropping it closes the events.
#[derive(Debug)]
pub(super) struct Notices(Arc<Shared>);

impl Notices {
    /// Adds an event; never waits.
    pub(super) fn add(&self, event: Event) {
        let mut state = self.0.lock();
        if !state.unread {
            state.backlog.add(event);
            drop(state);
            self.0.arrived.notify_one();
        }
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.arrived.notify_one();
    }
}

/// Both ends.
pub(super) fn channel() -> (Notices, Events) {
    let shared = Arc::<Shared>::default();
    (Notices(Arc::clone(&shared)), Events(shared))
}
