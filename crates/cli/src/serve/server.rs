//! The server from its start to its stop.

use core::time::Duration;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
#[cfg(feature = "sfu")]
use confcall_mtproto_server::MediaConfig;
use confcall_mtproto_server::{
    BindError, Config, Keys, KeysError, Listener, Login, Observer, Overview, Reach, SnapshotFile,
};
use confcall_server::{Limits, Server, ServerOptions, WorldDescription};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use super::args::Args;
use super::report::ServerReport;
#[cfg(feature = "sfu")]
use super::stats::Stats;
use crate::interrupts::Interrupts;
use crate::screen::{Format, Screen};
use crate::seed;

/// The pause between two overviews: one that a person does not notice, and that costs a busy server little.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The exit status after an interrupt that left no time to save anything.
const INTERRUPTED: u8 = 130;

pub(super) fn run(args: &Args, out: impl Write) -> anyhow::Result<ExitCode> {
    let screen = Screen::new(out, Format::of_flag(args.json));
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let status = runtime.block_on(serve(args, screen));
    // A file that takes long to read does not hold up the exit.
    runtime.shutdown_background();
    status
}

async fn serve(args: &Args, mut screen: Screen<impl Write>) -> anyhow::Result<ExitCode> {
    let mut interrupts = Interrupts::listen()?;
    let start = tokio::select! {
        start = start(args) => start?,
        () = interrupts.next() => return Ok(INTERRUPTED.into()),
    };
    let (snapshot, listener) = (start.snapshot, start.listener);
    show_start(args, start.restored, listener.address(), &mut screen)?;
    #[cfg(feature = "sfu")]
    let stats = Stats::new(args.stats);
    let mut monitor = Monitor {
        observer: listener.observer(),
        shown: Overview::default(),
        #[cfg(feature = "sfu")]
        stats,
        is_quiet: args.quiet,
        screen,
        interrupts,
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(listener.run(async {
        // Dropping the sender is the signal.
        let _ = stopped.await;
    }));
    // A closed screen is reported only once the snapshot is written.
    let watched = monitor.watch().await;
    drop(stop);
    let server = tokio::select! {
        server = serving => server.context("the server failed")?,
        // The second interrupt: the user does not wait for the answers under way.
        () = monitor.interrupts.next() => return Ok(INTERRUPTED.into()),
    };
    if let (Some(path), Some(snapshot)) = (&args.snapshot, snapshot) {
        snapshot.save(&server)?;
        let (path, calls) = (path.clone(), server.calls().len());
        monitor.show(&ServerReport::Saved { path, calls })?;
    }
    watched?;
    Ok(ExitCode::SUCCESS)
}

/// Shows that the server listens, and the calls that it goes on with.
fn show_start(
    args: &Args,
    restored: Option<usize>,
    address: SocketAddr,
    screen: &mut Screen<impl Write>,
) -> io::Result<()> {
    if args.quiet {
        // A port that the system chose is known from here alone.
        return match args.listen.port() {
            0 => screen.show(&ServerReport::Address(address)),
            _ => Ok(()),
        };
    }
    if let (Some(path), Some(calls)) = (&args.snapshot, restored) {
        let path = path.clone();
        screen.show(&ServerReport::Restored { path, calls })?;
    }
    let (keys, logins) = (args.keys.clone(), args.allows_logins());
    screen.show(&ServerReport::Listening {
        address,
        keys,
        logins,
    })
}

/// A server that is ready to serve.
struct Start {
    snapshot: Option<SnapshotFile>,
    /// The number of calls of the snapshot, if there was one.
    restored: Option<usize>,
    listener: Listener,
}

async fn start(args: &Args) -> anyhow::Result<Start> {
    let (keys, snapshot) = (args.keys.clone(), args.snapshot.clone());
    let world = args.world.clone();
    // Aside, since files can be large, slow, or locked by another process.
    let opened = spawn_blocking(move || open(&keys, snapshot, world.as_deref()));
    let (keys, snapshot, restored, world) = opened.await.context("the files were not read")??;
    let calls = restored.as_ref().map(|server| server.calls().len());
    let mut server = restored.map_or_else(|| new_server(&world), Ok)?;
    for (user, name) in &args.name {
        server.set_name(*user, name);
    }
    if let Some(snapshot) = &snapshot {
        // A file that cannot be written is better known now than at the end, when the calls would be lost.
        snapshot.save(&server)?;
    }
    let bound = Listener::bind(config(args)?, keys, server).await;
    let listener = bound.map_err(with_free_port)?;
    Ok(Start {
        snapshot,
        restored: calls,
        listener,
    })
}

/// The error, with an address that is free if the one that was asked for is taken.
fn with_free_port(error: BindError) -> anyhow::Error {
    let BindError::Socket { address, source } = &error else {
        return error.into();
    };
    if source.kind() != io::ErrorKind::AddrInUse {
        return error.into();
    }
    // The system gives a port that nobody has, which is free again as soon as it was named.
    let free = TcpListener::bind(SocketAddr::new(address.ip(), 0));
    match free.and_then(|free| free.local_addr()) {
        Ok(free) => anyhow!(
            "{address} is taken, perhaps by another server of yours; {free} is free: give `--listen {free}`, and the \
             same when you issue a session"
        ),
        Err(_) => error.into(),
    }
}

/// Opens the keys, the snapshot with the server in it, if there is one, and the description of the world.
fn open(
    keys_path: &Path,
    snapshot: Option<PathBuf>,
    world: Option<&Path>,
) -> anyhow::Result<(Keys, Option<SnapshotFile>, Option<Server>, WorldDescription)> {
    let snapshot = snapshot.map(SnapshotFile::lock).transpose()?;
    let load = |snapshot: &SnapshotFile| snapshot.load(Limits::default());
    let restored = snapshot.as_ref().map(load).transpose()?.flatten();
    let world = world.map_or_else(|| Ok(WorldDescription::example()), read_world)?;
    Ok((keys(keys_path)?, snapshot, restored, world))
}

fn read_world(path: &Path) -> anyhow::Result<WorldDescription> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("{} cannot be read", path.display()))?;
    let described = WorldDescription::from_toml(&text);
    described.with_context(|| format!("{} describes no world", path.display()))
}

fn new_server(world: &WorldDescription) -> anyhow::Result<Server> {
    // The seed decides ids and access hashes, which must differ between two servers.
    let [a, b, c, d, e, f, g, h, ..] = seed::random()?;
    let options = ServerOptions {
        seed: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        ..ServerOptions::default()
    };
    Ok(Server::with_world(options, world)?)
}

fn config(args: &Args) -> anyhow::Result<Config> {
    Ok(Config {
        listen: args.listen,
        reach: match args.allow_public {
            true => Reach::Anybody,
            false => Reach::Loopback,
        },
        login: login(args)?,
        chaos: args.chaos,
        silence: Duration::from_secs(args.silence),
        #[cfg(feature = "sfu")]
        media: Some(MediaConfig {
            port: args.media_port,
            stun_delay: Duration::from_millis(args.stun_delay),
        }),
        ..Config::default()
    })
}

/// The way in for clients without a session.
fn login(args: &Args) -> anyhow::Result<Login> {
    let codes = args.login_codes.clone();
    match args.allows_logins() {
        true => Ok(Login::ByCode { codes }),
        false if codes.is_none() => Ok(Login::Refused),
        false => bail!(
            "with `--allow-public` nobody logs in, so there are no codes; give `--allow-login` too"
        ),
    }
}

/// The keys of a file, which is created if there is none.
pub(super) fn keys(path: &Path) -> Result<Keys, KeysError> {
    match path.try_exists() {
        Ok(false) => Keys::create(path),
        _ => Keys::load(path),
    }
}

/// The view of a running server on a screen.
struct Monitor<W> {
    observer: Observer,
    shown: Overview,
    #[cfg(feature = "sfu")]
    stats: Stats,
    is_quiet: bool,
    screen: Screen<W>,
    interrupts: Interrupts,
}

impl<W: Write> Monitor<W> {
    /// Shows events until the server is to stop.
    async fn watch(&mut self) -> io::Result<()> {
        let mut polls = interval(POLL_INTERVAL);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.interrupts.next() => {
                    self.report()?;
                    return self.show(&ServerReport::Stopping);
                }
                _ = polls.tick(), if !self.is_quiet => self.report()?,
            }
        }
    }

    fn report(&mut self) -> io::Result<()> {
        let now = self.observer.look();
        for report in ServerReport::between(&self.shown, &now) {
            self.show(&report)?;
        }
        #[cfg(feature = "sfu")]
        if let Some(counters) = self.stats.take_due(&now) {
            self.show(&ServerReport::Media(counters))?;
        }
        self.shown = now;
        Ok(())
    }

    fn show(&mut self, report: &ServerReport) -> io::Result<()> {
        match self.is_quiet {
            true => Ok(()),
            false => self.screen.show(report),
        }
    }
}
