use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use confcall_join::api::Method;
use confcall_join::engine::{Ended, Engine, Event};
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use tokio::sync::{broadcast, watch};

use crate::limits;
use crate::log::Log;
use crate::view::{View, WaitingFor};

/// News of a call for a client's interface.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Notice {
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
    /// An event; those about commands go to the callers of the commands instead, and the parts of a stream to its
    /// [readers](crate::GroupCall::stream).
    #[serde(untagged)]
    Event(Event),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => event.fmt(f),
            Self::Lagged { missed } => write!(f, "{missed} events came faster than they were read"),
            Self::ConnectionLost => {
                f.write_str("the server is not heard; trying again until it is")
            }
            Self::ConnectionBack => f.write_str("the server is heard again"),
        }
    }
}

/// The events of a call, in order, for one reader; each [`Call::events`](crate::Call::events) gives another.
///
/// It holds the newest 256 that were not read yet, so a slow reader holds nothing up. The last is [`Event::Ended`], however
/// late it is read. At the time of a notice, the view of the [`Call`](crate::Call) shows what came of it, or
/// something newer.
///
/// It may be dropped: the call goes on unread.
pub struct Events(Pin<Box<dyn Stream<Item = Notice> + Send + Sync>>);

impl Events {
    /// What a receiver gets; without one, nothing.
    fn of(receiver: Option<broadcast::Receiver<Notice>>) -> Self {
        let notices = stream::unfold(receiver, async |receiver| {
            let mut receiver = receiver?;
            let notice = match receiver.recv().await {
                Ok(notice) => notice,
                Err(broadcast::error::RecvError::Lagged(missed)) => Notice::Lagged { missed },
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            Some((notice, Some(receiver)))
        });
        Self(Box::pin(notices.fuse()))
    }

    /// The next notice, or `None` after the end.
    ///
    /// Without [`Event::Ended`] before it, the runtime was shut down. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Notice> {
        self.0.next().await
    }
}

impl Stream for Events {
    type Item = Notice;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Notice>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events(..)")
    }
}

/// The place where readers of the events come from.
#[derive(Debug)]
pub(crate) struct Readers {
    first: FirstReader,
    /// Weak, so that the events end with the driver.
    notices: broadcast::WeakSender<Notice>,
}

/// The reader that has been there since the beginning.
///
/// It is kept until it is asked for, or has missed something, so that nothing is held for a reader who never comes.
#[derive(Clone, Debug)]
struct FirstReader(Arc<Mutex<Option<broadcast::Receiver<Notice>>>>);

impl FirstReader {
    fn take(&self) -> Option<broadcast::Receiver<Notice>> {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.take()
    }

    /// Drops the reader once it holds as much as it can.
    fn drop_when_full(&self) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.take_if(|first| first.len() >= limits::UNREAD_EVENTS);
    }
}

impl Readers {
    /// A reader of the events from now on.
    pub(crate) fn later(&self) -> Events {
        let notices = self.notices.upgrade();
        Events::of(notices.map(|notices| notices.subscribe()))
    }

    /// The reader of all events, if it is still there.
    pub(crate) fn first(&self) -> Option<Events> {
        self.first.take().map(|first| Events::of(Some(first)))
    }
}

/// The other end of the events and of the view; dropping it closes both.
pub(crate) struct Publisher {
    notices: broadcast::Sender<Notice>,
    first: FirstReader,
    shown: watch::Sender<Arc<View>>,
    /// The state that is shown, or will be with the next change.
    view: View,
    log: Log,
    /// The end, until the server knows of it.
    ended: Option<Ended>,
}

impl Publisher {
    pub(crate) fn new() -> (Self, watch::Receiver<Arc<View>>, Readers) {
        let (notices, first) = broadcast::channel(limits::UNREAD_EVENTS);
        let first = FirstReader(Arc::new(Mutex::new(Some(first))));
        let readers = Readers {
            first: first.clone(),
            notices: notices.downgrade(),
        };
        let (shown, seen) = watch::channel(Arc::default());
        let publisher = Self {
            notices,
            first,
            shown,
            view: View::default(),
            log: Log::default(),
            ended: None,
        };
        (publisher, seen, readers)
    }

    /// Shows the engine's state after these events, before they are announced: their reader may look at once.
    ///
    /// `waiting` is until when the requests of some methods wait, and `waiting_for` what entering waits for.
    pub(crate) fn update(
        &mut self,
        engine: &Engine,
        events: &[Event],
        waiting: BTreeMap<Method, Instant>,
        waiting_for: Option<WaitingFor>,
    ) {
        let shown = (&self.view.waiting, &self.view.waiting_for);
        let mut is_stale = shown != (&waiting, &waiting_for);
        (self.view.waiting, self.view.waiting_for) = (waiting, waiting_for);
        is_stale |= engine.call().is_some() != self.view.call.is_some();
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
        self.first.drop_when_full();
    }

    /// Shows the end to those who wait for it.
    pub(crate) fn end(mut self) {
        self.view = self.view.without_call();
        (self.view.waiting, self.view.waiting_for) = Default::default();
        self.view.ended = self.ended;
        self.shown.send_replace(Arc::new(self.view));
    }
}
