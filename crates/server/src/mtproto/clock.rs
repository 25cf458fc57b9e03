use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time since the epoch, by which messages and salts are dated.
pub(crate) fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}
