//! The server from its start to its stop.

use core::time::Duration;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use confcall_mtproto_server::{Config, Keys, KeysError, Listener, Observer, Overview, Reach};
use confcall_server::{Server, ServerOptions};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};

use super::news::News;
use super::{Args, snapshot};
use crate::interrupts::Interrupts;
use crate::screen::{Format, Screen};
use crate::seed;

/// How often somebody looks at what happens.
const LOOK: Duration = Duration::from_millis(200);

/// The exit status of who would not wait.
const INTERRUPTED: u8 = 130;

pub(super) fn run(args: &Args, out: impl Write) -> anyhow::Result<ExitCode> {
    let screen = Screen::new(out, Format::of_flag(args.json));
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(args, screen))
}

async fn serve(args: &Args, mut screen: Screen<impl Write>) -> anyhow::Result<ExitCode> {
    let interrupts = Interrupts::listen()?;
    let server = begin(args, &mut screen)?;
    let listener = Listener::bind(config(args), keys(&args.keys)?, server).await?;
    screen.tell(&News::Listening {
        address: listener.address(),
        keys: args.keys.clone(),
    })?;
    let mut desk = Desk {
        observer: listener.observer(),
        seen: Overview::default(),
        is_quiet: args.quiet,
        screen,
        interrupts,
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(listener.run(async {
        // It ends when the other end is dropped.
        let _ = stopped.await;
    }));
    // Where nobody hears us any more, the snapshot is written all the same.
    let told = desk.watch().await;
    drop(stop);
    let server = tokio::select! {
        server = serving => server.context("the server failed")?,
        () = desk.interrupts.next() => return Ok(INTERRUPTED.into()),
    };
    if let Some(path) = &args.snapshot {
        snapshot::save(path, &server)?;
        let (path, calls) = (path.clone(), server.calls().len());
        desk.screen.tell(&News::Saved { path, calls })?;
    }
    told?;
    Ok(ExitCode::SUCCESS)
}

/// The server to start with.
fn begin(args: &Args, screen: &mut Screen<impl Write>) -> anyhow::Result<Server> {
    let Some(path) = &args.snapshot else {
        return new_server();
    };
    let server = match snapshot::load(path)? {
        Some(server) => {
            let (path, calls) = (path.clone(), server.calls().len());
            screen.tell(&News::Restored { path, calls })?;
            server
        }
        None => new_server()?,
    };
    // If it cannot be written, that is better known now than at the end.
    snapshot::save(path, &server)?;
    Ok(server)
}

fn new_server() -> anyhow::Result<Server> {
    let [a, b, c, d, e, f, g, h, ..] = seed::random()?;
    Ok(Server::new(ServerOptions {
        seed: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        ..ServerOptions::default()
    }))
}

fn config(args: &Args) -> Config {
    Config {
        listen: args.listen,
        reach: match args.allow_public {
            true => Reach::Anybody,
            false => Reach::Loopback,
        },
        chaos: args.chaos,
        silence: Duration::from_secs(args.silence),
        ..Config::default()
    }
}

/// The keys of a file, which is made if there is none.
pub(super) fn keys(path: &Path) -> Result<Keys, KeysError> {
    match path.try_exists() {
        Ok(false) => Keys::create(path),
        _ => Keys::load(path),
    }
}

/// Where somebody sits who watches the server and tells what happens.
struct Desk<W> {
    observer: Observer,
    seen: Overview,
    is_quiet: bool,
    screen: Screen<W>,
    interrupts: Interrupts,
}

impl<W: Write> Desk<W> {
    /// Tells what happens until the server is to stop.
    async fn watch(&mut self) -> io::Result<()> {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.interrupts.next() => {
                    self.look()?;
                    return self.screen.tell(&News::Stopping);
                }
                _ = looks.tick(), if !self.is_quiet => self.look()?,
            }
        }
    }

    fn look(&mut self) -> io::Result<()> {
        if self.is_quiet {
            return Ok(());
        }
        let now = self.observer.look();
        for news in News::between(&self.seen, &now) {
            self.screen.tell(&news)?;
        }
        self.seen = now;
        Ok(())
    }
}
