use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use confcall_join::api::Method;
use confcall_join::engine::{Ended, Engine, Event};
use tokio::sync::{broadcast, watch};

use crate::limits;
use crate::log::Log;
use crate::view::View;

/// News of a conference for a client's interface.
#[derive(Clone, Debug)]
pub enum Notice {
    /// An event; those about commands go to the callers of the commands instead.
    Event(Event),
    /// The reader was so slow that the oldest of what it had not read yet were dropped.
    ///
    /// The [`View`] has the state that came of them, suspicions included. Only the messages among them are lost, and if
    /// one was [`Event::CheckpointDue`], a checkpoint is due.
    Lagged {
        /// The number of notices that were dropped.
        missed: u64,
    },
    /// The server is not heard any more: requests go unanswered, and are tried again until it is.
    ///
    /// Until [`Notice::ConnectionBack`], that requests are tried again is no event.
    ConnectionLost,
    /// The server is heard again.
    ConnectionBack,
}

/// The events of a conference, in order, for one reader.
///
/// It holds the newest 256 that were not read yet, so a slow reader holds nothing up. The last is [`Event::Ended`], however
/// late it is read. At the time of a notice, the view of the [`Conference`](crate::Conference) shows what came of it, or
/// something newer.
///
/// It may be dropped: the conference goes on unread.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Notice>);

impl Events {
    /// The next notice, or `None` after the end.
    ///
    /// Without [`Event::Ended`] before it, the runtime was shut down. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Notice> {
        match self.0.recv().await {
            Ok(notice) => Some(notice),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(Notice::Lagged { missed }),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// The other end of the events and of the view; dropping it closes both.
pub(crate) struct Publisher {
    notices: broadcast::Sender<Notice>,
    shown: watch::Sender<Arc<View>>,
    /// The state that is shown, or will be with the next change.
    view: View,
    log: Log,
    /// The end, until the server knows of it.
    ended: Option<Ended>,
}

impl Publisher {
    pub(crate) fn new() -> (Self, watch::Receiver<Arc<View>>, Events) {
        let (notices, unread) = broadcast::channel(limits::UNREAD_EVENTS);
        let (shown, seen) = watch::channel(Arc::default());
        let publisher = Self {
            notices,
            shown,
            view: View::default(),
            log: Log::default(),
            ended: None,
        };
        (publisher, seen, Events(unread))
    }

    /// Shows the engine's state after these events, before they are announced: their reader may look at once.
    ///
    /// `waiting` is until when the requests of some methods wait.
    pub(crate) fn update(
        &mut self,
        engine: &Engine,
        events: &[Event],
        waiting: BTreeMap<Method, Instant>,
    ) {
        let was_waiting = core::mem::replace(&mut self.view.waiting, waiting);
        let mut is_stale = was_waiting != self.view.waiting;
        is_stale |= engine.membership().is_some() != self.view.call.is_some();
        for event in events {
            self.log.event(event);
            is_stale |= self.view.note(event);
            if let Event::Ended(ended) = event {
                self.ended = Some(ended.clone());
            }
        }
        if is_stale {
            self.view.read(engine);
            self.show();
        }
    }

    /// Shows that the connection is lost, or is back, and announces it.
    pub(crate) fn connection(&mut self, is_lost: bool) {
        self.view.connection_lost = is_lost;
        self.show();
        self.announce(match is_lost {
            true => Notice::ConnectionLost,
            false => Notice::ConnectionBack,
        });
    }

    fn show(&self) {
        self.shown.send_replace(Arc::new(self.view.clone()));
    }

    /// Adds a notice; never waits.
    pub(crate) fn announce(&self, notice: Notice) {
        // Without a reader it is dropped.
        let _ = self.notices.send(notice);
    }

    /// Shows the end to those who wait for it.
    pub(crate) fn end(mut self) {
        self.view = self.view.without_call();
        self.view.waiting.clear();
        self.view.ended = self.ended;
        self.shown.send_replace(Arc::new(self.view));
    }
}
