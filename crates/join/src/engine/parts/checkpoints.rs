//! The moments at which a checkpoint is due.

use core::time::Duration;

use confcall_state::Height;
use confcall_state::verification::{Phase, RoundCounts};

use crate::engine::context::Context;
use crate::engine::event::Event;
use crate::engine::own_state::Wishes;
use crate::engine::timers::Timer;

/// The longest time without a checkpoint, in a call where nothing happens.
const CHECKPOINT: Duration = Duration::from_secs(600);

/// The checkpoints that the caller was asked to take.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Checkpoints {
    /// The last block whose verification a checkpoint keeps.
    secured: Option<Height>,
    /// The wishes that a checkpoint was last asked for with.
    wishes: Option<Wishes>,
}

impl Checkpoints {
    /// Asks for a checkpoint now, and again after a while.
    pub(in crate::engine) fn ask(&self, ctx: &mut Context) {
        ctx.event(Event::CheckpointDue);
        ctx.after(Timer::Checkpoint, CHECKPOINT);
    }

    /// Asks for a checkpoint if the caller wants other things than before: after a crash nothing is to be on, or shared, that was
    /// turned off.
    pub(in crate::engine) fn keep(&mut self, ctx: &mut Context) {
        if self.wishes.as_ref() == Some(&ctx.wishes) {
            return;
        }
        let before = self.wishes.replace(ctx.wishes.clone());
        if before.is_some() {
            self.ask(ctx);
        }
    }

    /// Asks for a checkpoint as soon as one outlives the newest block's verification.
    pub(in crate::engine) fn follow(&mut self, ctx: &mut Context, counts: &RoundCounts) {
        let height = counts.height();
        // Our nonce is saved only once all have committed: before that, others could choose theirs by it.
        if counts.phase() != Phase::Commit && self.secured != Some(height) {
            self.secured = Some(height);
            self.ask(ctx);
        }
    }
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use confcall_state::PrivateKey;
    use rand_core::SeedableRng as _;

    use super::*;
    use crate::engine::testing::{context, outputs, verification};

    #[test]
    fn a_checkpoint_is_due_once_for_each_block_that_all_have_committed_to() {
        let (mut checkpoints, mut ctx) = (Checkpoints::default(), context());
        let waiting = verification(2);
        checkpoints.follow(&mut ctx, waiting.counts());
        assert!(outputs(&mut ctx).1.is_empty());

        // The server sends the commit of the only member back.
        let mut alone = verification(1);
        let commit = alone.take_outbound().remove(0).to_server();
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let key = PrivateKey::generate(&mut rng);
        alone.receive_from_server(&commit, &key).unwrap();
        for _ in 0..2 {
            checkpoints.follow(&mut ctx, alone.counts());
        }
        assert_eq!(outputs(&mut ctx).1.len(), 1);
        assert!(ctx.timers.is_set(Timer::Checkpoint));
    }
}
