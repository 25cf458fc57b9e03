//! The waits that the server imposes, each on a method, and the requests that wait for their ends.
//!
//! ```text
//! send ──┬───────────────────────────────────────┬─▶ request
//!        └── held back ── the method's wait ends ─┘
//! ```
//!
//! Implements `FLOOD_WAIT_n` of `spec/protocol.md`, 11.2.

use core::time::Duration;
use std::collections::BTreeMap;

use confcall_media::Moment;

use super::io::RequestId;
use crate::api::{Method, Request};

/// The least time to wait if the server names a time; it could name none for ever.
pub(super) const LEAST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait that is borne for one request.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How many waits are borne for one request.
const WAITS: u32 = 5;

/// Which methods must wait, and what waits for that.
///
/// As many requests wait as those who send them have under way at most.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits {
    until: BTreeMap<Method, Moment>,
    held_back: BTreeMap<RequestId, Request>,
}

impl Waits {
    /// Notes a wait; one that ends earlier than another changes nothing.
    pub(super) fn impose(&mut self, method: Method, until: Moment) {
        let known = self.until.entry(method).or_insert(until);
        *known = until.max(*known);
    }

    /// Until when a method must wait, if it must.
    pub(super) fn until(&self, now: Moment, method: Method) -> Option<Moment> {
        let until = self.until.get(&method).copied();
        until.filter(|until| *until > now)
    }

    /// Keeps a request until its method need not wait any more.
    pub(super) fn hold_back(&mut self, request: RequestId, body: Request) {
        self.held_back.insert(request, body);
    }

    /// Whether a request has not been sent.
    pub(super) fn holds_back(&self, request: RequestId) -> bool {
        self.held_back.contains_key(&request)
    }

    /// Drops all requests but some; they will not be sent.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(RequestId) -> bool) {
        self.held_back.retain(|request, _| stays(*request));
    }

    /// Takes the next request that need not wait any more.
    pub(super) fn take_due(&mut self, now: Moment) -> Option<(RequestId, Request)> {
        let until = &self.until;
        let is_due = |body: &Request| until.get(&body.method()).is_none_or(|until| *until <= now);
        let mut held_back = self.held_back.iter();
        let request = *held_back.find(|(_, body)| is_due(body))?.0;
        self.held_back.remove_entry(&request)
    }

    /// When the first request need not wait any more.
    pub(super) fn next_due(&self) -> Option<Moment> {
        let methods = self.held_back.values().map(Request::method);
        let due = methods.filter_map(|method| self.until.get(&method).copied());
        due.min()
    }
}

/// How many more waits are borne for one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience(u32);

impl Default for Patience {
    fn default() -> Self {
        Self(WAITS)
    }
}

impl Patience {
    /// Whether another wait is borne, which is then counted.
    pub(super) fn bears(&mut self, wait: Duration) -> bool {
        let left = self.0.checked_sub(1).filter(|_| wait <= LONGEST_WAIT);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}
