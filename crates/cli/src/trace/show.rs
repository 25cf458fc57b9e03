use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use confcall::join::api::InputGroupCall;
use confcall::join::trace::{Ending, Header, Trace};

use super::file::load;
use super::timeline::{EntryDirection, TimelineEntry};
use crate::printable::printable;

const FAINT: Style = Style::new().dimmed();
const TITLE: Style = Style::new().bold();

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each line has the time since the beginning in seconds, a sign, and a text:

  -> a request that the engine sent     !  an event for the client's interface
  <- what came from the server          >  a command of the client

Links and access hashes are pseudonyms, and of a message there is only its length.

Examples:
  confcall trace show call.trace
  confcall trace show call.trace --json | jq 'select(.direction == \"event\")'")]
pub(super) struct Args {
    /// A trace.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print a JSON object a line, one for each line that is shown.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let trace = load(&args.file)?;
    if args.json {
        for entry in TimelineEntry::all(&trace) {
            writeln!(out, "{}", serde_json::to_string(&entry)?)?;
        }
    } else {
        print(&trace, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(trace: &Trace, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{TITLE}{}{TITLE:#}", title(&trace.header))?;
    for entry in TimelineEntry::all(trace) {
        let seconds = Duration::from_nanos(entry.at).as_secs_f64();
        let (sign, style) = match entry.direction {
            EntryDirection::Request => ("->", AnsiColor::Cyan.on_default()),
            EntryDirection::Server => ("<-", Style::new()),
            EntryDirection::Command => ("> ", AnsiColor::Yellow.on_default()),
            EntryDirection::Event => ("! ", AnsiColor::Green.on_default()),
        };
        let text = printable(&entry.text);
        writeln!(
            out,
            "{FAINT}{seconds:>10.3}{FAINT:#}  {style}{sign} {text}{style:#}"
        )?;
        for detail in &entry.details {
            writeln!(out, "{:>15}{FAINT}{}{FAINT:#}", "", printable(detail))?;
        }
    }
    if trace.ending == Ending::Cut {
        writeln!(out, "the end of the trace is missing")?;
    }
    Ok(())
}

fn title(header: &Header) -> String {
    let call = match header.call() {
        None => "a new call".to_owned(),
        Some(InputGroupCall::Id { id, .. }) => format!("call {id}"),
        Some(InputGroupCall::Slug(slug)) => format!("the call of link {slug}"),
        Some(InputGroupCall::InviteMessage(message)) => {
            format!("the call that message {message} invites to")
        }
    };
    let (user, engine) = (header.user(), printable(header.engine()));
    format!("user {user} enters {call} (engine {engine})")
}
