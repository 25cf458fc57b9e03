//! Texts for people about what the engine reports.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use confcall::UserId;
use confcall::join::engine::{EmojiOverdue, Suspicion, Trouble};
use confcall::state::verification::Phase;

/// The reason for a retry.
pub(super) fn trouble(why: &Trouble) -> String {
    match why {
        Trouble::Race => "another block came first".to_owned(),
        Trouble::SourceTaken => "our media source is taken".to_owned(),
        Trouble::NoBlockYet => "the call has no block yet".to_owned(),
        Trouble::WentBack => "the call is shorter than when it was seen last".to_owned(),
        Trouble::Flood { method } => format!("{method}: the server wants us to wait"),
        Trouble::Refused { method, error } => format!("{method}: {error}"),
        Trouble::Unanswered { method } => format!("{method} has no answer"),
        Trouble::Rejoining(reason) => format!("coming in again: {reason}"),
        other => format!("{other:?}"),
    }
}

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

/// A suspicion and its meaning.
pub(super) fn suspicion(what: &Suspicion) -> String {
    match what {
        Suspicion::UnlistedMember(user) => format!(
            "user {user} is in the chain and can decrypt, but the server has not listed it for longer than leaving takes; remove it with /kick {user} unless you know why"
        ),
        Suspicion::Fork { height, what } => format!(
            "the server shows another chain than the one that we follow to height {height}: {what}"
        ),
        Suspicion::ForeignKeys { by, users } => format!(
            "user {by} wrote a block that gives keys to users {}, and may take part under their names; a user joins by a block of its own",
            list(users)
        ),
        Suspicion::Swapped(broken) => format!(
            "the server may show another call than the one that you were in: {broken}; compare the emoji before you say anything"
        ),
        Suspicion::BadBroadcasts { from, count } => {
            let from = from.map_or_else(String::new, |user| format!(" in the name of user {user}"));
            format!("{count} broadcasts of the verification{from} are bad")
        }
        Suspicion::BroadcastRefused(error) => {
            format!("the server does not take our part of the verification: {error}")
        }
        Suspicion::Endless { read } => format!("a list of the server does not end after {read}"),
        other => format!("{other:?}"),
    }
}

/// Users in a line.
pub(super) fn list(users: &[UserId]) -> String {
    let users: Vec<_> = users.iter().map(UserId::to_string).collect();
    match users.is_empty() {
        true => "none".to_owned(),
        false => users.join(" "),
    }
}

/// Emoji that are overdue, and the reason.
pub(super) fn overdue(overdue: &EmojiOverdue) -> String {
    let mut text = format!(
        "none long enough to compare for {:.2} s",
        overdue.since.as_secs_f64()
    );
    if overdue.ended > 0 {
        let (ended, writers) = (overdue.ended, &overdue.writers);
        let of_users = match writers.is_empty() {
            true => String::new(),
            false => format!(" of users {}", list(writers)),
        };
        text += &format!(
            "; blocks{of_users} have ended {ended} rounds, as happens while many come and go"
        );
    }
    if !overdue.missing.is_empty() {
        text += &format!("; waiting for {}", list(&overdue.missing));
    }
    text
}

/// The name of a phase of the verification.
pub(super) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Commit => "commit",
        Phase::Reveal => "reveal",
        Phase::End => "end",
    }
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

    #[test]
    fn overdue_emoji_name_the_writers_of_the_blocks_and_those_who_are_missing() {
        let mut overdue_emoji = EmojiOverdue::default();
        overdue_emoji.since = Duration::from_secs(31);
        overdue_emoji.missing = vec![UserId::new(4)];
        assert_eq!(
            overdue(&overdue_emoji),
            "none long enough to compare for 31.00 s; waiting for 4"
        );
        overdue_emoji.ended = 5;
        overdue_emoji.writers = [2, 3].map(UserId::new).to_vec();
        assert_eq!(
            overdue(&overdue_emoji),
            "none long enough to compare for 31.00 s; blocks of users 2 3 have ended 5 rounds, as happens while many come and go; waiting for 4"
        );
    }
}
