//! Lines about the call of a group or channel as a whole.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use confcall::join::engine::CallInfo;

use super::super::describe;
use crate::screen::{Level, Line};

/// What people want to know of the call, if they do not know it yet.
pub(super) fn changes(before: Option<&CallInfo>, now: &CallInfo) -> Vec<Line> {
    let mut lines = Vec::new();
    if before.and_then(|before| before.title.as_ref()) != now.title.as_ref() {
        let title = now.title.clone();
        let text = title.unwrap_or_else(|| "that of the chat again".to_owned());
        lines.push(Line::new(Level::Info, "title", text));
    }
    let was_recorded = before.is_some_and(|before| before.recorded_since.is_some());
    lines.extend(match (was_recorded, now.recorded_since) {
        (false, Some(_)) => Some(Line::new(Level::Warning, "recorded", recorded(now))),
        (true, None) => Some(Line::new(Level::Info, "recorded", "no more")),
        _ => None,
    });
    lines
}

fn recorded(now: &CallInfo) -> &'static str {
    match now.records_video {
        true => "the server records the call, with video",
        false => "the server records the call",
    }
}

/// The call that has not begun.
pub(super) fn announced(now: &CallInfo) -> Vec<Line> {
    let title = now.title.as_deref().unwrap_or("the call");
    let now_time = SystemTime::now();
    let seconds = now.scheduled_for.and_then(|date| u64::try_from(date).ok());
    let begin = seconds.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    let left = begin.and_then(|begin| begin.duration_since(now_time).ok());
    let when = left.map_or_else(
        || "; it has not begun".to_owned(),
        |left| format!(" begins in {}", describe::pause(left, now_time)),
    );
    let text = format!("{title}{when}; waiting for it, and /start begins it, if you may");
    vec![Line::new(Level::Info, "announced", text)]
}
