//! Events of an engine, each in a line.

use std::io::Write;

use confcall::join::engine::{EndReason, Event, Suspicion, Trouble};
use confcall::{CallKind, UserId};

use super::super::show::Show;

/// The subject of an event, and what it says; `None` for what the acts show in lines of their own.
pub(super) fn line(
    user: UserId,
    event: &Event,
    show: &Show<'_, impl Write>,
) -> Option<(&'static str, String)> {
    let name = show.name(user);
    Some(match event {
        Event::Joined(joined) if joined.kind != CallKind::Conference => {
            ("joined", format!("{name} is in {}", joined.kind))
        }
        Event::Joined(joined) => {
            let attempts = joined.attempts;
            let text = format!("{name} is in, by the block of attempt {attempts}");
            ("joined", text)
        }
        Event::Rejoined(_) => ("rejoined", format!("{name} is in again")),
        Event::Resumed(_) => {
            let text = format!("{name} knows what happened meanwhile, and goes on");
            ("resumed", text)
        }
        Event::Retrying {
            why,
            pause,
            attempt,
        } => {
            let (why, pause) = (trouble(why), pause.as_secs_f64());
            let text = format!("{name}: {why}; attempt {attempt} follows in {pause:.2} s");
            ("retry", text)
        }
        Event::Suspicious(Suspicion::UnlistedMember(member)) => {
            let member = show.name(*member);
            let text = format!("{name} sees {member} in the chain, but not connected");
            ("unlisted", text)
        }
        Event::Suspicious(other) => ("warning", format!("{name}: {other:?}")),
        Event::Failed { command, why, .. } => ("failed", format!("{name}: {command:?}, {why}")),
        Event::Ended(ended) => ("ended", format!("{name}: {}", end(&ended.reason, show))),
        _ => return None,
    })
}

fn end(reason: &EndReason, show: &Show<'_, impl Write>) -> String {
    match reason {
        EndReason::Removed { by: Some(by) } => {
            format!("removed from the call by {}", show.name(*by))
        }
        other => other.to_string(),
    }
}

fn trouble(why: &Trouble) -> String {
    match why {
        Trouble::Race => "another block came first".to_owned(),
        other => format!("{other:?}"),
    }
}
