use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use confcall_mtproto_server::{Config, Keys, Listener, Observer};
use confcall_server::{Server, ServerOptions};
use confcall_state::UserId;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::Client;

pub(crate) const ALICE: UserId = UserId::new(1);
pub(crate) const BOB: UserId = UserId::new(2);

/// Longer than anything takes that happens at all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs, with its files.
pub(crate) struct Scene {
    pub(crate) address: SocketAddr,
    pub(crate) observer: Observer,
    directory: TempDir,
    stop: oneshot::Sender<()>,
    run: JoinHandle<Server>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        Self::around(Server::new(ServerOptions::default()), config).await
    }

    pub(crate) async fn around(server: Server, config: Config) -> Self {
        let directory = TempDir::new().unwrap();
        let keys = seeded_keys(&directory.path().join("keys"));
        Self::start(config, directory, keys, server).await
    }

    async fn start(config: Config, directory: TempDir, keys: Keys, server: Server) -> Self {
        let listener = Listener::bind(config, keys, server).await.unwrap();
        let (address, observer) = (listener.address(), listener.observer());
        let (stop, stopped) = oneshot::channel();
        let run = tokio::spawn(listener.run(async {
            let _ = stopped.await;
        }));
        Self {
            address,
            observer,
            directory,
            stop,
            run,
        }
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::load(self.key_file()).unwrap()
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.directory.path().join("keys")
    }

    /// The authorisation key of a user, as a client has it.
    pub(crate) fn key(&self, user: UserId) -> [u8; 256] {
        *self.keys().issue(user).unwrap().expose()
    }

    /// A client of a user, which connects with its key.
    pub(crate) fn client(&self, user: UserId) -> Client {
        Client::connect(self.address, self.key(user), user)
    }

    /// Stops the server, which gives its calls back.
    pub(crate) async fn stop(self) -> Server {
        self.stop.send(()).unwrap();
        let run = tokio::time::timeout(PATIENCE, self.run);
        run.await.expect("it stops").unwrap()
    }

    /// Stops the server and starts it again with the same keys, calls and address.
    pub(crate) async fn restart(self) -> Self {
        let (address, keys) = (self.address, self.keys());
        self.stop.send(()).unwrap();
        let server = self.run.await.unwrap();
        let config = Config {
            listen: address,
            ..Config::default()
        };
        Self::start(config, self.directory, keys, server).await
    }
}

/// The keys of a secret that is always the same.
pub(crate) fn seeded_keys(path: &Path) -> Keys {
    drop(Keys::create(path).unwrap());
    let content = json!({"secret": "07".repeat(32), "users": []});
    std::fs::write(path, content.to_string()).unwrap();
    Keys::load(path).unwrap()
}

/// The permissions of a file.
#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Makes a named pipe, at whose other end nothing ever happens.
#[cfg(unix)]
pub(crate) fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

/// Does something that must come to an end.
pub(crate) fn in_time<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(what()));
    result.recv_timeout(PATIENCE).expect("an end in time")
}
