//! The third act: a call of each kind that is not encrypted, in the world of `confcall serve`.
//!
//! ```text
//! video_chat: muted by an admin, a hand, allowed to speak ──▶ stream: parts by RTMP ──▶ story: one listens
//! ```

mod following;
mod story;
mod stream;
mod video_chat;

use std::io::Write;

use anyhow::Context as _;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_server::WorldDescription;

use super::life::stage::Stage;
use super::show::Show;
use following::{ADMIN, GUEST};

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

#[cfg(test)]
mod tests;
