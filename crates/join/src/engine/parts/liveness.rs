//! The checks that we are still in the call.
//!
//! What follows from a doubt depends on the kind of the call: where there is a chain, it has the last word.
//!
//! Implements the connection check of `spec/protocol.md`, 10.

use core::time::Duration;

use confcall_media::Moment;

use crate::api::{CheckGroupCall, Response, Ssrc};
use crate::engine::command::MediaState;
use crate::engine::context::Context;
use crate::engine::end::RejoinReason;
use crate::engine::failure::Failure;
use crate::engine::identity::Identity;
use crate::engine::purpose::Purpose;
use crate::engine::timers::Timer;

/// The pause between two checks while the media is down.
const CHECK: Duration = Duration::from_secs(4);
/// The least time between two readings of everything because updates were missed.
const GAPS: Duration = Duration::from_secs(5);

/// The time without an answer to a member after which we are out of touch: a server takes longer to lose a member, and the
/// others to remove it, while polls are 5 s apart. An answer that took longer than that is none.
const IN_TOUCH: Duration = Duration::from_secs(8);

/// The signs of life between the server and us.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Liveness {
    /// The moment of the last answer that only a member gets; none since a restart at first.
    last_answer: Option<Moment>,
    media: MediaState,
    is_checking: bool,
    /// The source of the screen that the check asks for.
    checked_screen: Option<Ssrc>,
    /// The moment from which everything may be read again because updates were missed.
    next_catch_up: Moment,
}

/// The moment from which everything is read again.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct CatchUp {
    pub(in crate::engine) from: Moment,
    /// False for one of many gaps in a row, for which everything is read once.
    pub(in crate::engine) is_first: bool,
}

impl Liveness {
    pub(in crate::engine) fn new(now: Moment, last_answer: Option<Moment>) -> Self {
        Self {
            last_answer,
            media: MediaState::Disconnected,
            is_checking: false,
            checked_screen: None,
            next_catch_up: now,
        }
    }

    /// Notes an answer that only a member gets, to a request that was sent at a moment.
    pub(in crate::engine) fn answered(&mut self, now: Moment, sent: Moment) {
        // One that a stalled connection held up says what the server knew before that.
        if now.since(sent) < IN_TOUCH {
            self.last_answer = Some(now);
        }
    }

    /// True if the server has answered us as a member lately.
    pub(in crate::engine) fn is_in_touch(&self, now: Moment) -> bool {
        self.last_answer.is_some_and(|at| now.since(at) < IN_TOUCH)
    }

    /// Starts the checks.
    pub(in crate::engine) fn start(&self, ctx: &mut Context) {
        ctx.after(Timer::Check, CHECK);
    }

    /// Notes the state of the media connection: while it is up, it shows by itself that we are joined.
    pub(in crate::engine) fn media_is(&mut self, ctx: &mut Context, media: MediaState) {
        self.media = media;
        if media == MediaState::Disconnected && !ctx.timers.is_set(Timer::Check) {
            ctx.after(Timer::Check, CHECK);
        }
    }

    pub(in crate::engine) fn check_is_due(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        screen: Option<Ssrc>,
    ) {
        if self.media == MediaState::Disconnected {
            self.check(ctx, us, screen);
        }
    }

    /// Asks whether we are still joined, and the screen that we share, unless that is under way.
    pub(in crate::engine) fn check(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        screen: Option<Ssrc>,
    ) {
        // A server that says again and again that we left is asked once.
        if !core::mem::replace(&mut self.is_checking, true) {
            self.checked_screen = screen;
            let check = CheckGroupCall {
                call: us.call.into(),
                sources: core::iter::once(us.source).chain(screen).collect(),
            };
            ctx.send(Purpose::Check, check);
        }
    }

    /// The source of the screen that the check asks for, if a screen was shared when it was sent.
    pub(in crate::engine) fn checked_screen(&self) -> Option<Ssrc> {
        self.checked_screen
    }

    /// Takes the answer to a check; gives the reason to doubt that we are joined.
    pub(in crate::engine) fn checked(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        sent: Moment,
        result: Result<Response, Failure>,
    ) -> Option<RejoinReason> {
        self.is_checking = false;
        if let Ok(response) = result {
            let sources = response.into_sources();
            // The answer lists only those of the sources asked for that are joined.
            if !sources.is_ok_and(|all| all.contains(&us.source)) {
                return Some(RejoinReason::NotJoined);
            }
            self.answered(ctx.now, sent);
        }
        if self.media == MediaState::Disconnected {
            ctx.after(Timer::Check, CHECK);
        }
        None
    }

    /// Notes that updates were missed.
    pub(in crate::engine) fn missed(&mut self, now: Moment) -> CatchUp {
        let from = self.next_catch_up.max(now);
        let is_first = from == now;
        if is_first {
            self.next_catch_up = from + GAPS;
        }
        CatchUp { from, is_first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{US, context, outputs};

    #[test]
    fn a_check_without_our_source_is_a_reason_to_doubt_and_no_answer_is_none() {
        let (mut liveness, mut ctx) = (Liveness::new(context().now, None), context());
        liveness.check(&mut ctx, US, None);
        liveness.check(&mut ctx, US, None);
        assert_eq!(outputs(&mut ctx).0.len(), 1);
        let sent = ctx.now;
        let lost = liveness.checked(&mut ctx, US, sent, Err(Failure::Lost));
        assert_eq!(lost, None);
        let joined = Ok(vec![US.source].into());
        assert_eq!(liveness.checked(&mut ctx, US, sent, joined), None);
        let doubt = liveness.checked(&mut ctx, US, sent, Ok(Vec::<Ssrc>::new().into()));
        assert_eq!(doubt, Some(RejoinReason::NotJoined));
    }

    #[test]
    fn a_connected_media_needs_no_check() {
        let (mut liveness, mut ctx) = (Liveness::new(context().now, None), context());
        liveness.media_is(&mut ctx, MediaState::Connected);
        liveness.check_is_due(&mut ctx, US, None);
        assert!(outputs(&mut ctx).0.is_empty());
        liveness.media_is(&mut ctx, MediaState::Disconnected);
        assert!(ctx.timers.is_set(Timer::Check));
    }

    #[test]
    fn many_gaps_in_a_row_are_read_after_once() {
        let (mut liveness, now) = (Liveness::new(context().now, None), context().now);
        assert!(liveness.missed(now).is_first);
        let second = liveness.missed(now);
        assert!(!second.is_first);
        assert_eq!(second.from, now + GAPS);
    }
}
