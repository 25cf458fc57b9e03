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

pub(super) mod client;
mod disk;
mod entering;
pub(super) mod leaving;
mod news;
mod removing;
mod restarting;
pub(super) mod stage;
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
    show.cast([FIRST, SECOND, THIRD, FOURTH]);
    let mut stage = Stage::new(rng, show.reborrow());
    let played = live(&mut stage);
    let recorded = stage.into_traces();
    if let Some(dir) = traces {
        traces::write(dir, &recorded, show)?;
    }
    played
}

fn live(stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    stage.title("another call begins, and three come at once")?;
    let latency = LATENCY.as_millis();
    let text = format!("four engines under a virtual clock, {latency} ms from the server");
    stage.line("life", &text)?;
    let link = entering::create(FIRST, stage)?;
    entering::follow(&link, &[SECOND, THIRD, FOURTH], stage)?;
    stage.proof(
        "of those who write the same block one wins, and the others build on it by themselves",
    )?;
    let emoji = verifying::verify(&[FIRST, SECOND, THIRD, FOURTH], stage)?;
    stage.proof("the engines verify the call by themselves, and people only compare")?;
    talking::write(SECOND, "Here we are!", stage)?;
    talking::speak(THIRD, stage)?;

    stage.title("one member removes another")?;
    removing::kick(FIRST, FOURTH, stage)?;
    let emoji = verifying::verify_again(&[FIRST, SECOND, THIRD], emoji, stage)?;
    stage.proof("a removal changes the key, so that there are new emoji to compare")?;

    stage.title("a client restarts without leaving")?;
    restarting::restart(SECOND, stage)?;
    stage.proof("a restart goes on as the same member, and no number is used a second time")?;

    stage.title("all leave")?;
    leaving::leave(THIRD, stage)?;
    leaving::pruned(THIRD, FIRST, stage)?;
    verifying::verify_again(&[FIRST, SECOND], emoji, stage)?;
    stage.proof("those who stay take the key from those who have left")?;
    leaving::leave(SECOND, stage)?;
    leaving::leave(FIRST, stage)?;
    leaving::check_empty(stage)
}

#[cfg(test)]
mod tests;
