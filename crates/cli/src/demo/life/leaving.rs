//! Members leave, and those who stay take them out of the chain.

use std::io::Write;

use confcall::UserId;
use confcall::join::engine::{Command, EndReason};

use super::super::broken::DidNotHold;
use super::client;
use super::stage::Stage;

/// Lets a user leave.
pub(in super::super) fn leave(
    user_id: UserId,
    stage: &mut Stage<'_, impl Write>,
) -> anyhow::Result<()> {
    stage.line("leave", &format!("{} leaves", stage.name(user_id)))?;
    stage.command(user_id, Command::Leave)?;
    match stage.end_of(user_id)? {
        EndReason::Left => Ok(()),
        end => Err(DidNotHold::Left { user_id, end }.into()),
    }
}

/// Waits until a user who stays has pruned another from the chain.
pub(super) fn pruned(
    user_id: UserId,
    witness: UserId,
    stage: &mut Stage<'_, impl Write>,
) -> anyhow::Result<()> {
    let by = stage.wait_for(
        |stage| client::remover_of(stage.node(witness).ok()?, user_id),
        DidNotHold::Pruned(user_id),
    )?;
    let (name, by) = (stage.name(user_id), stage.name(by));
    stage.line("pruned", &format!("{name}, by a block of {by}"))
}

/// Checks that no user is connected any more.
pub(super) fn check_empty(stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    let connected = stage.call()?.members().len();
    if connected != 0 {
        return Err(DidNotHold::Empty { connected }.into());
    }
    stage.line("empty", "nobody is connected any more")
}
