use std::path::PathBuf;

use super::target::TargetArg;
use super::{exit, user_command};

#[derive(Debug, clap::Args)]
#[command(after_help = JOIN_EXAMPLES, after_long_help = format!("{JOIN_EXAMPLES}\n\n{}", reference()))]
pub(crate) struct JoinArgs {
    /// The call: any link to one, @NAME for the call of a public group or channel, the slug that ends the link of a conference,
    /// message:ID for a message that invites to one, or - for one of these on the first line of standard input, where
    /// other users of this machine do not see it.
    #[arg(required_unless_present = "embedded")]
    pub(super) target: Option<TargetArg>,

    #[command(flatten)]
    pub(super) call: CallArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = CREATE_EXAMPLES, after_long_help = format!("{CREATE_EXAMPLES}\n\n{}", reference()))]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    pub(super) call: CallArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct AccountArgs {
    /// The session file of the account; `confcall serve --issue-session` writes one for its server.
    #[arg(long, value_name = "FILE", required_unless_present = "embedded")]
    pub(super) session: Option<PathBuf>,

    /// Use a server in this process, so that one can try it alone: with three bots in a conference, or, for a TARGET, with
    /// the groups and channels that `confcall serve` has if nothing else is said.
    #[arg(long, conflicts_with = "session")]
    pub(super) embedded: bool,

    /// The id of the application that the session belongs to; Telegram's own servers ask for it.
    #[arg(
        long,
        value_name = "ID",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub(super) api_id: i32,
}

#[derive(Debug, clap::Args)]
pub(super) struct CallArgs {
    #[command(flatten)]
    pub(super) account: AccountArgs,

    /// Announce that the microphone is off.
    #[arg(long)]
    pub(super) muted: bool,

    /// Stay in the call at the end of standard input, until a signal.
    #[arg(long)]
    pub(super) stay: bool,

    /// Seconds after which a request without an answer counts as lost.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(super) answer_timeout: u64,

    /// Compare the call with what FILE remembers of it, if there is one, and remember it there at the end: a server could show
    /// another call in its place.
    #[arg(long, value_name = "FILE")]
    pub(super) last_known: Option<PathBuf>,

    /// Print a JSON object a line for each event.
    #[arg(long)]
    pub(super) json: bool,
}

const JOIN_EXAMPLES: &str = "\
Examples:
  confcall join --embedded
  confcall join https://t.me/call/Wx5f-8PqKJk --session alice.session
  confcall join @walkers --embedded
  confcall join https://t.me/walkers?videochat --session alice.session
  confcall join https://t.me/fay/s/live --session alice.session
  confcall join Wx5f-8PqKJk --session bob.session --last-known call.known
  confcall join Wx5f-8PqKJk --session bob.session --json | jq .event
  pass show call | confcall join - --session bob.session --stay
  confcall join Wx5f-8PqKJk --session bob.session --stay </dev/null";

const CREATE_EXAMPLES: &str = "\
Examples:
  confcall create --session alice.session
  confcall create --embedded";

/// The part of `--help` that `-h` leaves out.
fn reference() -> String {
    [
        "While in the call:",
        user_command::HELP,
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
On a terminal the line that you type stays at the bottom, under a line that says how the call is: Tab completes commands \
and members, the arrows bring earlier lines back, and a ✓ marks a message that the server took. Lines are \
taken once we are in, one after the other. The end of standard input leaves when all lines are done, unless \
--stay is given. Ctrl-C leaves too, and waits up to 10 s until the server knows; a second one quits at once. The \
command sends no media: it announces what it switches, which others see, and no sound or picture comes from it.";

const JSON: &str = "\
With --json every line is an object whose `event` names what happened: entering, request, answer, retrying, joined, \
gap, h264, rejoined, connection, connection_lost, connection_back, link, epoch_started, members, who, roster, \
participants_changed, own_state, settings, invitation, verification, emoji, emoji_overdue, message, message_not_shown, \
suspicious, done, failed, not_understood, sealed, opened, lagged, help, leaving, ended. \
Ids are strings, since they have 64 bits; keys, hashes and packets are hexadecimal.";
