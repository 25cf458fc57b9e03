use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::assert::Assert;

use super::{Running, confcall};

/// A directory of a test's own.
pub(crate) struct Place(PathBuf);

impl Place {
    /// An empty one; the name is that of the test.
    pub(crate) fn new(name: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // There is none before the first run.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes a file that its owner alone can read.
    pub(crate) fn write_private(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.write(name, content);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    /// `confcall serve` with the keys of this place.
    pub(crate) fn serve_args<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Vec<OsString> {
        let keys = self.file("keys").into_os_string();
        let mut all = vec!["serve".into(), "--keys".into(), keys];
        all.extend(args.into_iter().map(OsString::from));
        all
    }

    /// Starts a server with the keys of this place, on a port that is free.
    pub(crate) fn serve(&self, args: &[&str]) -> Server {
        self.serve_at("127.0.0.1:0", args)
    }

    /// Starts a server with the keys of this place.
    pub(crate) fn serve_at(&self, address: &str, args: &[&str]) -> Server {
        let listen = ["--listen", address];
        let all = self.serve_args(listen.iter().chain(args).copied());
        let mut process = Running::start(all);
        let address = process.next("listening")["address"]
            .as_str()
            .unwrap()
            .to_owned();
        Server { process, address }
    }

    /// Issues a session of a user.
    pub(crate) fn issue(&self, name: &str, user: &str, address: &str) -> Assert {
        let session = self.file(name);
        let mut command = assert_cmd::Command::from_std(confcall());
        command.args(self.serve_args(["--listen", address, "--user-id", user]));
        command.arg("--issue-session").arg(session).assert()
    }

    /// Starts the life of a user in a call, with a session that is issued if there is none yet.
    pub(crate) fn enter(&self, address: &str, user: &str, call: &[&str]) -> Running {
        let session = format!("{user}.session");
        if !self.file(&session).exists() {
            self.issue(&session, user, address).success();
        }
        let mut args: Vec<OsString> = call.iter().map(OsString::from).collect();
        args.extend(["--session".into(), self.file(&session).into_os_string()]);
        Running::start(args)
    }
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) process: Running,
    pub(crate) address: String,
}

impl Server {
    /// Stops it, and waits for its end.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> Running {
        self.process.terminate();
        self.process.next("stopping");
        assert_eq!(self.process.end(), 0);
        self.process
    }
}
