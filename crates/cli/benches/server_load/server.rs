//! `confcall serve` in a process of its own, and its users.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, vec};

use confcall::UserId;
use confcall_server::mtproto::Keys;
use serde_json::Value;

use crate::caller::User;

/// The server; it ends with this value.
pub(crate) struct Server {
    process: Child,
    users: vec::IntoIter<User>,
}

impl Server {
    /// Starts it with so many users.
    pub(crate) fn start(users: usize) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("server_load.keys");
        // There is none before the first run.
        let _ = fs::remove_file(&path);
        let mut keys = Keys::create(&path).expect("a key file");
        let keys: Vec<_> = (1..=users as i64)
            .map(|user| {
                (
                    UserId::new(user),
                    keys.issue(UserId::new(user)).expect("a key"),
                )
            })
            .collect();
        let mut command = Command::new(env!("CARGO_BIN_EXE_confcall"));
        command.args([
            "serve",
            "--quiet",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--keys",
        ]);
        let command = command.arg(path).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the server starts");
        let mut line = String::new();
        let out = process.stdout.take().expect("its output");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("its address");
        let said: Value = serde_json::from_str(&line).expect("an object");
        let address = said["address"]
            .as_str()
            .and_then(|address| address.parse().ok());
        let address: SocketAddr = address.expect("an address");
        let users: Vec<_> = keys
            .into_iter()
            .map(|(id, key)| User { id, key, address })
            .collect();
        Self {
            process,
            users: users.into_iter(),
        }
    }

    /// So many users who were not taken yet.
    pub(crate) fn users(&mut self, count: usize) -> vec::IntoIter<User> {
        let users: Vec<_> = self.users.by_ref().take(count).collect();
        users.into_iter()
    }

    /// How many KiB of memory it uses.
    pub(crate) fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = line.and_then(|line| line.split_whitespace().next());
        memory.and_then(|memory| memory.parse().ok()).unwrap_or(0)
    }

    /// Tells what it uses for so many members who were not there before.
    pub(crate) fn tell_memory(&self, before: u64, members: usize) {
        let memory = self.memory();
        let each = memory.saturating_sub(before) / members as u64;
        let memory = memory / 1024;
        println!("  the server uses {memory} MiB, {each} KiB more for each member");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
