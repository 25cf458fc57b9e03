//! One member removes another against its will.

use std::io::Write;

use confcall::UserId;
use confcall::join::engine::{Command, EndReason};

use super::super::broken::DidNotHold;
use super::stage::Stage;

/// Removes a user, who must learn by whom.
pub(super) fn kick(
    by: UserId,
    user_id: UserId,
    stage: &mut Stage<'_, impl Write>,
) -> anyhow::Result<()> {
    let names = [by, user_id].map(|user| stage.name(user));
    stage.line("kick", &names.join(" removes "))?;
    let users = vec![user_id];
    stage.command(by, Command::Kick { users })?;
    let end = stage.end_of(user_id)?;
    if end != (EndReason::Removed { by: Some(by) }) {
        return Err(DidNotHold::RemovedBy { user_id, by, end }.into());
    }
    Ok(())
}
