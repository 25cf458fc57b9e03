use std::sync::Arc;

use confcall_join::engine::{Ended, Engine, Event};
use confcall_media::Cryptor;
use tokio::sync::watch;

use super::log;
use super::notices::Notices;
use super::orders::Waiting;
use super::view::{Published, View};

/// Where what an engine tells goes: to the callers, to the reader of the events, and into the view of the handles.
pub(super) struct Outlet {
    pub(super) waiting: Waiting,
    notices: Notices,
    published: watch::Sender<Published>,
    /// The cryptor of the newest membership that began.
    cryptor: Option<Arc<Cryptor>>,
    /// Whether the view is older than the engine.
    is_stale: bool,
    ended: Option<Ended>,
}

impl Outlet {
    pub(super) fn new(notices: Notices, published: watch::Sender<Published>) -> Self {
        Self {
            waiting: Waiting::default(),
            notices,
            published,
            cryptor: None,
            is_stale: false,
            ended: None,
        }
    }

    /// Shows what the engine is like now, and then tells what happened: whoever is told may look at once.
    pub(super) fn tell(&mut self, engine: &Engine, events: Vec<Event>) {
        events.iter().for_each(|event| self.note(event));
        self.show(engine);
        events.into_iter().for_each(|event| self.hand_out(event));
    }

    fn note(&mut self, event: &Event) {
        log::event(event);
        match event {
            Event::Joined(joined) | Event::Rejoined(joined) | Event::Resumed(joined) => {
                self.cryptor = Some(Arc::clone(&joined.cryptor));
                self.is_stale = true;
            }
            Event::EpochStarted { .. } | Event::MembersChanged { .. } | Event::RosterChanged => {
                self.is_stale = true;
            }
            Event::Ended(ended) => self.ended = Some(ended.clone()),
            _ => {}
        }
    }

    fn show(&mut self, engine: &Engine) {
        let is_member = engine.membership().is_some();
        let was_member = self.published.borrow().view.call.is_some();
        if core::mem::take(&mut self.is_stale) || is_member != was_member {
            let view = View::of(engine, self.cryptor.clone());
            self.published.send_modify(|now| now.view = Arc::new(view));
        }
    }

    fn hand_out(&mut self, event: Event) {
        match event {
            Event::Done { id, .. } => self.waiting.resolve(id, Ok(())),
            Event::Failed { id, why, .. } => self.waiting.resolve(id, Err(why)),
            event => self.notices.add(event),
        }
    }

    /// Tells those who wait for the end; nobody who still waits for a command gets an answer.
    pub(super) fn end(mut self) {
        let ended = self.ended.take();
        self.published.send_modify(|now| now.ended = ended);
    }
}
