//! The status of a call in a line: who is in it, whether it is verified, and what is waited for.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use confcall::api::Peer;
use confcall::join::engine::{Microphone, Participant};
use confcall::{CallKind, UserId, View};
use tokio::time::Instant;

use super::names::{Names, listed};

/// The time after which people are shown that something is under way.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// The most members that are named in the line.
const NAMED: usize = 4;

/// For how long one who has spoken is shown as speaking; the server says it every few seconds.
const SPEAKING: i64 = 3;

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
    /// The same moment on the wall, which the server's dates are compared with.
    pub(super) time: SystemTime,
}

impl Status<'_> {
    /// The line.
    pub(super) fn line(&self) -> String {
        let mut parts = Vec::new();
        if !self.view.members.is_empty() {
            parts.push(self.members());
            parts.extend(self.view.emoji.map(|_| "verified".to_owned()));
        }
        if let Some(kind) = self.view.kind.filter(|kind| *kind != CallKind::Conference) {
            parts.push(self.of_chat(kind));
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

    /// The call of a group or channel, with its people, and whether we may speak.
    fn of_chat(&self, kind: CallKind) -> String {
        let listed = self.view.participants.len();
        let count = self.view.info.as_ref().map(|info| info.participants);
        let count = count.and_then(|count| usize::try_from(count).ok());
        let count = count.unwrap_or(listed).max(listed);
        let own = match self.view.own {
            Some(own) if own.hand_raised => ", your hand is raised",
            Some(own) if !own.can_unmute => ", you may not speak",
            _ => "",
        };
        format!("{kind} with {count}{own}")
    }

    fn members(&self) -> String {
        let members = &self.view.members;
        match members.len() {
            1 => "you alone".to_owned(),
            count if count > NAMED => format!("you and {} others", count.saturating_sub(1)),
            _ => {
                let members = members.iter().map(|user| self.member(*user));
                listed(&members.collect::<Vec<_>>())
            }
        }
    }

    /// A member, and whether it is muted or speaking.
    fn member(&self, user: UserId) -> String {
        let name = self.names.of(user);
        let mut participants = self.view.participants.iter();
        let listed = participants.find(|one| one.peer == Peer::User(user));
        let is_muted = match (self.names.is_us(user), self.view.own) {
            // What we want, which the server may still have to learn.
            (true, Some(own)) => own.wanted.muted || !own.can_unmute,
            _ => listed.is_some_and(|one| one.microphone != Microphone::On || one.muted_by_us),
        };
        match is_muted {
            true => format!("{name} (muted)"),
            false if listed.is_some_and(|one| self.speaks(one)) => format!("{name} (speaking)"),
            false => name,
        }
    }

    fn speaks(&self, one: &Participant) -> bool {
        let now = self.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let spoke = one.spoke_at.map(i64::from);
        spoke.is_some_and(|spoke| (spoke..=spoke.saturating_add(SPEAKING)).contains(&now))
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
                time: UNIX_EPOCH,
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
