//! The rule that a shared key is for every participant, once.

use super::error::{ChainError, RecipientFault};
use crate::wire::{GroupState, SharedKey};

/// Checks that a shared key other than the empty one has a header for every participant, in any order.
pub(super) fn check(shared_key: &SharedKey, group_state: &GroupState) -> Result<(), ChainError> {
    if shared_key.is_empty() {
        return Ok(());
    }
    let recipients = &shared_key.recipients;
    let participants = &group_state.participants;
    let headers = shared_key.headers.len();
    if recipients.len() != headers || recipients.len() != participants.len() {
        return Err(ChainError::Recipients(RecipientFault::Count {
            recipients: recipients.len(),
            headers,
            participants: participants.len(),
        }));
    }
    let users = || participants.iter().map(|one| one.user_id);
    // Everyone writes the recipients in the order of the participants, though any order is valid.
    if users().eq(recipients.iter().copied()) {
        return Ok(());
    }
    let mut recipients = recipients.clone();
    let mut users: Vec<_> = users().collect();
    recipients.sort_unstable();
    users.sort_unstable();
    if users == recipients {
        Ok(())
    } else {
        Err(ChainError::Recipients(RecipientFault::NotTheParticipants))
    }
}
