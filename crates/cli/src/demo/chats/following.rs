//! The people of the act, and their way into a call.

use std::io::Write;

use confcall::join::joining::Link;
use confcall::{CallKind, Target, UserId};

use super::super::broken::DidNotHold;
use super::super::life::client;
use super::super::life::stage::Stage;

/// The admin of every chat of that world.
pub(super) const ADMIN: UserId = UserId::new(1);
pub(super) const GUEST: UserId = UserId::new(2);

/// Has users follow a link, into a call of this kind without a key.
pub(super) fn follow(
    link: &str,
    users: &[UserId],
    wanted: CallKind,
    stage: &mut Stage<'_, impl Write>,
) -> anyhow::Result<()> {
    stage.line("link", link)?;
    let target = Target::from(Link::parse(link)?);
    for &user_id in users {
        stage.start(user_id, target.clone())?;
        let is_open = stage.wait_for(
            |stage| {
                let joined = client::joined(stage.node(user_id).ok()?)?;
                Some(joined.kind == wanted && joined.cryptor.is_none())
            },
            DidNotHold::InTheCall(user_id),
        )?;
        if !is_open {
            return Err(DidNotHold::Kind { user_id, wanted }.into());
        }
    }
    Ok(())
}
