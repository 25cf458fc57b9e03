//! The calls that come to a user, beside those that it is in.

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use confcall_join::api::{
    CallId, DeclineConferenceCallInvite, MigratedCall, PhoneCallId, RpcError, Update,
};
use confcall_join::engine::EmptyCall;
use confcall_join::joining::{InvitationEvent, Invitations, Target};
use confcall_join::labels::Labels;
use confcall_join::policy::{CallKind, CheckedRequest, PolicyViolation};
use confcall_state::UserId;
use confcall_transport::{CallError, Missed, Transport, UpdateStream};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use thiserror::Error;
use tokio::time::sleep;

use crate::options::Options;

/// Something that comes to a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum IncomingCall {
    /// An invitation to a conference began to ring, or what rang or was sent changed.
    Invitation(InvitationEvent),
    /// The call in which the user is with another one goes on as a conference: join it without asking, and keep the old media until
    /// the new one runs.
    Migrated(#[serde(serialize_with = "migrated")] MigratedCall),
    /// Updates were missed, and calls perhaps with them; the chats show their messages.
    Missed(#[serde(serialize_with = "missed")] Missed),
}

impl fmt::Display for IncomingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invitation(invitation) => invitation.fmt(f),
            Self::Migrated(_) => f.write_str("a call of two goes on as a conference"),
            Self::Missed(missed) => missed.fmt(f),
        }
    }
}

/// The call that is over, without the link of the conference.
fn migrated<S: Serializer>(call: &MigratedCall, to: S) -> Result<S::Ok, S::Error> {
    let mut object = to.serialize_struct("MigratedCall", 2)?;
    object.serialize_field("phone_call", &call.phone_call.value().to_string())?;
    object.serialize_field("video", &call.video)?;
    object.end()
}

fn missed<S: Serializer>(missed: &Missed, to: S) -> Result<S::Ok, S::Error> {
    let mut object = to.serialize_struct("Missed", 1)?;
    object.serialize_field("count", &missed.count)?;
    object.end()
}

/// The calls that come to one user, by all that its server pushes.
///
/// A client has one for each account, beside the conferences that it is in.
#[derive(Debug)]
pub struct Incoming {
    updates: UpdateStream,
    invitations: Invitations,
    labels: Labels,
    /// The call between two users in which the user is.
    phone_call: Option<PhoneCallId>,
    ready: VecDeque<IncomingCall>,
}

/// An invitation was not declined.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeclineError {
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(RpcError),
    /// There was no answer; it may have been declined.
    #[error("the server did not answer")]
    Unanswered,
    /// The request was not sent: it breaks the policy.
    #[error("the request was not sent: {0}")]
    Policy(#[from] PolicyViolation),
}

impl Incoming {
    /// The calls that come to `user` from now on.
    pub fn new<T: Transport>(transport: &T, user: UserId) -> Self {
        Self {
            updates: transport.updates(),
            invitations: Invitations::new(user),
            labels: Labels::new(),
            phone_call: None,
            ready: VecDeque::new(),
        }
    }

    /// The invitations, for what rings now and which messages invite.
    pub fn invitations(&self) -> &Invitations {
        &self.invitations
    }

    /// Sets the time for which invitations ring, `call_ring_timeout_ms` of the server's configuration.
    pub fn set_ring_timeout_ms(&mut self, timeout: u32) {
        self.invitations.set_ring_timeout_ms(timeout);
    }

    /// Notes that the user is in a conference, or in none any more: to that one nothing rings.
    pub fn entered(&mut self, call: Option<CallId>) {
        let events = self.invitations.handle_entered(call, &self.labels);
        self.add(events);
    }

    /// Notes that the user is in a call with another one, or in none any more: only that one is moved to a conference.
    pub fn in_phone_call(&mut self, call: Option<PhoneCallId>) {
        self.phone_call = call;
    }

    /// The next thing that comes; `None` once the network has ended. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<IncomingCall> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            let now = seconds();
            let until = self.invitations.next_timeout();
            let left = until.map(|until| u64::try_from(until.saturating_sub(now)).unwrap_or(0));
            tokio::select! {
                update = self.updates.next() => match update? {
                    Ok(update) => self.take(&update),
                    Err(missed) => self.ready.push_back(IncomingCall::Missed(missed)),
                },
                () = sleep(Duration::from_secs(left.unwrap_or_default())), if left.is_some() => {
                    let events = self.invitations.handle_time(&self.labels, seconds());
                    self.add(events);
                }
            }
        }
    }

    /// Declines every invitation to a call that is pending.
    ///
    /// # Errors
    ///
    /// [`DeclineError`] of the first that is not declined; one that the server does not know any more is.
    pub async fn decline<T: Transport>(
        &self,
        transport: &T,
        call: CallId,
    ) -> Result<(), DeclineError> {
        for message in self.invitations.pending(call) {
            let request = DeclineConferenceCallInvite { message }.into();
            let request = CheckedRequest::new(CallKind::Conference, &request)?;
            match transport.call(request).await {
                Ok(_) => {}
                Err(CallError::Rpc(error)) if error.message == "MESSAGE_ID_INVALID" => {}
                Err(CallError::Rpc(error)) => return Err(DeclineError::Refused(error)),
                Err(_) => return Err(DeclineError::Unanswered),
            }
        }
        Ok(())
    }

    fn take(&mut self, update: &Update) {
        match update {
            Update::Labels(labels) => self.labels.learn(labels),
            // Else the server could bring the user into any conference, unasked.
            Update::Migrated(call) if self.phone_call == Some(call.phone_call) => {
                self.phone_call = None;
                self.ready.push_back(IncomingCall::Migrated(call.clone()));
            }
            update => {
                let events = self
                    .invitations
                    .handle_update(update, &self.labels, seconds());
                self.add(events);
            }
        }
    }

    fn add(&mut self, events: Vec<InvitationEvent>) {
        self.ready
            .extend(events.into_iter().map(IncomingCall::Invitation));
    }
}

impl IncomingCall {
    /// Sets in options what joining the call takes; false if there is nothing to join.
    pub fn prepare(&self, options: &mut Options) -> bool {
        options.config.target = match self {
            Self::Invitation(invitation) => Target::Invitation(invitation.message),
            Self::Migrated(call) => Target::Slug(call.slug.clone()),
            Self::Missed(_) => return false,
        };
        // The one who made the call may still be writing its first block.
        options.config.empty_call = EmptyCall::Await;
        true
    }
}

/// The time in seconds since 1970.
fn seconds() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
}
