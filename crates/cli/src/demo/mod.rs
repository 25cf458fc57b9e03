//! `confcall demo`: a join of a recorded call, from its tip to a key that its members open.

mod recorded;
mod show;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::payload::Fingerprint;
use confcall::state::Block;
use confcall::transport::loopback::Hub;
use confcall::{
    Chain, EmptyCall, JoinOptions, JoinPayload, Joined, Media, Newcomer, Target, UserId,
};
use confcall_server::{Options, Server};

use crate::seed;
use recorded::RecordedCall;
use show::Show;

/// The user who joins in the demo.
const NEWCOMER: UserId = UserId::new(20_261_123);

/// What `confcall demo` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  confcall demo
  confcall demo --seed 0707070707070707070707070707070707070707070707070707070707070707")]
pub(crate) struct Args {
    /// Where all randomness comes from: 32 bytes in hexadecimal; drawn and shown if it is not given.
    #[arg(long, value_name = "HEX", value_parser = parse_seed)]
    seed: Option<[u8; 32]>,
}

fn parse_seed(text: &str) -> anyhow::Result<[u8; 32]> {
    let mut seed = [0; 32];
    hex::decode_to_slice(text, &mut seed).context("a seed is 64 hexadecimal digits")?;
    Ok(seed)
}

/// Runs the demo; an error means that something in it did not hold.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let seed = match args.seed {
        Some(seed) => seed,
        None => seed::random().context("try --seed")?,
    };
    let recorded = RecordedCall::longest()?;
    let mut server = Server::new(Options::default());
    let call = server
        .load_recorded(&recorded.blocks, &recorded.broadcasts)
        .context("the recorded call does not load")?;
    let call = server.call(call).context("the loaded call is gone")?;
    let (id, tip, target) = (
        call.id(),
        call.blocks().last(),
        Target::Slug(call.slug().clone()),
    );
    let tip = Block::from_server(tip.context("the recorded call has no block")?)?;

    let mut show = Show::new(out);
    show.start(&recorded, call, &seed)?;
    let hub = Hub::new(server);
    let joined = join(&hub, &target, seed, &mut show)?;
    show.joined(&joined)?;

    let ours = hub.with(|server| {
        server
            .call(id)
            .and_then(|call| call.blocks().last().cloned())
    });
    let ours = Block::from_server(&ours.context("the call is gone")?)?;
    check_keys(&recorded, &tip, &ours, &joined, &mut show)?;
    Ok(ExitCode::SUCCESS)
}

/// Joins over the loopback, showing each step.
fn join(
    hub: &Hub<Server>,
    target: &Target,
    seed: [u8; 32],
    show: &mut Show<impl Write>,
) -> anyhow::Result<Joined> {
    let mut rng = ChaCha20Rng::from_seed(seed);
    let fingerprint = Fingerprint::sha256(seed);
    let options = JoinOptions {
        newcomer: Newcomer::new(NEWCOMER),
        media: Media {
            payload: JoinPayload::generate(fingerprint, None, &mut rng),
            muted: true,
            video_stopped: true,
        },
        empty_call: EmptyCall::Refuse,
    };
    let connection = hub.connect(NEWCOMER);
    let mut steps = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let joined = runtime.block_on(confcall::join_once(
        &connection,
        target,
        options,
        &mut rng,
        &mut |step| steps.push(show::describe(&step)),
    ));
    show.steps(&steps)?;
    joined.context("the join failed")
}

/// Lets every recorded member follow our block with its own key.
fn check_keys(
    recorded: &RecordedCall,
    tip: &Block,
    ours: &Block,
    joined: &Joined,
    show: &mut Show<impl Write>,
) -> anyhow::Result<()> {
    let mut chain = Chain::start_from(tip)?;
    let state = chain.apply(ours).context("a member refuses our block")?;
    let mut opened = 0;
    for (user_id, key) in recorded.members(state.group_state())? {
        let epoch_key = state.open_epoch_key(user_id, &key);
        let epoch_key = epoch_key.with_context(|| format!("user {user_id} cannot open the key"))?;
        if epoch_key != joined.epoch_key {
            bail!("user {user_id} opens another key than we do");
        }
        show.opened(user_id)?;
        opened += 1;
    }
    let others = state.group_state().participants.len() - 1;
    if opened != others {
        bail!("only {opened} of {others} members could be checked");
    }
    show.verified(opened)?;
    Ok(())
}
