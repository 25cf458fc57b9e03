//! The third act: a call of each kind that is not encrypted, in the world of `confcall serve`.
//!
//! ```text
//! video_chat: muted by an admin, a hand, allowed to speak ──▶ stream: parts by RTMP ──▶ story: one listens
//! ```

mod story;
mod stream;
mod video_chat;

use std::io::Write;

use anyhow::Context as _;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::joining::Link;
use confcall::{CallKind, Target, UserId};
use confcall_server::WorldDescription;

use super::broken::DidNotHold;
use super::life::client;
use super::life::stage::Stage;
use super::show::Show;

/// The admin of every chat of that world.
const ADMIN: UserId = UserId::new(1);
const GUEST: UserId = UserId::new(2);

/// Plays the act.
pub(super) fn play(mut rng: ChaCha20Rng, show: &mut Show<'_, impl Write>) -> anyhow::Result<()> {
    show.cast([ADMIN, GUEST]);
    video_chat::play(&mut stage(&mut rng, show)?)?;
    stream::play(&mut stage(&mut rng, show)?)?;
    story::play(&mut stage(&mut rng, show)?)
}

/// A stage with a server of this world, since an engine is in one call.
fn stage<'a, W: Write>(
    rng: &mut ChaCha20Rng,
    show: &'a mut Show<'_, W>,
) -> anyhow::Result<Stage<'a, W>> {
    let world = WorldDescription::example();
    let stage = Stage::with_world(&world, rng.fork(), show.reborrow());
    stage.context("the world of this act")
}

/// Has users follow a link, into a call of this kind without a key.
fn follow(
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

#[cfg(test)]
mod tests;
