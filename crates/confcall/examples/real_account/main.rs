//! One stay in a group call of any kind with a real account, to compare what is guessed about the service with what it does.
//!
//! ```text
//! cargo run -p confcall --features session-file --example real_account -- --kind rtmp SESSION LINK TRACE
//! ```
//!
//! A person runs it, with an account of the service's test data centre. It joins muted, stays for a minute, and leaves. TRACE, a new file,
//! gets what went over the network without ids, names, hashes and texts. The kind that was found is printed, which has to be the one that
//! was asked for, and a list of the guesses: held, failed, not seen in this run, and those that no run can see.
#![allow(clippy::print_stdout, reason = "an example")]

mod guesses;
mod observed;

use std::env;
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use confcall::transport::grammers::{GrammersConnection, session_file};
use confcall::{Call, CallKind, Conference, GroupCall, Options, Transport};

use observed::{Notes, Observed};

/// The time in the call.
const STAY: Duration = Duration::from_secs(60);
/// The time to come in.
const ENTRY: Duration = Duration::from_secs(60);

/// The kinds, as they are named on the command line and in the library.
const KINDS: [(&str, CallKind); 5] = [
    ("conference", CallKind::Conference),
    ("video-chat", CallKind::VideoChat),
    // For one who joins it is the same.
    ("livestream", CallKind::VideoChat),
    ("rtmp", CallKind::RtmpViewer),
    ("live-story", CallKind::LiveStoryListener),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().collect();
    let [_, flag, kind, session, link, trace] = &arguments[..] else {
        return Err("usage: real_account --kind KIND SESSION LINK TRACE".into());
    };
    let asked = KINDS.into_iter().find(|(name, _)| name == kind);
    let Some((_, asked)) = asked.filter(|_| flag == "--kind") else {
        let names = KINDS.map(|(name, _)| name);
        return Err(format!("the kinds are {}", names.join(", ")).into());
    };
    println!("asked for: {asked}");
    let api_id = env::var("TG_API_ID")?.parse()?;
    let notes = Notes::new(new_file(trace.as_ref())?);
    let (session, user) = session_file::open(session.as_ref()).await?;
    let connection = GrammersConnection::open(Arc::new(session), api_id, user, Default::default);
    let transport = connection.transport();

    let mut pushed = transport.updates();
    let listener = Arc::clone(&notes);
    let listening = tokio::spawn(async move {
        while let Some(update) = pushed.next().await {
            let mut notes = listener.lock().unwrap_or_else(PoisonError::into_inner);
            if let Ok(update) = &update {
                notes.pushed(update);
            }
        }
    });

    let mut options = Options::new(link, user)?;
    options.config.media.muted = true;
    let transport = Observed::new(transport, Arc::clone(&notes));
    let found = match asked {
        CallKind::Conference => stay(&Conference::start(transport, options)).await,
        _ => stay(&GroupCall::start(transport, options)).await,
    };
    listening.abort();
    connection.close().await;
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    for line in notes.verdicts() {
        println!("{line}");
    }
    match found {
        Some(found) if found == asked => Ok(()),
        Some(found) => Err(format!("the call is {found}, and not {asked}").into()),
        None => Err("the call was not entered".into()),
    }
}

/// Stays for a while, and leaves; gives the kind of the call, if it was entered.
async fn stay(call: &Call) -> Option<CallKind> {
    let entered = tokio::time::timeout(ENTRY, call.joined()).await;
    let found = entered.ok().and_then(Result::ok).map(|joined| joined.kind);
    if let Some(found) = found {
        println!("found: {found}");
        tokio::time::sleep(STAY).await;
    }
    println!("{}", call.close().await);
    found
}

/// A file that was not there, and that only its owner can read.
fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
