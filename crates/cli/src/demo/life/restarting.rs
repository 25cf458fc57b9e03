//! A client stops without a word, and goes on from its checkpoint.

use core::time::Duration;
use std::io::Write;

use confcall::UserId;
use confcall::join::engine::checkpoint::{RESERVE, RestoreError};
use confcall::state::PublicKey;

use super::super::broken::DidNotHold;
use super::client;
use super::stage::Stage;
use super::talking;

/// For how long the client is gone.
const GONE: Duration = Duration::from_secs(5);

/// Stops a client and starts it again: the same member, whose numbers go on further ahead.
pub(super) fn restart(user_id: UserId, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    let before = talking::speak(user_id, stage)?;
    let key = public_key(user_id, stage)?;
    stage.stop(user_id)?;
    let disk = &stage.client(user_id)?.disk;
    let (number, size) = (disk.lowest(), disk.size());
    let name = stage.name(user_id);
    let text = format!("{name} stops; checkpoint {number} is on its disk, {size} sealed bytes");
    stage.line("stop", &text)?;
    stage.wait(GONE)?;

    restore(user_id, stage)?;
    stage.wait_for(
        |stage| client::voice(stage.node(user_id).ok()?).ok().map(drop),
        DidNotHold::InTheCall(user_id),
    )?;
    if public_key(user_id, stage)? != key {
        return Err(DidNotHold::SameMember(user_id).into());
    }
    let after = talking::speak(user_id, stage)?;
    if after.saturating_sub(before) < RESERVE {
        return Err(DidNotHold::Reserve { before, after }.into());
    }
    Ok(())
}

/// The key by which a user is a member.
fn public_key(user_id: UserId, stage: &Stage<'_, impl Write>) -> Result<PublicKey, DidNotHold> {
    let membership = stage.node(user_id)?.engine.membership();
    let membership = membership.ok_or(DidNotHold::InTheCall(user_id))?;
    Ok(membership.public_key())
}

/// Goes on from the checkpoint, which must not be good for a second time.
fn restore(user_id: UserId, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    let (seeds, now) = ([stage.seed(), stage.seed()], stage.now());
    let client = stage.client(user_id)?;
    let node = client.node;
    let [first, second] = seeds.map(|seed| client.disk.restore(client.config.clone(), seed, now));
    let engine = first?;
    let name = stage.name(user_id);
    stage.line("restart", &format!("{name} goes on from the checkpoint"))?;
    match second {
        Err(error @ RestoreError::TooOld { .. }) => {
            stage.line("refused", &format!("a second time: {error}"))?;
        }
        _ => return Err(DidNotHold::UsedUp.into()),
    }
    stage.world.replace(node, engine);
    stage.take_news()
}
