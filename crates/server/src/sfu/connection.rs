use std::time::Instant;

use confcall_join::api::CallId;
use confcall_state::UserId;

use super::link::Link;
use super::publisher::Publisher;
use super::receiver::Receiver;

/// One media connection of a member.
pub(super) struct Connection {
    pub(super) owner: Owner,
    pub(super) link: Link,
    pub(super) publisher: Publisher,
    pub(super) receiver: Receiver,
    /// True while something was written that is to be sent.
    pub(super) is_touched: bool,
    /// The moment at which it is to be looked at again.
    pub(super) deadline: Option<Instant>,
}

/// The member whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) call: CallId,
    pub(super) user: UserId,
    pub(super) role: Role,
}

/// A screen has a connection of its own, over which nothing is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Main,
    Screen,
}

impl Connection {
    pub(super) fn new(owner: Owner, link: Link, publisher: Publisher) -> Self {
        Self {
            owner,
            link,
            publisher,
            receiver: Receiver::default(),
            is_touched: false,
            deadline: None,
        }
    }
}
