//! The processes of another implementation, which end together: the one that was started, and those that it started.

use std::io;
#[cfg(unix)]
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};

use crate::interrupts::Interrupts;

/// The status of a program that was interrupted, by the custom of shells.
const INTERRUPTED: i32 = 130;

/// The processes that run, of which there are none at first; a copy means the same ones.
///
/// Where there are no process groups they are the one process that was started, which [`Child::kill`] ends.
#[derive(Clone, Default)]
pub(super) struct Group(Arc<Mutex<Members>>);

#[derive(Default)]
struct Members {
    #[cfg(unix)]
    leader: Option<Pid>,
}

impl Group {
    /// Starts the only process of the group.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<Child> {
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        members.start(command)
    }

    /// Kills them all.
    pub(super) fn kill(&self) {
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        members.kill();
    }

    /// Has Ctrl-C end them with this program: a terminal reaches the group of this program only.
    pub(super) fn end_on_interrupt(&self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut interrupts = {
            let _guard = runtime.enter();
            Interrupts::listen()?
        };
        let group = self.clone();
        std::thread::spawn(move || {
            runtime.block_on(interrupts.next());
            // Locked to the end, so that none is started in between.
            let mut members = group.0.lock().unwrap_or_else(PoisonError::into_inner);
            members.kill();
            std::process::exit(INTERRUPTED);
        });
        Ok(())
    }
}

#[cfg(unix)]
impl Members {
    fn start(&mut self, command: &mut Command) -> io::Result<Child> {
        let child = command.process_group(0).spawn()?;
        self.leader = Some(Pid::from_child(&child));
        Ok(child)
    }

    fn kill(&mut self) {
        if let Some(leader) = self.leader.take() {
            // Fails only if all have ended.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

#[cfg(not(unix))]
impl Members {
    fn start(&mut self, command: &mut Command) -> io::Result<Child> {
        command.spawn()
    }

    fn kill(&mut self) {}
}
