use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// As good as never, and still a time that a clock can show.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// The time since the epoch, by which messages and salts are dated.
pub(crate) fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}

/// The moment after a time, which can be any.
pub(crate) fn after(time: Duration) -> Instant {
    Instant::now() + time.min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_moment_after_any_time() {
        assert!(after(Duration::MAX) > after(Duration::ZERO));
    }
}
