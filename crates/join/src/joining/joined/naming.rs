//! Which call an update is about.

use crate::api::InputGroupCall;

/// True if both references name calls by their ids, and not the same.
pub(super) fn is_other(one: &InputGroupCall, other: &InputGroupCall) -> bool {
    one.id()
        .zip(other.id())
        .is_some_and(|(one, other)| one != other)
}
