//! Connections to a conference service in the same process.
//!
//! Each request travels as its bytes, and each pushed update goes to the users it is for:
//!
//! ```text
//! LoopbackTransport(user) ── bytes ──▶ Hub { Service } ── Response ──▶ the same connection
//!                                    └── poll_push ──▶ every connection of the user pushed to
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use confcall_join::api::{Response, Service, Updates};
use confcall_join::policy::CheckedRequest;
use confcall_state::UserId;

use confcall_transport::{CallError, Transport, UpdateSender, UpdateStream};

/// A service and the users that are connected to it; clones share both.
#[derive(Debug)]
pub struct Hub<S>(Arc<Mutex<Inner<S>>>);

#[derive(Debug)]
struct Inner<S> {
    service: S,
    users: HashMap<UserId, UpdateSender>,
}

impl<S> Clone for Hub<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Service> Hub<S> {
    /// Takes a service into the hub.
    pub fn new(service: S) -> Self {
        let users = HashMap::new();
        Self(Arc::new(Mutex::new(Inner { service, users })))
    }

    /// Connects a user.
    pub fn connect(&self, user_id: UserId) -> LoopbackTransport<S> {
        let mut inner = self.lock();
        let users = &mut inner.users;
        let updates = users.entry(user_id).or_default();
        LoopbackTransport {
            updates: updates.clone(),
            hub: self.clone(),
            user_id,
        }
    }

    /// Looks into the service, or changes it as its operator would.
    pub fn with<T>(&self, look: impl FnOnce(&mut S) -> T) -> T {
        let mut inner = self.lock();
        let result = look(&mut inner.service);
        inner.push();
        result
    }

    fn lock(&self) -> MutexGuard<'_, Inner<S>> {
        // A service that panicked in a test is still looked at afterwards.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Service> Inner<S> {
    fn push(&mut self) {
        while let Some((user_id, Updates(pushed))) = self.service.poll_push() {
            if let Some(updates) = self.users.get(&user_id) {
                pushed.into_iter().for_each(|update| updates.send(update));
            }
        }
    }
}

/// One user's connection to the service of a [`Hub`].
#[derive(Debug)]
pub struct LoopbackTransport<S> {
    hub: Hub<S>,
    user_id: UserId,
    updates: UpdateSender,
}

impl<S: Service + Send> Transport for LoopbackTransport<S> {
    async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
        let mut inner = self.hub.lock();
        let answer = inner.service.handle(self.user_id, request.bytes());
        inner.push();
        Ok(answer?)
    }

    fn updates(&self) -> UpdateStream {
        self.updates.subscribe()
    }

    fn own_user(&self) -> Option<UserId> {
        Some(self.user_id)
    }
}
