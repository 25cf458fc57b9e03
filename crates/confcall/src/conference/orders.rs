//! What callers ask for and wait for.

use std::collections::HashMap;

use confcall_join::engine::checkpoint::CheckpointError;
use confcall_join::engine::{Command, CommandFailure, CommandId};
use confcall_state::keys::Seed;
use tokio::sync::oneshot;

/// Something that a caller waits for.
pub(super) enum Order {
    Command {
        command: Command,
        done: Done,
    },
    Checkpoint {
        key: Seed,
        number: u64,
        done: oneshot::Sender<Result<Vec<u8>, CheckpointError>>,
    },
}

/// Tells a caller what became of its command.
pub(super) type Done = oneshot::Sender<Result<(), CommandFailure>>;

/// The callers whose commands the engine has, which answers each once and bounds how many it takes.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    callers: HashMap<CommandId, Done>,
    next: u64,
}

impl Waiting {
    /// A number for a command that nobody waits for.
    pub(super) fn number(&mut self) -> CommandId {
        self.next += 1;
        CommandId::new(self.next)
    }

    /// A number for a command that a caller waits for.
    pub(super) fn add(&mut self, done: Done) -> CommandId {
        let id = self.number();
        self.callers.insert(id, done);
        id
    }

    /// Tells a caller what became of its command; a caller who has gone does not mind.
    pub(super) fn resolve(&mut self, id: CommandId, result: Result<(), CommandFailure>) {
        if let Some(done) = self.callers.remove(&id) {
            let _ = done.send(result);
        }
    }
}
