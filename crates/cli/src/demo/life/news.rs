//! Events of an engine, each in a line.

use confcall::UserId;
use confcall::join::engine::{Event, Suspicion, Trouble};

/// The subject of an event, and what it says; `None` for what the acts show in lines of their own.
pub(super) fn line(user: UserId, event: &Event) -> Option<(&'static str, String)> {
    Some(match event {
        Event::Joined(joined) => {
            let attempts = joined.attempts;
            let text = format!("user {user} is in, by the block of its attempt {attempts}");
            ("joined", text)
        }
        Event::Rejoined(_) => ("rejoined", format!("user {user} is in again")),
        Event::Resumed(_) => {
            let text = format!("user {user} knows what happened meanwhile, and goes on");
            ("resumed", text)
        }
        Event::Retrying {
            why,
            pause,
            attempt,
        } => {
            let (why, pause) = (trouble(why), pause.as_secs_f64());
            let text = format!("user {user}: {why}; attempt {attempt} follows in {pause:.2} s");
            ("retry", text)
        }
        Event::Suspicious(Suspicion::UnlistedMember(member)) => {
            let text = format!("user {user} sees user {member} in the chain, but not connected");
            ("unlisted", text)
        }
        Event::Suspicious(other) => ("warning", format!("user {user}: {other:?}")),
        Event::Failed { command, why, .. } => {
            ("failed", format!("user {user}: {command:?}, {why:?}"))
        }
        Event::Ended(ended) => ("ended", format!("user {user}: {}", ended.reason)),
        _ => return None,
    })
}

fn trouble(why: &Trouble) -> String {
    match why {
        Trouble::Race => "another block came first".to_owned(),
        other => format!("{other:?}"),
    }
}
