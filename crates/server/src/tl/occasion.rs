use confcall_state::UserId;

use super::Layer;

/// The reader and the time of what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The user who reads it.
    pub viewer: UserId,
    /// Now, in seconds since 1970.
    pub date: i32,
    /// The layer in which the user's client reads.
    pub layer: Layer,
}
