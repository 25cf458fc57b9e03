//! Texts for people about what the engine reports.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use confcall::UserId;
use confcall::join::engine::Suspicion;
use confcall::join::shown::List;

/// A pause that began now, and the time of day at its end if it is long.
///
/// The time is in UTC: the standard library has no other, and the label says so.
pub(super) fn pause(pause: Duration, now: SystemTime) -> String {
    let after = format!("{:.2} s", pause.as_secs_f64());
    // Below this a person waits without a clock.
    if pause < Duration::from_secs(10) {
        return after;
    }
    let end = now.duration_since(UNIX_EPOCH).unwrap_or_default() + pause;
    let seconds = end.as_secs();
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!(
        "{after}, at {hours:02}:{minutes:02}:{:02} UTC",
        seconds % 60
    )
}

/// A suspicion and its meaning, with what can be done about it here.
pub(super) fn suspicion(what: &Suspicion) -> String {
    match what {
        Suspicion::UnlistedMember(user) => {
            format!("{what}; remove it with /kick {user} unless you know why")
        }
        what => what.to_string(),
    }
}

/// Users in a line.
pub(super) fn list(users: &[UserId]) -> String {
    List(users).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_pause_has_the_time_of_day_at_its_end() {
        let now = UNIX_EPOCH + Duration::from_secs(20 * 86_400 + 23 * 3600 + 58 * 60 + 7);
        assert_eq!(pause(Duration::from_secs(9), now), "9.00 s");
        assert_eq!(
            pause(Duration::from_secs(300), now),
            "300.00 s, at 00:03:07 UTC"
        );
    }
}
