//! From the arguments to the end of a stay in a call.

use core::time::Duration;
use std::io::Write;
use std::process::ExitCode;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall::join::joining::Fingerprint;
use confcall::{Conference, JoinPayload, Joiner, Media, Options, Target, Transport, UserId};
use tokio::runtime::Builder;

use super::account::Account;
use super::room::{Room, Sources};
use super::told::Told;
use super::watched::Watched;
use super::{StayArgs, embedded, lines, target};
use crate::interrupts::Interrupts;
use crate::screen::{Format, Screen};
use crate::seed;

/// The call that a user wants to be in.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    This(Target),
    /// The one that the bots of the embedded server have.
    Theirs,
}

pub(super) fn run(args: &StayArgs, wanted: Wanted, out: impl Write) -> anyhow::Result<ExitCode> {
    let rng = ChaCha20Rng::from_seed(seed::random()?);
    let screen = Screen::new(out, Format::of_flag(args.json));
    // The call has a thread of its own: this one waits where nobody reads what is shown.
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(open(args, wanted, screen, rng))?;
    Ok(ExitCode::SUCCESS)
}

/// Connects to the server, and stays.
async fn open(
    args: &StayArgs,
    wanted: Wanted,
    screen: Screen<impl Write>,
    mut rng: ChaCha20Rng,
) -> anyhow::Result<()> {
    match (&args.session, wanted) {
        (Some(session), Wanted::This(target)) => {
            let account = Account::open(session).await?;
            let user = account.user;
            let connection = account.connect(args.api_id);
            let transport = connection.transport();
            let stayed = stay(args, transport, user, target, screen, rng).await;
            connection.close().await;
            stayed
        }
        (_, wanted) => {
            let (transport, user, target) = embedded::open(wanted, &mut rng).await?;
            stay(args, transport, user, target, screen, rng).await
        }
    }
}

/// Stays in a call to the end.
async fn stay(
    args: &StayArgs,
    transport: impl Transport + 'static,
    user: UserId,
    target: Target,
    mut screen: Screen<impl Write>,
    mut rng: ChaCha20Rng,
) -> anyhow::Result<()> {
    let interrupts = Interrupts::listen()?;
    let entering = Told::Entering {
        user,
        target: target::name(&target),
    };
    screen.tell(&entering)?;
    let mut options = options(user, &mut rng);
    options.media.muted = args.muted;
    options.answer_timeout = Duration::from_secs(args.answer_timeout);
    let (transport, steps) = Watched::new(transport);
    let (conference, events) = Conference::start(transport, target, options);
    let sources = Sources {
        steps,
        lines: Some(lines::of_standard_input()),
        end_of_input: args.end_of_input(),
        interrupts,
    };
    Room::new(conference, screen, rng)
        .live(events, sources)
        .await
}

/// How a user without a media connection is in a call: its certificate is made up.
pub(super) fn options(user: UserId, rng: &mut ChaCha20Rng) -> Options {
    let fingerprint = Fingerprint::sha256(secret(rng));
    let media = Media {
        payload: JoinPayload::generate(fingerprint, None, rng),
        muted: true,
        video_stopped: true,
    };
    Options::new(Joiner::new(user), media, secret(rng))
}

fn secret(rng: &mut ChaCha20Rng) -> [u8; 32] {
    let mut secret = [0; 32];
    rng.fill_bytes(&mut secret);
    secret
}
