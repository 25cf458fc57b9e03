//! The moments at which a checkpoint is due.

use core::time::Duration;

use confcall_state::Height;
use confcall_state::verification::{Phase, RoundCounts};

use crate::engine::context::Context;
use crate::engine::event::Event;
use crate::engine::timers::Timer;

/// The longest time without a checkpoint, in a call where nothing happens.
const CHECKPOINT: Duration = Duration::from_secs(600);

/// The checkpoints that the caller was asked to take.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct Checkpoints {
    /// The last block whose verification a checkpoint keeps.
    secured: Option<Height>,
}

impl Checkpoints {
    /// Asks for a checkpoint now, and again after a while.
    pub(in crate::engine) fn ask(&self, ctx: &mut Context) {
        ctx.event(Event::CheckpointDue);
        ctx.after(Timer::Checkpoint, CHECKPOINT);
    }

    /// Asks for a checkpoint as soon as one outlives the newest block's verification.
    pub(in crate::engine) fn follow(&mut self, ctx: &mut Context, counts: &RoundCounts) {
        let height = counts.height();
        // Before all have committed, a member that restarts can commit to another nonce.
        if counts.phase() != Phase::Commit && self.secured != Some(height) {
            self.secured = Some(height);
            self.ask(ctx);
        }
    }
}
