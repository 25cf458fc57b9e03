//! A client stops without a word, and goes on from its checkpoint.

use core::time::Duration;
use std::io::Write;

use confcall::UserId;
use confcall::join::engine::checkpoint::{RESERVE, RestoreError};

use super::super::broken::DidNotHold;
use super::client::Client;
use super::stage::Stage;
use super::talking;

/// For how long the client is gone.
const GONE: Duration = Duration::from_secs(5);

/// Stops a client and starts it again: the same member, whose numbers go on further ahead.
pub(super) fn restart(user_id: UserId, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    let before = talking::speak(user_id, stage)?;
    let stopped = stage.stop(user_id)?;
    let key = stopped.public_key()?;
    let (number, size) = (stopped.disk.lowest(), stopped.disk.size());
    let text =
        format!("user {user_id} stops; checkpoint {number} is on its disk, {size} sealed bytes");
    stage.line("stop", &text)?;
    stage.wait(GONE)?;

    restore(stopped, stage)?;
    stage.wait_for(
        |stage| stage.client(user_id).ok()?.voice().ok().map(drop),
        DidNotHold::InTheCall(user_id),
    )?;
    if stage.client(user_id)?.public_key()? != key {
        return Err(DidNotHold::SameMember(user_id).into());
    }
    let after = talking::speak(user_id, stage)?;
    if after.saturating_sub(before) < RESERVE {
        return Err(DidNotHold::Reserve { before, after }.into());
    }
    Ok(())
}

/// Goes on from the checkpoint, which must not be good for a second time.
fn restore(stopped: Client, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    let Client {
        config, mut disk, ..
    } = stopped;
    let (seeds, now) = ([stage.seed(), stage.seed()], stage.now());
    let [first, second] = seeds.map(|seed| disk.restore(config.clone(), seed, now));
    let engine = first?;
    let user_id = config.joiner.user_id;
    stage.line(
        "restart",
        &format!("user {user_id} goes on from its checkpoint"),
    )?;
    match second {
        Err(error @ RestoreError::TooOld { .. }) => {
            stage.line("refused", &format!("a second time: {error}"))?;
        }
        _ => return Err(DidNotHold::UsedUp.into()),
    }
    let id = stage.next_id();
    stage.add(Client::of_engine(id, config, engine, disk))
}
