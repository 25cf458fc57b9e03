use core::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use confcall::UserId;

/// The last id that clients of grammers can store; it has 40 bits.
const LAST_USER: i64 = (1 << 40) - 1;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
It is a development tool: it keeps everything in memory, and is not hardened for use as a service. So it listens where \
only this machine can reach it, unless --allow-public says otherwise. The media of calls go over UDP, by default at the port of \
the same number; it passes them on as they come, and has no key that opens those of a conference.

Its users are those with a session that it issued, and those who log in as on a test server: with a number from 9996610000 \
to 9996619999, which is the user's id too, and by the code that it shows. A session that is issued while it runs works at \
once. Whoever can read the file of the keys can be every user.

Ctrl-C stops it: answers under way are finished, and the snapshot is written. With --json every line is an object \
whose `event` is one of listening, restored, connected, disconnected, call, members, block, over, chat_call, \
chat_members, chat_over, login_code, media, stopping, saved, issued, public_key.

Without --world it has a group with a video chat, a channel with a livestream, another one that is fed by RTMP, a group \
with an announced call, one without a call, and two live stories, one of them fed by RTMP, all with public names that it shows at the start; user 1 manages them.

Exit status: 0 if it was stopped, 1 if it cannot run, 130 if it was interrupted before it listened, or again before \
the snapshot was written.

Examples:
  confcall serve --issue-session alice.session --user-id 1
  confcall serve --issue-session bob.txt --user-id 2 --format telethon
  confcall serve
  confcall serve --listen 127.0.0.1:0 --json --chaos 7
  confcall serve --public-key
  confcall serve --name 1=Alice --name 2=Bob
  confcall serve --snapshot calls.snapshot
  confcall serve --world town.toml")]
pub(crate) struct Args {
    /// The address to listen at; port 0 takes one that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4430")]
    pub(super) listen: SocketAddr,

    /// The file of the authorisation keys, created if there is none.
    #[arg(long, value_name = "FILE", default_value = "confcall-server.keys")]
    pub(super) keys: PathBuf,

    /// Write a session for a user of this server to a file and exit.
    #[arg(long, value_name = "FILE", requires = "user_id")]
    pub(super) issue_session: Option<PathBuf>,

    /// The user of the session.
    #[arg(long, value_name = "N", requires = "issue_session", value_parser = clap::value_parser!(i64).range(1..=LAST_USER))]
    pub(super) user_id: Option<i64>,

    /// The client that the session is for.
    #[arg(long, requires = "issue_session", default_value = "json")]
    pub(super) format: SessionFormat,

    /// Print the public key by which clients that log in know this server, with the lines that they need, and exit.
    #[arg(long, conflicts_with_all = ["issue_session", "snapshot", "world", "login_codes"])]
    pub(super) public_key: bool,

    /// Write the codes of logins to this file, for scripts: a line for each, with the number and the code.
    #[arg(long, value_name = "FILE", conflicts_with = "issue_session")]
    pub(super) login_codes: Option<PathBuf>,

    /// The name of a user, as the others see it, such as 1=Alice; again for each user.
    #[arg(long, value_name = "ID=NAME", value_parser = parse_name, conflicts_with = "issue_session")]
    pub(super) name: Vec<(UserId, String)>,

    /// Start from this file if there is one, and write all calls to it at the end.
    #[arg(long, value_name = "FILE", conflicts_with = "issue_session")]
    pub(super) snapshot: Option<PathBuf>,

    /// Have the users, groups, channels and live stories that this file describes in TOML.
    ///
    /// A snapshot that is there goes on with its own.
    #[arg(long, value_name = "FILE", conflicts_with = "issue_session")]
    pub(super) world: Option<PathBuf>,

    /// Lose, delay and refuse requests, lose, delay and double pushes, and lose and delay media, by this seed.
    #[arg(long, value_name = "SEED", conflicts_with = "issue_session")]
    pub(super) chaos: Option<u64>,

    /// The UDP port of the media of calls, if it is to be another number than that of the TCP port.
    #[cfg(feature = "sfu")]
    #[arg(long, value_name = "PORT", conflicts_with = "issue_session")]
    pub(super) media_port: Option<u16>,

    /// Milliseconds after a join for which no media connection is made, for clients that miss one that is made at once.
    #[cfg(feature = "sfu")]
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=10_000))]
    pub(super) stun_delay: u64,

    /// Print what was counted of the media of calls, a line each five seconds while it changes.
    #[cfg(feature = "sfu")]
    #[arg(long, conflicts_with_all = ["issue_session", "quiet"])]
    pub(super) stats: bool,

    /// Seconds after which a member whose user has no connection is out of its call.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) silence: u64,

    /// Listen at an address that other machines can reach.
    #[arg(long)]
    pub(super) allow_public: bool,

    /// Let clients of other machines log in too, by codes of five digits that can be guessed in a while.
    #[arg(long, requires = "allow_public")]
    pub(super) allow_login: bool,

    /// Show errors only, and the address if its port was left open.
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Print a JSON object a line for each event.
    #[arg(long)]
    pub(super) json: bool,
}

impl Args {
    /// True if clients without a session can log in: not where other machines reach the server, unless it was asked for.
    pub(super) fn allows_logins(&self) -> bool {
        !self.allow_public || self.allow_login
    }
}

/// A form of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SessionFormat {
    /// JSON, for `confcall join --session`.
    Json,
    /// A string for Telethon's `StringSession`.
    Telethon,
    /// A string for the `session_string` of Pyrogram and its forks.
    Pyrogram,
    /// A string for mtcute's `importSession`.
    Mtcute,
    /// A database of grammers; needs a build with the feature `session-file`.
    Grammers,
}

fn parse_name(text: &str) -> anyhow::Result<(UserId, String)> {
    let named = text.split_once('=').and_then(|(id, name)| {
        let id = id.parse().ok()?;
        Some((UserId::new(id), name.to_owned()))
    });
    named.context("a name is given as in 1=Alice")
}
