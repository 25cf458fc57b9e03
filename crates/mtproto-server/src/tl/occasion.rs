use confcall_state::UserId;

/// The reader and the time of what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occasion {
    /// The user who reads it.
    pub(crate) viewer: UserId,
    /// Now, in seconds since 1970.
    pub(crate) date: i32,
}
