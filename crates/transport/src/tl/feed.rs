use confcall_state::UserId;
use grammers_tl_types::enums;

use super::updates::read_updates;
use super::whole::read_whole;
use crate::adapter::{UpdateSender, UpdateStream};

/// Where a client puts what the server pushes to its user; clones share the readers.
///
/// Everything may be put here: what is not ours is left out.
#[derive(Clone, Debug)]
pub struct Feed {
    own: UserId,
    pushed: UpdateSender,
}

impl Feed {
    /// A feed of this user that nobody reads yet.
    pub fn new(own: UserId) -> Self {
        Self {
            own,
            pushed: UpdateSender::new(),
        }
    }

    /// The user whose updates these are.
    pub fn own(&self) -> UserId {
        self.own
    }

    /// Where typed updates go, and that some may have been missed.
    pub fn sender(&self) -> &UpdateSender {
        &self.pushed
    }

    /// The updates from now on.
    pub fn subscribe(&self) -> UpdateStream {
        self.pushed.subscribe()
    }

    /// Passes on what a value of `Updates` holds.
    pub fn send(&self, updates: &enums::Updates) {
        let unpacked = read_updates(updates, self.own);
        unpacked
            .updates
            .into_iter()
            .for_each(|update| self.pushed.send(update));
        if unpacked.gap {
            self.pushed.gap();
        }
    }

    /// Passes on what the bytes of an `Updates` hold; bytes that cannot be read are a gap.
    pub fn send_bytes(&self, bytes: &[u8]) {
        match read_whole(bytes) {
            Ok(updates) => self.send(&updates),
            Err(error) => {
                tracing::debug!(length = bytes.len(), %error, "updates that cannot be read");
                self.pushed.gap();
            }
        }
    }
}
