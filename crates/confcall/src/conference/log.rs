//! What the log says of a conference: no keys, and users only at the level `debug`.

use confcall_join::api::InputGroupCall;
use confcall_join::engine::{Event, Joined};
use tracing::{Span, debug, field, info, info_span, warn};

/// The span of one conference; the call and the height become known later.
pub(super) fn span() -> Span {
    info_span!("conference", call = field::Empty, height = field::Empty)
}

/// Logs an event within the current span.
pub(super) fn event(event: &Event) {
    match event {
        Event::Joined(joined) => membership(joined, "joined"),
        Event::Rejoined(joined) => membership(joined, "joined again"),
        Event::Resumed(joined) => membership(joined, "resumed"),
        Event::EpochStarted { height, .. } => {
            Span::current().record("height", height.value());
            debug!("the keys moved");
        }
        Event::MembersChanged { added, removed, by } => {
            debug!(?added, ?removed, ?by, "the members changed");
        }
        Event::Verification { phase, missing, .. } => {
            debug!(?phase, ?missing, "the verification moved");
        }
        Event::Suspicious(suspicion) => {
            warn!("something is suspicious");
            debug!(?suspicion, "what is suspicious");
        }
        Event::Retrying {
            why,
            pause,
            attempt,
        } => debug!(?why, ?pause, attempt, "trying again"),
        Event::Failed { command, why, .. } => debug!(?command, %why, "a command failed"),
        Event::Ended(ended) => {
            info!(advice = ?ended.advice, "ended");
            debug!(reason = %ended.reason, "why it ended");
        }
        _ => {}
    }
}

fn membership(joined: &Joined, what: &str) {
    if let InputGroupCall::Id { id, .. } = joined.call {
        Span::current().record("call", id.value());
    }
    info!(attempts = joined.attempts, "{what}");
}
