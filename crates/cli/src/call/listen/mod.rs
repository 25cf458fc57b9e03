//! `confcall listen`: hears a call that is shown as a stream, and keeps what comes.
//!
//! ```text
//! GroupCall ── StreamParts ──▶ media of each part ──▶ Recording ──▶ files and play lists
//!     └────── Events ────────▶ what changes, and the end
//! ```

mod keeper;
mod recording;
mod report;

use core::time::Duration;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::{Event, GroupCall, Notice, Options, StreamPart, Target, Transport, UserId};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep_until};

use self::keeper::{Keeper, Kept};
use self::report::ListenReport;
use super::account::Account;
use super::exit::{self, UnwantedEnd};
use super::target::{self, TargetArg};
use super::{media, standard_input};
use crate::interrupts::Interrupts;
use crate::limits;
use crate::screen::{Format, Screen};
use crate::seed;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListenArgs {
    /// The call: its link, or - for one on the first line of standard input, where other users of this machine do not see it.
    target: TargetArg,

    /// The session file of the account; `confcall serve --issue-session` writes one for its server.
    #[arg(long, value_name = "FILE")]
    session: PathBuf,

    /// The id of the application that the session belongs to; Telegram's own servers ask for it.
    #[arg(
        long,
        value_name = "ID",
        default_value_t = 0,
        hide_default_value = true
    )]
    api_id: i32,

    /// Keep each part as a file in a new folder below DIR, with a play list.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,

    /// Stop when the files of the recording have so many bytes.
    #[arg(long, value_name = "BYTES", default_value_t = limits::RECORDING_BYTES, requires = "record")]
    record_limit: u64,

    /// Stop after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,

    /// Print a JSON object a line for each event.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  confcall listen https://t.me/somechannel?livestream --session alice.session
  confcall listen @somechannel --session alice.session --record recordings --record-limit 100000000
  ffplay recordings/call-*-1/stream.ffconcat";

/// Listens until the call ends, a signal, or a limit.
pub(crate) fn run(args: &ListenArgs, out: impl Write) -> anyhow::Result<ExitCode> {
    let target = match &args.target {
        TargetArg::Target(target) => target.clone(),
        TargetArg::StandardInput => target::parse(&standard_input::read_line()?)?,
    };
    let rng = ChaCha20Rng::from_seed(seed::random()?);
    let screen = Screen::new(out, Format::of_flag(args.json));
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(connect(args, target, screen, rng))?;
    Ok(ExitCode::SUCCESS)
}

async fn connect(
    args: &ListenArgs,
    target: Target,
    screen: Screen<impl Write>,
    rng: ChaCha20Rng,
) -> anyhow::Result<()> {
    let account = Account::open(&args.session).await?;
    let user = account.user;
    let connection = account.connect(args.api_id);
    let listener = Listener {
        args,
        screen,
        keeper: Keeper::default(),
    };
    let ended = listener
        .attend(connection.transport(), user, target, rng)
        .await;
    // Also after a failure: the server learns at once that the account is gone.
    connection.close().await;
    ended
}

/// One who listens, with what is kept and shown.
struct Listener<'a, W> {
    args: &'a ListenArgs,
    screen: Screen<W>,
    keeper: Keeper,
}

impl<W: Write> Listener<'_, W> {
    async fn attend(
        mut self,
        transport: impl Transport + 'static,
        user: UserId,
        target: Target,
        mut rng: ChaCha20Rng,
    ) -> anyhow::Result<()> {
        let mut interrupts = Interrupts::listen()?;
        let target_name = target::name(&target);
        self.screen.show(&ListenReport::Entering {
            user,
            target: target_name,
        })?;
        let mut options = Options::new(target, user)?;
        options.config.media.payload = media::listener(&mut rng);
        options.config.media.muted = true;
        let call = GroupCall::start(transport, options);
        let mut parts = call.stream();
        let events = call.events_from_start();
        let mut events = events.unwrap_or_else(|| call.events());
        let seconds = self.args.seconds.map(Duration::from_secs);
        let until = seconds.and_then(|seconds| Instant::now().checked_add(seconds));
        let mut is_leaving = false;
        loop {
            tokio::select! {
                biased;
                () = interrupts.next() => call.leave(),
                () = at(until), if !is_leaving => {
                    is_leaving = true;
                    call.leave();
                }
                notice = events.next() => {
                    let notice = notice.ok_or_else(exit::stopped)?;
                    if let Some(end) = self.hear(&notice)? {
                        call.close().await;
                        return Ok(end?);
                    }
                }
                Some(part) = parts.next() => if !self.take(&call, part)? {
                    call.leave();
                },
            }
        }
    }

    /// Shows a notice; gives the end of the call if that was it.
    fn hear(&mut self, notice: &Notice) -> anyhow::Result<Option<Result<(), UnwantedEnd>>> {
        let Notice::Event(event) = notice else {
            return Ok(None);
        };
        match event {
            Event::Joined(joined) | Event::Rejoined(joined) => {
                let (kind, mode) = (joined.kind, joined.mode);
                self.screen.show(&ListenReport::Joined { kind, mode })?;
            }
            Event::Ended(ended) => {
                let unwanted = exit::check(ended, None).err();
                let ended = ended.clone();
                let end = unwanted.clone().map_or(Ok(()), Err);
                let recorded = self.keeper.summary();
                self.screen.show(&ListenReport::Ended {
                    ended,
                    unwanted,
                    recorded,
                })?;
                return Ok(Some(end));
            }
            event => self
                .screen
                .show(&ListenReport::Event(Box::new(event.clone())))?,
        }
        Ok(None)
    }

    /// Keeps a part; gives false once there is room for no more.
    fn take(
        &mut self,
        call: &GroupCall,
        part: Result<Arc<StreamPart>, u64>,
    ) -> anyhow::Result<bool> {
        let part = match part {
            Ok(part) => part,
            Err(parts) => {
                self.screen.show(&ListenReport::Missed { parts })?;
                return Ok(true);
            }
        };
        let call = call.view().call.map(|call| call.id);
        let kept = match (&self.args.record, call) {
            (Some(directory), Some(call)) => {
                let limit = self.args.record_limit;
                self.keeper.keep(directory, call, limit, &part)?
            }
            _ => Kept::Nothing,
        };
        let is_full = kept == Kept::Full;
        self.screen.show(&ListenReport::Part { part, kept })?;
        Ok(!is_full)
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => core::future::pending().await,
    }
}
