//! `confcall demo`: a recorded call, from the join to a removal, then a whole life of engines (`life/`), and calls of other kinds
//! (`chats/`).
//!
//! ```text
//! recorded call ──▶ Server ◀── loopback ──┬── Person: us, by a join of our own
//!                                         └── Person: each recorded member, with its own key
//!
//! joining ──▶ keys ──▶ verification ──▶ frames ──▶ messages ──▶ removal ──▶ verification ──▶ life ──▶ chats
//! ```
//!
//! Each act has a title, and each step says what it proves. On a terminal it is shown at the pace of a reader.
//!
//! Blocks, broadcasts and messages are real requests to the server; frames go from hand to hand, since
//! media never pass this server. Each step checks what it shows, and says what did not hold.

mod broken;
mod chats;
mod frame;
mod frames;
mod joining;
mod keys;
mod life;
mod messages;
mod people;
mod person;
mod recorded;
mod removal;
mod show;
mod verification;

use core::iter;
use core::time::Duration;
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::Moment;
use confcall::join::api::{CallId, InputGroupCall};
use confcall::state::Block;
use confcall_server::loopback::Hub;
use confcall_server::{Call, Server, ServerOptions};
use tokio::runtime::{Builder, Runtime};

use crate::seed;
use joining::JOINER;
use people::People;
use recorded::RecordedCall;
use show::{Pace, Show};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  confcall demo
  confcall demo --fast
  confcall demo --seed 0707070707070707070707070707070707070707070707070707070707070707
  confcall demo --trace traces && confcall trace replay traces/*.trace
  confcall trace diff traces/user-1.trace traces/user-3.trace")]
pub(crate) struct Args {
    /// The seed of all randomness: 32 bytes in hexadecimal; drawn and shown if it is not given.
    #[arg(long, value_name = "HEX", value_parser = parse_seed)]
    seed: Option<[u8; 32]>,

    /// Show everything at once, without the pauses in which a person reads along; so it is in a pipe, too.
    #[arg(long)]
    fast: bool,

    /// A directory for the traces of the second call's engines, a file for each user, for `confcall trace`.
    #[arg(long, value_name = "DIR")]
    trace: Option<PathBuf>,
}

fn parse_seed(text: &str) -> anyhow::Result<[u8; 32]> {
    let mut seed = [0; 32];
    hex::decode_to_slice(text, &mut seed).context("a seed is 64 hexadecimal digits")?;
    Ok(seed)
}

/// The moment of the whole demo but its end: it has no clock, so that a run can be repeated.
const NOW: Moment = Moment::new(Duration::ZERO);

/// Runs the demo; an error means that something in it did not hold.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let seed = match args.seed {
        Some(seed) => seed,
        None => seed::random().context("try --seed")?,
    };
    let pace = match args.fast || !io::stdout().is_terminal() {
        true => Pace::AtOnce,
        false => Pace::Reading,
    };
    let show = &mut Show::new(out, pace);
    let mut rng = runtime()?.block_on(play(seed, show))?;
    // The same generator goes on, so that one seed repeats all calls.
    let rest = rng.fork();
    life::play(rng, args.trace.as_deref(), show)?;
    chats::play(rest, show)?;
    let text = "a recorded call from the join to a removal, a whole life of engines, and a call of each other kind";
    show.verdict("everything held", text)?;
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_time().build()
}

/// The recorded call; returns the generator for the second one.
async fn play(seed: [u8; 32], show: &mut Show<'_, impl Write>) -> anyhow::Result<ChaCha20Rng> {
    let mut rng = ChaCha20Rng::from_seed(seed);
    let mut people = meet(seed, &mut rng, show).await?;
    show.title("all compare four emoji")?;
    let emoji = verification::verify(&mut people, show).await?;
    show.title("they speak and write")?;
    frames::exchange(&people, NOW, &mut rng, show)?;
    messages::exchange(&people, NOW, &mut rng, show).await?;
    removal::remove_last(&mut people, emoji, NOW, &mut rng, show).await?;
    Ok(rng)
}

/// Loads the recorded call and joins it, until all members hold the same key.
async fn meet(
    seed: [u8; 32],
    rng: &mut ChaCha20Rng,
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<People> {
    let recorded = RecordedCall::longest()?;
    let mut server = Server::new(ServerOptions::default());
    let id = server
        .load_recorded(&recorded.blocks, &recorded.broadcasts)
        .context("the recorded call does not load")?;
    let call = server.call(id).context("the loaded call is gone")?;
    let members = recorded.members(call.chain_state().group_state())?;
    show.cast(iter::once(JOINER).chain(members.iter().map(|(user_id, _)| *user_id)));
    show.title(&format!("{} joins a call of others", show.name(JOINER)))?;
    let link = InputGroupCall::Slug(call.slug().clone());
    show_start(&recorded, call, &seed, show)?;

    let hub = Hub::new(server);
    // Taken before the join: the recorded members follow our block from there.
    let tip = newest_block(&hub, id)?;
    let joined = joining::join(&hub, link, seed, rng, show).await?;
    keys::check(&recorded, &tip, &joined, show)?;
    People::gather(&hub, &recorded, joined, NOW, rng).await
}

/// Shows the call before we join it.
fn show_start(
    recorded: &RecordedCall,
    call: &Call,
    seed: &[u8; 32],
    show: &mut Show<'_, impl Write>,
) -> io::Result<()> {
    let loaded = format!(
        "{}, recorded: {} blocks and {} broadcasts, every block validated by the embedded server",
        recorded.name,
        call.blocks().len(),
        call.broadcasts().len(),
    );
    show.line("call", &loaded)?;
    show.line("link", call.invite_link().as_str())?;
    let seed = format!("{}  (--seed repeats this run)", hex::encode(seed));
    show.line("seed", &seed)
}

fn newest_block(hub: &Hub<Server>, id: CallId) -> anyhow::Result<Block> {
    let newest = hub.with(|server| server.call(id)?.blocks().last().cloned());
    Ok(Block::from_server(
        &newest.context("the call has no block")?,
    )?)
}

#[cfg(test)]
mod tests;
