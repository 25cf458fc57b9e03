//! `confcall serve` in a process of its own, and what it uses.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use confcall::UserId;
use confcall_mtproto_server::Keys;
use serde_json::Value;

use crate::caller::User;

/// The ticks of a second, in which Linux tells the time of processors.
const TICKS: f64 = 100.0;

/// The seconds for which processors have worked, for the program itself and for what it asks of the kernel.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    pub(crate) program: f64,
    pub(crate) kernel: f64,
}

impl Used {
    pub(crate) fn total(self) -> f64 {
        self.program + self.kernel
    }

    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            program: self.program - earlier.program,
            kernel: self.kernel - earlier.kernel,
        }
    }
}

/// The server; it ends with this value.
pub(crate) struct Server {
    process: Child,
    /// What it uses without anybody.
    memory: u64,
}

impl Server {
    /// Starts it with so many users.
    pub(crate) fn start(users: usize) -> (Self, Vec<User>) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("server_load.keys");
        // There is none before the first run.
        let _ = fs::remove_file(&path);
        let mut keys = Keys::create(&path).expect("a key file");
        let ids = (1..=users as i64).map(UserId::new);
        let keys: Vec<_> = ids.map(|id| (id, keys.issue(id).expect("a key"))).collect();
        let mut process = Command::new(env!("CARGO_BIN_EXE_confcall"))
            .args([
                "serve",
                "--quiet",
                "--json",
                "--listen",
                "127.0.0.1:0",
                "--keys",
            ])
            .arg(path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let address = address(&mut process);
        let users = keys.into_iter().map(|(id, key)| User { id, key, address });
        let mut server = Self { process, memory: 0 };
        server.memory = server.memory();
        (server, users.collect())
    }

    /// Tells what it uses with so many members.
    pub(crate) fn tell_use(&self, members: usize) {
        let memory = self.memory();
        let each = memory.saturating_sub(self.memory) / members as u64;
        let (memory, used) = (memory / 1024, self.used());
        println!(
            "  the server uses {memory} MiB, {each} KiB for each member, and has computed for {:.1} s, {:.1} s of them in the kernel",
            used.total(),
            used.kernel,
        );
    }

    /// How many KiB of memory it uses.
    fn memory(&self) -> u64 {
        let status = self.told("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = line.and_then(|line| line.split_whitespace().next());
        memory.and_then(|memory| memory.parse().ok()).unwrap_or(0)
    }

    /// For how long processors have worked for it.
    pub(crate) fn used(&self) -> Used {
        let stat = self.told("stat");
        // The name of the command, which ends with the last parenthesis, may have blanks.
        let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
        let ticks = fields.split_whitespace().skip(11).take(2);
        let mut seconds = ticks.filter_map(|ticks| Some(ticks.parse::<f64>().ok()? / TICKS));
        let mut next = || seconds.next().unwrap_or_default();
        Used {
            program: next(),
            kernel: next(),
        }
    }

    /// What the system tells of the process.
    fn told(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.process.id());
        fs::read_to_string(path).unwrap_or_default()
    }
}

/// The address that it says first.
fn address(process: &mut Child) -> SocketAddr {
    let out = process.stdout.take().expect("its output");
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).expect("a line");
    let said: Value = serde_json::from_str(&line).expect("an object");
    let address = said["address"].as_str();
    address
        .and_then(|address| address.parse().ok())
        .expect("an address")
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
