use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use confcall_join::api::RpcError;

use crate::login::{Codes, PhoneNumber, Proof};
use crate::private_file;
use crate::randomness;

/// The place where codes are given out and checked, with the file from which scripts read them.
#[derive(Debug)]
pub(crate) struct Desk {
    codes: Mutex<Codes>,
    file: Option<PathBuf>,
}

impl Desk {
    /// A desk without a code; the file says so from now on.
    pub(crate) fn open(file: Option<PathBuf>) -> io::Result<Self> {
        let codes = Mutex::default();
        let desk = Self { codes, file };
        desk.write(&desk.lock())?;
        Ok(desk)
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
        self.lock().check_proven(proof, now)
    }

    /// Takes a code back.
    pub(crate) fn close(&self, proof: &Proof, now: Duration) -> Result<(), RpcError> {
        self.change(|codes| codes.close(proof, now))
    }

    /// The codes that are open, by their numbers.
    pub(crate) fn codes(&self) -> impl Iterator<Item = (String, String)> {
        let codes = self.lock();
        let codes = codes
            .iter()
            .map(|(number, code)| (number.to_string(), code.to_owned()));
        codes.collect::<Vec<_>>().into_iter()
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Codes) -> Result<T, RpcError>,
    ) -> Result<T, RpcError> {
        let mut codes = self.lock();
        let changed = change(&mut codes);
        // Before the client is answered, since a script reads the code next.
        if let Err(error) = self.write(&codes) {
            tracing::warn!(%error, "the file of the login codes is not written");
        }
        changed
    }

    /// Writes a line for each code: the number, a space, and the code.
    fn write(&self, codes: &Codes) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let lines = codes
            .iter()
            .map(|(number, code)| format!("{number} {code}\n"));
        private_file::replace(file, lines.collect::<String>().as_bytes())
    }

    fn lock(&self) -> MutexGuard<'_, Codes> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn generator() -> Result<chacha20::ChaCha20Rng, RpcError> {
    randomness::generator().map_err(|error| {
        tracing::error!(%error, "no code is drawn");
        RpcError::new(500, "INTERNAL")
    })
}
