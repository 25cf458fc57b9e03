//! The log of a call: no keys, and users only at the level `debug`.

use confcall_join::engine::{Event, Joined};
use tracing::{Span, debug, field, info, info_span, warn};

/// The span of one call, whose id becomes known later.
pub(crate) fn span() -> Span {
    info_span!("group_call", call = field::Empty)
}

/// The events of one call as lines of its log.
///
/// Subscribers append a field of a span that is recorded again, to every later line of the span. So the call is recorded
/// once, and the height, which changes, stands in the lines that need it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    knows_call: bool,
    height: Option<i32>,
}

impl Log {
    /// Logs an event within the current span.
    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::Joined(joined) => self.membership(joined, "joined"),
            Event::Rejoined(joined) => self.membership(joined, "joined again"),
            Event::Resumed(joined) => self.membership(joined, "resumed"),
            Event::EpochStarted { height, .. } => {
                self.height = Some(height.value());
                debug!(height = self.height, "a new epoch");
            }
            Event::MembersChanged {
                added,
                removed,
                rekeyed,
                by,
            } => {
                debug!(?added, ?removed, ?rekeyed, ?by, "the members changed");
            }
            Event::Verification { phase, missing, .. } => {
                debug!(height = self.height, ?phase, ?missing, "verifying");
            }
            Event::Gap(gap) => info!(blocks = gap.blocks, "the call went on without us"),
            Event::Suspicious(suspicion) => {
                warn!(height = self.height, "something is suspicious");
                debug!(?suspicion, "the suspicion");
            }
            Event::Retrying {
                why,
                pause,
                attempt,
            } => debug!(?why, ?pause, attempt, "trying again"),
            Event::Failed { command, why, .. } => debug!(?command, %why, "a command failed"),
            Event::Ended(ended) => {
                info!(height = self.height, advice = ?ended.advice, "ended");
                debug!(reason = %ended.reason, "the reason of the end");
            }
            _ => {}
        }
    }

    fn membership(&mut self, joined: &Joined, message: &str) {
        if !core::mem::replace(&mut self.knows_call, true) {
            Span::current().record("call", joined.call.id.value());
        }
        info!(attempts = joined.attempts, "{message}");
    }
}
