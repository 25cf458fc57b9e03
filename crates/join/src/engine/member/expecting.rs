//! Waiting for what does not come, although the server answers.

use core::time::Duration;

use confcall_media::Moment;

use super::super::context::Context;
use super::super::end::RejoinReason;
use super::{Departure, Flow, Member};
use crate::api::Method;

/// For how long we wait for something while the server answers, and how many answers it gets.
const SILENCE: Duration = Duration::from_secs(15);
const FRUITLESS: u32 = 3;

/// Something that we wait for, although the server answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expecting {
    since: Moment,
    fruitless: u32,
}

impl Member {
    /// The server answers: does what we wait for come as well?
    pub(super) fn note_answer(&mut self, ctx: &mut Context) -> Flow {
        let cursors = [&self.blocks, &self.broadcasts];
        let has_hole = cursors.iter().any(|cursor| cursor.hole_since().is_some());
        let broadcast = Method::SendConferenceCallBroadcast;
        let may_say = ctx.waits.until(ctx.now, broadcast).is_none();
        let is_waiting = has_hole || (may_say && !self.outbox.is_empty());
        if !is_waiting {
            self.expecting = None;
            return Ok(());
        }
        let now = ctx.now;
        let expecting = self.expecting.get_or_insert(Expecting {
            since: now,
            fruitless: 0,
        });
        expecting.fruitless = expecting.fruitless.saturating_add(1);
        if now.since(expecting.since) >= SILENCE && expecting.fruitless >= FRUITLESS {
            return Err(Departure::Rejoin(RejoinReason::Silence));
        }
        Ok(())
    }
}
