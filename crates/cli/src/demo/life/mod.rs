//! The second act: a whole life in a call, by engines under a virtual clock.
//!
//! ```text
//! script ──commands──▶ Stage ──▶ World: a node for each user, a server 50 ms away
//!                        ▲                                     │
//!                        └── events: to the screen, to disks ──┘
//!
//! entering ──▶ verifying ──▶ talking ──▶ removing ──▶ restarting ──▶ leaving
//! ```
//!
//! Nothing waits in real time: the clock goes on to what happens next.

mod client;
mod disk;
mod entering;
mod leaving;
mod news;
mod removing;
mod restarting;
mod stage;
mod talking;
mod traces;
mod verifying;

use std::io::Write;
use std::path::Path;

use chacha20::ChaCha20Rng;
use confcall::UserId;

use super::show::Show;
use stage::{LATENCY, Stage};

const FIRST: UserId = UserId::new(1);
const SECOND: UserId = UserId::new(2);
const THIRD: UserId = UserId::new(3);
const FOURTH: UserId = UserId::new(4);

/// Plays the act, and writes the traces of the engines, also of an act that did not hold.
pub(super) fn play(
    rng: ChaCha20Rng,
    traces: Option<&Path>,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    let latency = LATENCY.as_millis();
    let text = format!("engines under a virtual clock, {latency} ms from the server");
    show.line("life", &text)?;
    let mut stage = Stage::new(rng, show.reborrow());
    let played = live(&mut stage);
    let recorded = stage.into_traces();
    if let Some(dir) = traces {
        traces::write(dir, &recorded, show)?;
    }
    played
}

fn live(stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    let link = entering::create(FIRST, stage)?;
    entering::follow(&link, &[SECOND, THIRD, FOURTH], stage)?;
    let emoji = verifying::verify(&[FIRST, SECOND, THIRD, FOURTH], stage)?;
    talking::write(SECOND, "Here we are!", stage)?;
    talking::speak(THIRD, stage)?;

    removing::kick(FIRST, FOURTH, stage)?;
    let emoji = verifying::verify_again(&[FIRST, SECOND, THIRD], emoji, stage)?;
    restarting::restart(SECOND, stage)?;

    leaving::leave(THIRD, stage)?;
    leaving::pruned(THIRD, FIRST, stage)?;
    verifying::verify_again(&[FIRST, SECOND], emoji, stage)?;
    leaving::leave(SECOND, stage)?;
    leaving::leave(FIRST, stage)?;
    leaving::check_empty(stage)
}

#[cfg(test)]
mod tests;
