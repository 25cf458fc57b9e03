//! `confcall join` and `confcall create`: a user's life in a call.
//!
//! ```text
//! target, session ──▶ transport ──▶ Conference ──▶ Room ── until the end ──▶ exit status
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `target.rs`, `account.rs`, `embedded.rs` | which call, on which server |
//! | `room.rs` | what comes in, from where, and to whom it goes |
//! | `typed.rs`, `commands.rs`, `frames.rs` | what is typed and what becomes of it |
//! | `told/`, `words.rs` | what is shown, for people and for programs |
//! | `exit.rs` | the exit status of each end |

mod account;
mod commands;
mod embedded;
mod exit;
mod frames;
mod lines;
mod memory;
mod room;
mod stay;
mod target;
mod told;
mod typed;
mod watched;
mod words;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use confcall::Target;

pub(crate) use exit::EndedBadly;

use room::EndOfInput;
use stay::Wanted;

#[derive(Debug, clap::Args)]
#[command(after_help = JOIN_EXAMPLES, after_long_help = format!("{JOIN_EXAMPLES}\n\n{}", reference()))]
pub(crate) struct JoinArgs {
    /// The call: its link, the slug that ends the link, or message:ID for a message that invites.
    #[arg(required_unless_present = "embedded", conflicts_with = "embedded", value_parser = target::parse)]
    target: Option<Target>,

    #[command(flatten)]
    stay: StayArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = CREATE_EXAMPLES, after_long_help = format!("{CREATE_EXAMPLES}\n\n{}", reference()))]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    stay: StayArgs,
}

#[derive(Debug, clap::Args)]
struct StayArgs {
    /// The session file of the account; `confcall serve --issue-session` writes one for its server.
    #[arg(long, value_name = "FILE", required_unless_present = "embedded")]
    session: Option<PathBuf>,

    /// Use a server in this process, with three bots in the call, so that one can try it alone.
    #[arg(long, conflicts_with = "session")]
    embedded: bool,

    /// The application that the session belongs to; Telegram's own servers want to know.
    #[arg(long, value_name = "ID", default_value_t = 0)]
    api_id: i32,

    /// Announce that the microphone is off.
    #[arg(long)]
    muted: bool,

    /// Stay in the call at the end of standard input, until a signal.
    #[arg(long)]
    stay: bool,

    /// How long to wait for an answer of the server before it counts as lost.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    answer_timeout: u64,

    /// Print a JSON object a line for each thing that happens.
    #[arg(long)]
    json: bool,
}

impl StayArgs {
    fn end_of_input(&self) -> EndOfInput {
        match self.stay {
            true => EndOfInput::Stay,
            false => EndOfInput::Leave,
        }
    }
}

const JOIN_EXAMPLES: &str = "\
Examples:
  confcall join --embedded
  confcall join https://t.me/call/Wx5f-8PqKJk --session alice.session
  confcall join Wx5f-8PqKJk --session bob.session --json | jq .event
  confcall join Wx5f-8PqKJk --session bob.session --stay </dev/null";

const CREATE_EXAMPLES: &str = "\
Examples:
  confcall create --session alice.session
  confcall create --embedded";

/// What `--help` says beside the options, and `-h` does not.
fn reference() -> String {
    [
        "While in the call:",
        typed::HELP,
        "",
        INPUT,
        "",
        JSON,
        "",
        exit::HELP,
    ]
    .join("\n")
}

const INPUT: &str = "\
Lines are taken once we are in, one after the other. The end of standard input leaves when all lines are done, unless \
--stay is given. Ctrl-C leaves too, and waits up to 10 s until the server knows; a second one quits at once. The \
command sends no sound: others see its user without any media.";

const JSON: &str = "\
With --json every line is an object whose `event` says what happened: entering, request, answer, retrying, joined, \
rejoined, connection, link, keys, members, roster, verification, emoji, message, suspicious, done, failed, \
not_understood, sealed, opened, dropped, help, leaving, ended. Ids are numbers; keys, hashes and packets are hexadecimal.";

/// Joins a call.
pub(crate) fn join(args: &JoinArgs, out: impl Write) -> anyhow::Result<ExitCode> {
    let wanted = args.target.clone().map_or(Wanted::Theirs, Wanted::This);
    stay::run(&args.stay, wanted, out)
}

/// Creates a call, and stays in it.
pub(crate) fn create(args: &CreateArgs, out: impl Write) -> anyhow::Result<ExitCode> {
    stay::run(&args.stay, Wanted::This(Target::Create), out)
}
