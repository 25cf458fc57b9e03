//! The status of a call in a line: who is in it, whether it is verified, and what is waited for.

use core::time::Duration;

use confcall::View;
use tokio::time::Instant;

use super::names::Names;

/// The time after which people are shown that something is under way.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// The most members that are named in the line.
const NAMED: usize = 4;

/// Something that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// What is waited for.
    pub(super) what: String,
    pub(super) since: Instant,
}

impl Wait {
    pub(super) fn new(what: impl Into<String>, since: Instant) -> Self {
        let what = what.into();
        Self { what, since }
    }

    /// True if it has been longer than people are left without a word.
    pub(super) fn is_long(&self, now: Instant) -> bool {
        now.duration_since(self.since) >= PATIENCE
    }
}

/// The call at one moment.
pub(super) struct Status<'a> {
    pub(super) names: &'a Names,
    pub(super) view: &'a View,
    pub(super) waits: &'a [Wait],
    /// The moment from which on the server was not heard.
    pub(super) lost: Option<Instant>,
    pub(super) now: Instant,
}

impl Status<'_> {
    /// The line.
    pub(super) fn line(&self) -> String {
        let mut parts = Vec::new();
        if !self.view.members.is_empty() {
            parts.push(self.members());
            parts.extend(self.view.emoji.map(|_| "verified".to_owned()));
        }
        let waits = self.waits.iter();
        parts.extend(
            waits.map(|wait| self.with_time(&format!("waiting for {}", wait.what), wait.since)),
        );
        parts.push(match self.lost {
            Some(since) => self.with_time("connection lost", since),
            None => "connected".to_owned(),
        });
        parts.join(" · ")
    }

    fn members(&self) -> String {
        let members = &self.view.members;
        match members.len() {
            1 => "you alone".to_owned(),
            count if count > NAMED => format!("you and {} others", count.saturating_sub(1)),
            _ => self.names.list(members),
        }
    }

    /// A text, and for how long it has been so.
    fn with_time(&self, text: &str, since: Instant) -> String {
        match self.now.duration_since(since).as_secs() {
            0 => text.to_owned(),
            seconds => format!("{text}, {seconds} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall::UserId;
    use confcall::state::EmojiHash;

    #[test]
    fn the_line_says_who_is_in_what_is_waited_for_and_for_how_long() {
        let names = Names::new(UserId::new(1));
        let since = Instant::now();
        let wait = Wait::new("user 2 to verify the call", since);
        let mut view = View::default();
        let mut status = |change: fn(&mut View), waits: &[Wait], lost| {
            change(&mut view);
            let now = since + Duration::from_secs(3);
            let (names, view) = (&names, &view);
            Status {
                names,
                view,
                waits,
                lost,
                now,
            }
            .line()
        };
        let enter = Wait::new("the server to let you in", since);
        assert_eq!(
            status(|_| (), &[enter], None),
            "waiting for the server to let you in, 3 s · connected"
        );
        assert_eq!(
            status(
                |view| view.members = [2, 1].map(UserId::new).to_vec(),
                &[wait],
                None
            ),
            "user 2 and you · waiting for user 2 to verify the call, 3 s · connected"
        );
        assert_eq!(
            status(
                |view| {
                    view.members = (1..=9).map(UserId::new).collect();
                    view.emoji = Some(EmojiHash::from_bytes([7; 64]));
                },
                &[],
                Some(since)
            ),
            "you and 8 others · verified · connection lost, 3 s"
        );
    }
}
