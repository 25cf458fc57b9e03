use core::time::Duration;

use confcall_join::engine::checkpoint::RestoreError;
use confcall_join::engine::{self, Engine};
use confcall_join::joining::Target;
use confcall_media::Moment;

use super::{Conference, Events, Options};
use confcall_transport::Transport;

/// A conference that goes on from a checkpoint, which is used up by that.
#[derive(Debug)]
#[must_use = "the lowest number must be stored before the conference is started"]
pub struct Restored {
    /// The lowest number of a checkpoint that is valid from now on.
    ///
    /// Store it before [`Restored::start`].
    pub lowest: u64,
    engine: Engine,
    answer_timeout: Duration,
}

impl Conference {
    /// Reads a checkpoint whose number is at least `lowest`; nothing is sent yet.
    ///
    /// The options are those of the conference before, with a fresh seed; payload and key come from the checkpoint.
    /// The target must not name another call.
    ///
    /// # Errors
    ///
    /// [`RestoreError`]
    pub fn restore(
        blob: &[u8],
        key: &[u8; 32],
        lowest: u64,
        target: Target,
        options: Options,
    ) -> Result<Restored, RestoreError> {
        let (config, seed, answer_timeout) = options.for_engine(target);
        let begin = Moment::default();
        let engine::Restored { lowest, engine } =
            Engine::restore(blob, key, lowest, config, seed, begin)?;
        Ok(Restored {
            lowest,
            engine,
            answer_timeout,
        })
    }
}

impl Restored {
    /// Goes on with the conference in the background, as [`Conference::start`] begins one.
    ///
    /// # Panics
    ///
    /// As [`Conference::start`]
    pub fn start<T: Transport + 'static>(self, transport: T) -> (Conference, Events) {
        Conference::drive(transport, self.engine, self.answer_timeout)
    }
}
