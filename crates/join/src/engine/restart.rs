use chacha20::ChaCha20Rng;
use confcall_media::Moment;
use confcall_state::UserId;
use confcall_state::keys::Seed;
use rand_core::SeedableRng as _;

use super::context::Context;
use super::generator::Generator;
use super::member::Member;
use super::secrets::Secrets;
use super::{Config, Engine, State};
use crate::engine::checkpoint::{CheckpointError, Content, Opened, RestoreError, open, seal};
use crate::joining::Target;

/// An engine that goes on from a checkpoint, which is used up by that.
#[derive(Debug)]
#[must_use = "the lowest number must be stored before the engine is used"]
pub struct Restored {
    /// The lowest number of a checkpoint that is valid from now on.
    ///
    /// Store it before anything that the engine wants is sent.
    pub lowest: u64,
    /// The engine, which is to be polled as after [`Engine::new`].
    pub engine: Engine,
}

impl Engine {
    /// Writes down what is needed to go on after a restart, sealed under the caller's key.
    ///
    /// `number` is higher than that of every checkpoint before; who stores it is said in [`crate::checkpoint`]. The
    /// same state, key and number give the same bytes (`spec/checkpoint.md`).
    ///
    /// # Errors
    ///
    /// [`CheckpointError`], above all for an engine that is not in the call.
    pub fn checkpoint(&self, key: &[u8; 32], number: u64) -> Result<Vec<u8>, CheckpointError> {
        let State::Member(member) = &self.state else {
            return Err(CheckpointError::NotAMember);
        };
        let content = member.to_content(&self.ctx)?;
        seal(key, number, &content.to_bytes()?)
    }

    /// Goes on from a checkpoint whose number is at least `lowest`.
    ///
    /// The configuration is that of the engine before: its user must be the checkpoint's, and its target must not
    /// name another call; payload and key come from the checkpoint. `seed` is secret and fresh, as in
    /// [`Engine::new`].
    ///
    /// The engine first learns what happened meanwhile. It tells [`Event::Resumed`](super::Event::Resumed) when it
    /// has caught up, ends if it was removed, and joins anew if it cannot follow.
    ///
    /// # Errors
    ///
    /// [`RestoreError`]
    pub fn restore(
        blob: &[u8],
        key: &[u8; 32],
        lowest: u64,
        config: Config,
        seed: Seed,
        now: Moment,
    ) -> Result<Restored, RestoreError> {
        let Opened { number, content } = open(key, lowest, blob)?;
        let lowest = number.checked_add(1).ok_or(RestoreError::LastNumber)?;
        let content = Content::from_bytes(&content)?;
        check_config(&config, &content)?;
        let (rng, public_seed) = Generator::split(seed);
        let public_rng = ChaCha20Rng::from_seed(public_seed);
        let mut ctx = Context::new(config, now, Secrets::new(rng), public_rng);
        let mut member = Member::of_content(&mut ctx, content)?;
        let flow = member.go_on(&mut ctx);
        let mut engine = Self {
            ctx,
            state: State::Member(Box::new(member)),
        };
        engine.go_on(flow);
        Ok(Restored { lowest, engine })
    }
}

fn check_config(config: &Config, content: &Content) -> Result<(), RestoreError> {
    let expected = config.joiner.user_id;
    let found = UserId::new(content.membership.user_id);
    if expected != found {
        return Err(RestoreError::OtherUser { expected, found });
    }
    // A call that was found by a link can be told from another only by its id, and the other way round.
    match config.target {
        Target::Call { id, .. } if id.value() != content.call.0 => Err(RestoreError::OtherCall),
        _ => Ok(()),
    }
}
