use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use confcall_join::api::RpcError;

use crate::limits;
use crate::login::{Codes, PhoneNumber, Proof};
use crate::private_file;
use crate::randomness;

/// The place where codes are given out and checked, with the file from which scripts read them.
#[derive(Debug)]
pub(crate) struct Desk {
    drawer: Mutex<Drawer>,
    file: Option<PathBuf>,
}

/// The codes, and what the file says of them.
#[derive(Debug, Default)]
struct Drawer {
    codes: Codes,
    written: Option<String>,
}

impl Desk {
    /// A desk without a code; the file says so from now on. One that holds anything else than codes is left as it is.
    pub(crate) fn open(file: Option<PathBuf>) -> io::Result<Self> {
        if let Some(file) = &file {
            check_replaceable(file)?;
        }
        let drawer = Mutex::default();
        let desk = Self { drawer, file };
        desk.write(&mut desk.lock())?;
        Ok(desk)
    }

    /// Takes the file away: its codes are good no more.
    pub(crate) fn shut(&self) {
        if let Some(file) = &self.file
            && let Err(error) = fs::remove_file(file)
        {
            tracing::warn!(%error, "the file of the login codes stays");
        }
    }

    /// Gives out a code for a number; gives its name.
    pub(crate) fn send(&self, number: PhoneNumber, now: Duration) -> Result<String, RpcError> {
        let mut rng = generator()?;
        self.change(|codes| codes.send(number, &mut rng, now))
    }

    /// Gives out another code; gives its name.
    pub(crate) fn resend(&self, proof: &Proof, now: Duration) -> Result<String, RpcError> {
        let mut rng = generator()?;
        self.change(|codes| codes.resend(proof, &mut rng, now))
    }

    /// Checks a code.
    pub(crate) fn prove(&self, proof: &Proof, code: &str, now: Duration) -> Result<(), RpcError> {
        self.change(|codes| codes.prove(proof, code, now))
    }

    /// Checks that a code was proven before.
    pub(crate) fn check_proven(&self, proof: &Proof, now: Duration) -> Result<(), RpcError> {
        self.lock().codes.check_proven(proof, now)
    }

    /// Takes a code back.
    pub(crate) fn close(&self, proof: &Proof, now: Duration) -> Result<(), RpcError> {
        self.change(|codes| codes.close(proof, now))
    }

    /// The codes that are open, by their numbers.
    pub(crate) fn codes(&self) -> impl Iterator<Item = (String, String)> {
        let drawer = self.lock();
        let codes = drawer
            .codes
            .iter()
            .map(|(number, code)| (number.to_string(), code.to_owned()));
        codes.collect::<Vec<_>>().into_iter()
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Codes) -> Result<T, RpcError>,
    ) -> Result<T, RpcError> {
        let mut drawer = self.lock();
        let changed = change(&mut drawer.codes);
        // Before the client is answered, since a script reads the code next.
        if let Err(error) = self.write(&mut drawer) {
            tracing::warn!(%error, "the file of the login codes is not written");
        }
        changed
    }

    /// Writes a line for each code, if they are others than before: the number, a space, and the code.
    fn write(&self, drawer: &mut Drawer) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let lines = drawer.codes.iter();
        let lines = lines.map(|(number, code)| format!("{number} {code}\n"));
        let lines: String = lines.collect();
        if drawer.written.as_ref() != Some(&lines) {
            private_file::show(file, lines.as_bytes())?;
            drawer.written = Some(lines);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Drawer> {
        self.drawer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks that there is no file, or one of codes.
fn check_replaceable(path: &Path) -> io::Result<()> {
    let file = match private_file::open(path, File::options().read(true)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let is_code = |line: &str| {
        let parts = line.split_once(' ');
        parts.is_some_and(|(number, code)| {
            PhoneNumber::read(number.as_bytes()).is_ok() && code.len() == 5
        })
    };
    let text = private_file::read(&file, limits::CODES_FILE)?;
    let text = text.and_then(|text| String::from_utf8(text).ok());
    match text.is_some_and(|text| text.lines().all(is_code)) {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "there is a file with something else than codes: give another name",
        )),
    }
}

fn generator() -> Result<chacha20::ChaCha20Rng, RpcError> {
    randomness::generator().map_err(|error| {
        tracing::error!(%error, "no code is drawn");
        RpcError::new(500, "INTERNAL")
    })
}
