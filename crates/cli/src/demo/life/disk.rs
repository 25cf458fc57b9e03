//! The disk of a client.

use confcall::Moment;
use confcall::join::engine::checkpoint::RestoreError;
use confcall::join::engine::{Config, Engine, Restored};
use confcall::state::keys::Seed;

/// The newest checkpoint of a client, and what must stand beside it.
pub(super) struct Disk {
    key: [u8; 32],
    lowest: u64,
    blob: Vec<u8>,
}

impl Disk {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            lowest: 0,
            blob: Vec::new(),
        }
    }

    /// The number of bytes of the checkpoint.
    pub(super) fn size(&self) -> usize {
        self.blob.len()
    }

    /// The lowest number of a checkpoint that is valid.
    pub(super) fn lowest(&self) -> u64 {
        self.lowest
    }

    /// Saves an engine: the blob first, then its number.
    pub(super) fn save(&mut self, engine: &Engine) -> anyhow::Result<()> {
        let number = self.lowest.saturating_add(1);
        self.blob = engine.checkpoint(&self.key, number)?;
        self.lowest = number;
        Ok(())
    }

    /// Goes on from the checkpoint, which is used up by that.
    pub(super) fn restore(
        &mut self,
        config: Config,
        seed: [u8; 32],
        now: Moment,
    ) -> Result<Engine, RestoreError> {
        let restored = Engine::restore(
            &self.blob,
            &self.key,
            self.lowest,
            config,
            Seed::copy_of(&seed),
            now,
        );
        let Restored { lowest, engine } = restored?;
        self.lowest = lowest;
        Ok(engine)
    }
}
