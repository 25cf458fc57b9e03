use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use confcall_state::UserId;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::time::Instant;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::auth_key::{AuthKey, AuthKeyId, LENGTH};
use super::private_file::{self, ExposedFile};

/// What authorisation keys are derived with, apart from every other use of the secret.
const CONTEXT: &str = "confcall-server 2026 authorisation key of a user";

/// How large a key file can be; one of a hundred thousand users is smaller.
const MAX_FILE: u64 = 4 << 20;

/// How long a running server waits before it looks into the file for a key again.
const REREAD: Duration = Duration::from_secs(1);

/// The authorisation keys that a server issued.
///
/// They are derived from a secret, so that each user has always the same one, and the file holds only the secret and
/// who has a key. Whoever can read the file can be every user: it is created for its owner alone, and refused if
/// others can read it.
pub struct Keys {
    path: PathBuf,
    secret: Secret,
    users: HashMap<AuthKeyId, UserId>,
    last_read: Instant,
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Secret([u8; 32]);

/// The content of a key file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// The secret, in hexadecimal.
    secret: Zeroizing<String>,
    users: Vec<i64>,
}

/// A key file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The system refuses it.
    #[error("the key file {path} cannot be {action}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What was to be done with it.
        action: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// Others can read it.
    #[error(transparent)]
    Exposed(#[from] ExposedFile),
    /// It holds something else.
    #[error("{path} is not a key file: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system gives no randomness for a secret.
    #[error("the system gives no randomness for a secret: {0}")]
    Randomness(getrandom::Error),
}

impl Keys {
    /// Makes a key file with a fresh secret, which nobody but its owner can read.
    ///
    /// # Errors
    ///
    /// [`KeysError`], also if there is a file already.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, KeysError> {
        let path = path.into();
        let mut secret = Secret([0; 32]);
        getrandom::fill(&mut secret.0).map_err(KeysError::Randomness)?;
        let mut file = private_file::create(&path).map_err(failed(&path, "created"))?;
        write(&mut file, &Content::new(&secret, Vec::new())).map_err(failed(&path, "written"))?;
        Ok(Self::new(path, secret, &[]))
    }

    /// Reads a key file.
    ///
    /// # Errors
    ///
    /// [`KeysError`]
    pub fn load(path: impl Into<PathBuf>) -> Result<Self, KeysError> {
        let path = path.into();
        let mut file = File::open(&path).map_err(failed(&path, "opened"))?;
        file.lock_shared().map_err(failed(&path, "locked"))?;
        let content = read(&mut file, &path)?;
        let secret = content.secret(&path)?;
        Ok(Self::new(path, secret, &content.users))
    }

    /// Gives a user's key, and notes in the file that it was issued.
    ///
    /// A server that runs with this file finds the user within a second. The same user gets the same key again.
    ///
    /// # Errors
    ///
    /// [`KeysError`]; then it was not issued.
    pub fn issue(&mut self, user: UserId) -> Result<AuthKey, KeysError> {
        let path = &self.path;
        let mut options = File::options();
        let file = options.read(true).write(true).open(path);
        let mut file = file.map_err(failed(path, "opened"))?;
        file.lock().map_err(failed(path, "locked"))?;
        let mut content = read(&mut file, path)?;
        if !content.users.contains(&user.value()) {
            content.users.push(user.value());
            write(&mut file, &content).map_err(failed(path, "written"))?;
        }
        let secret = content.secret(path)?;
        *self = Self::new(self.path.clone(), secret, &content.users);
        Ok(derive(&self.secret, user))
    }

    /// Whose key this is, and the key.
    ///
    /// For a key that is not known the file is read again, at most once a second.
    pub(crate) fn find(&mut self, id: AuthKeyId, now: Instant) -> Option<(UserId, AuthKey)> {
        if !self.users.contains_key(&id) && now.duration_since(self.last_read) >= REREAD {
            match Self::load(self.path.clone()) {
                Ok(keys) => *self = keys,
                Err(error) => tracing::warn!(%error, "issued keys are not looked up"),
            }
            self.last_read = now;
        }
        let user = *self.users.get(&id)?;
        Some((user, derive(&self.secret, user)))
    }

    fn new(path: PathBuf, secret: Secret, users: &[i64]) -> Self {
        let users = users.iter().map(|user| UserId::new(*user));
        let users = users.map(|user| (derive(&secret, user).id(), user));
        Self {
            users: users.collect(),
            path,
            secret,
            last_read: Instant::now(),
        }
    }
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Keys")
            .field("path", &self.path)
            .field("users", &self.users.len())
            .finish_non_exhaustive()
    }
}

impl Content {
    fn new(secret: &Secret, users: Vec<i64>) -> Self {
        let secret = Zeroizing::new(blake3::Hash::from_bytes(secret.0).to_hex().to_string());
        Self { secret, users }
    }

    fn secret(&self, path: &Path) -> Result<Secret, KeysError> {
        let secret = blake3::Hash::from_hex(self.secret.as_bytes());
        let secret = secret.map(|hash| Secret(*hash.as_bytes()));
        secret.map_err(|_| KeysError::Content {
            path: path.to_owned(),
            reason: "the secret is not of 32 bytes in hexadecimal".to_owned(),
        })
    }
}

/// The key of a user.
fn derive(secret: &Secret, user: UserId) -> AuthKey {
    let mut key = [0; LENGTH];
    blake3::Hasher::new_derive_key(CONTEXT)
        .update(&secret.0)
        .update(&user.value().to_le_bytes())
        .finalize_xof()
        .fill(&mut key);
    AuthKey::from_bytes(key)
}

fn read(file: &mut File, path: &Path) -> Result<Content, KeysError> {
    private_file::check(file, path)?;
    let mut text = Zeroizing::new(String::new());
    let size = file.take(MAX_FILE).read_to_string(&mut text);
    size.map_err(failed(path, "read"))?;
    serde_json::from_str(&text).map_err(|error| KeysError::Content {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// Writes the whole content at once; it only grows, so that nothing of an older one is left behind it.
fn write(file: &mut File, content: &Content) -> std::io::Result<()> {
    let text = Zeroizing::new(serde_json::to_string_pretty(content)?);
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn failed(path: &Path, action: &'static str) -> impl Fn(std::io::Error) -> KeysError {
    move |source| KeysError::File {
        path: path.to_owned(),
        action,
        source,
    }
}
