use confcall_state::UserId;
use grammers_tl_types::{Cursor, Deserializable, enums};

use super::nesting;
use super::updates::read_updates;
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
        match read(bytes) {
            Some(updates) => self.send(&updates),
            None => {
                tracing::debug!(length = bytes.len(), "updates that cannot be read");
                self.pushed.gap();
            }
        }
    }
}

fn read(bytes: &[u8]) -> Option<enums::Updates> {
    nesting::check(bytes).ok()?;
    let mut cursor = Cursor::from_slice(bytes);
    let updates = enums::Updates::deserialize(&mut cursor).ok()?;
    (cursor.pos() == bytes.len()).then_some(updates)
}
