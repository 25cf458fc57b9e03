use std::path::Path;

use confcall::conference::Notice;
use confcall_join::engine::{EndReason, Ended, Event, Joined};

/// A line about something that happened; what others wrote cannot move the cursor.
pub(crate) fn of(notice: &Notice) -> String {
    match notice {
        Notice::Event(event) => of_event(event),
        Notice::Dropped { messages, .. } => format!("{messages} messages were not shown in time"),
        other => format!("{other:?}"),
    }
}

fn of_event(event: &Event) -> String {
    match event {
        Event::Joined(joined) => format!("in the call{}", link(joined)),
        Event::Rejoined(joined) => format!("in the call again, with a new key{}", link(joined)),
        Event::Link(link) => format!("the link is {}", link.as_str().escape_debug()),
        Event::EpochStarted { height, .. } => format!("block {height}: a new key"),
        Event::MembersChanged { added, removed, .. } => {
            format!("members: {added:?} came, {removed:?} are gone")
        }
        Event::Verification { phase, missing, .. } if missing.is_empty() => {
            format!("verification: {phase}")
        }
        Event::Verification { phase, missing, .. } => {
            format!("verification: {phase}, {missing:?} are missing")
        }
        Event::Emoji { hash, .. } => format!("compare the emoji: {}", hash.emoji().join(" ")),
        Event::Message { from, message } => {
            format!("user {from}: {}", message.text().escape_debug())
        }
        Event::Retrying { why, pause, .. } => format!("{why:?}; again in {pause:.1?}"),
        other => format!("{other:?}"),
    }
}

fn link(joined: &Joined) -> String {
    let link = joined.invite_link.as_ref();
    link.map_or_else(String::new, |link| {
        format!("; its link is {}", link.as_str().escape_debug())
    })
}

/// Why it ended, and what to do about a session that the server does not know any more.
pub(crate) fn of_the_end(ended: &Ended, session: &Path) -> String {
    match &ended.reason {
        EndReason::Refused { error, .. } if error.code == 401 => {
            let session = session.display();
            format!("{}; remove {session} and log in again", ended.reason)
        }
        reason => format!("ended: {reason}"),
    }
}
