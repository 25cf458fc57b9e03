use std::collections::HashMap;
use std::fs::{File, Metadata, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use confcall_state::UserId;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::limits;
use crate::mtproto::auth_key::{AuthKey, AuthKeyId, LENGTH};
use crate::mtproto::key_exchange::{ServerKey, ServerKeyError};
use crate::private_file::{self, ExposedFile};
use crate::randomness;

/// The context of authorisation keys, apart from every other use of the secret.
const CONTEXT: &str = "confcall-server 2026 authorisation key of a user";

/// The number of times that a running server tries to lock a file that another process has locked, and the pause between
/// two of them.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// The authorisation keys that a server issued.
///
/// They are derived from a secret, so that each user has always the same one, and the file holds only the secret,
/// the users who have a key, and once a client needs it the RSA key by which clients know the server. A reader of the file
/// can be every user: it is created for its owner alone, and refused if others can read it.
pub struct Keys {
    path: PathBuf,
    secret: Secret,
    /// The users who have a key, in the order of the file, which only grows.
    issued: Vec<i64>,
    /// The number of them in `users`.
    indexed: usize,
    users: HashMap<AuthKeyId, UserId>,
    read: Version,
}

/// Marks of a file that change when it is written: its length, which grows with each user, and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version(u64, Option<SystemTime>);

#[derive(Zeroize, ZeroizeOnDrop)]
struct Secret([u8; 32]);

/// The content of a key file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    /// The secret, in hexadecimal.
    secret: Zeroizing<String>,
    users: Vec<i64>,
    /// The private RSA key of the server in PKCS#1 PEM, from the moment it is first needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rsa: Option<Zeroizing<String>>,
}

/// The public key of a server, by which a client knows it when they agree on an authorisation key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The RSA key of 2048 bits in PKCS#1 PEM.
    pub pem: String,
    /// Its modulus of 256 bytes, the first of which is the highest; the exponent is 65537.
    pub modulus: Vec<u8>,
    /// The name of the key in an exchange: the last 64 bits of its SHA-1, of which the first byte is the lowest.
    pub fingerprint: i64,
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
        /// The operation that failed.
        action: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// Others can read it.
    #[error(transparent)]
    Exposed(#[from] ExposedFile),
    /// It holds something else.
    #[error("{path} is not a key file: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// The mistake in it.
        reason: String,
    },
    /// It has no room for another user.
    #[error("the key file {path} has no room for another user: it holds at most {limit} bytes")]
    Full {
        /// The file.
        path: PathBuf,
        /// The greatest size.
        limit: u64,
    },
    /// The system gives no randomness for a secret.
    #[error("the system gives no randomness for a secret: {0}")]
    Randomness(getrandom::Error),
}

impl Keys {
    /// Makes a key file with a fresh secret, which its owner alone can read.
    ///
    /// # Errors
    ///
    /// [`KeysError`], also if there is a file already.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, KeysError> {
        let path = path.into();
        let mut secret = Secret([0; 32]);
        getrandom::fill(&mut secret.0).map_err(KeysError::Randomness)?;
        let mut file = private_file::create(&path).map_err(failed(&path, "created"))?;
        let content = KeyFile::new(&secret, Vec::new());
        write(&mut file, &content, &path)?;
        Self::new(path, &file, content)
    }

    /// Reads a key file; the keys themselves are derived once a server listens.
    ///
    /// # Errors
    ///
    /// [`KeysError`]
    pub fn load(path: impl Into<PathBuf>) -> Result<Self, KeysError> {
        let path = path.into();
        let file = private_file::open(&path, File::options().read(true));
        let mut file = file.map_err(failed(&path, "opened"))?;
        // Another process may be issuing a key just now.
        file.lock_shared().map_err(failed(&path, "locked"))?;
        let content = read(&mut file, &path)?;
        Self::new(path, &file, content)
    }

    /// Gives a user's key, and notes in the file that it was issued.
    ///
    /// A server that runs with this file knows the user at once. The same user gets the same key again.
    ///
    /// # Errors
    ///
    /// [`KeysError`]; then it was not issued.
    pub fn issue(&mut self, user: UserId) -> Result<AuthKey, KeysError> {
        let path = &self.path;
        let file = private_file::open(path, File::options().read(true).write(true));
        let mut file = file.map_err(failed(path, "opened"))?;
        file.lock().map_err(failed(path, "locked"))?;
        let mut content = read(&mut file, path)?;
        if !content.users.contains(&user.value()) {
            content.users.push(user.value());
            write(&mut file, &content, path)?;
        }
        self.update(&file, content)?;
        Ok(derive(&self.secret, user))
    }

    /// The public key of the server, which is created if there is none yet; that takes a second.
    ///
    /// # Errors
    ///
    /// [`KeysError`]
    pub fn public_key(&self) -> Result<PublicKey, KeysError> {
        let key = server_key(&self.path)?;
        Ok(PublicKey {
            pem: key.public_pem().to_owned(),
            modulus: key.modulus(),
            fingerprint: key.fingerprint(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The user who has a key, and the key.
    ///
    /// For a key that is not known the file is read again if it was written since.
    pub(crate) fn find(&mut self, id: AuthKeyId) -> Option<(UserId, AuthKey)> {
        self.index();
        if !self.users.contains_key(&id)
            && let Err(error) = self.read_again()
        {
            tracing::warn!(%error, "keys that were issued lately are not known");
        }
        let user = *self.users.get(&id)?;
        Some((user, derive(&self.secret, user)))
    }

    /// Derives the keys of those users whose keys are not derived yet, which takes a while for very many.
    pub(crate) fn index(&mut self) {
        let new = self.issued.get(self.indexed..).unwrap_or_default();
        let new = new.iter().map(|user| UserId::new(*user));
        let secret = &self.secret;
        self.users
            .extend(new.map(|user| (derive(secret, user).id(), user)));
        self.indexed = self.issued.len();
    }

    fn read_again(&mut self) -> Result<(), KeysError> {
        let metadata = std::fs::metadata(&self.path);
        let metadata = metadata.map_err(failed(&self.path, "looked at"))?;
        // Connections with unknown keys must not make the server read the same file over and over.
        if Version::of(&metadata) == self.read {
            return Ok(());
        }
        let path = &self.path;
        let file = private_file::open(path, File::options().read(true));
        let mut file = file.map_err(failed(path, "opened"))?;
        soon(|| file.try_lock_shared()).map_err(failed(path, "locked"))?;
        let content = read(&mut file, path)?;
        self.update(&file, content)?;
        self.index();
        Ok(())
    }

    /// Takes over what the file says now; keys that are derived stay so if users were only added.
    fn update(&mut self, file: &File, content: KeyFile) -> Result<(), KeysError> {
        let mut new = Self::new(self.path.clone(), file, content)?;
        if new.secret.0 == self.secret.0 && new.issued.starts_with(&self.issued) {
            new.users = core::mem::take(&mut self.users);
            new.indexed = self.indexed;
        }
        *self = new;
        Ok(())
    }

    fn new(path: PathBuf, file: &File, content: KeyFile) -> Result<Self, KeysError> {
        let metadata = file.metadata().map_err(failed(&path, "looked at"))?;
        Ok(Self {
            secret: content.secret(&path)?,
            path,
            issued: content.users,
            indexed: 0,
            users: HashMap::new(),
            read: Version::of(&metadata),
        })
    }
}

impl Version {
    fn of(metadata: &Metadata) -> Self {
        Self(metadata.len(), metadata.modified().ok())
    }
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Keys")
            .field("path", &self.path)
            .field("users", &self.issued.len())
            .finish_non_exhaustive()
    }
}

impl KeyFile {
    fn new(secret: &Secret, users: Vec<i64>) -> Self {
        let secret = Zeroizing::new(blake3::Hash::from_bytes(secret.0).to_hex().to_string());
        let rsa = None;
        Self { secret, users, rsa }
    }

    /// The key of the server, if there is one.
    fn server_key(&self, path: &Path) -> Result<Option<ServerKey>, KeysError> {
        let key = self.rsa.as_ref().map(|pem| ServerKey::from_pem(pem));
        key.transpose().map_err(unusable(path))
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

/// The RSA key in a key file, where it is created if there is none yet.
pub(crate) fn server_key(path: &Path) -> Result<ServerKey, KeysError> {
    let file = private_file::open(path, File::options().read(true).write(true));
    let mut file = file.map_err(failed(path, "opened"))?;
    soon(|| file.try_lock_shared()).map_err(failed(path, "locked"))?;
    if let Some(key) = read(&mut file, path)?.server_key(path)? {
        return Ok(key);
    }
    // Without the lock, for which clients of a running server would have to wait.
    file.unlock().map_err(failed(path, "unlocked"))?;
    let mut rng = randomness::generator().map_err(KeysError::Randomness)?;
    let new = ServerKey::generate(&mut rng).map_err(unusable(path))?;
    soon(|| file.try_lock()).map_err(failed(path, "locked"))?;
    file.rewind().map_err(failed(path, "read"))?;
    let mut content = read(&mut file, path)?;
    // Another process may have been faster.
    if let Some(key) = content.server_key(path)? {
        return Ok(key);
    }
    content.rsa = Some(new.to_pem().map_err(unusable(path))?);
    write(&mut file, &content, path)?;
    Ok(new)
}

/// The key of a user: the first that fits of those that come from the secret.
fn derive(secret: &Secret, user: UserId) -> AuthKey {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(&secret.0).update(&user.value().to_le_bytes());
    let mut candidates = hasher.finalize_xof();
    hasher.zeroize();
    loop {
        let mut bytes = [0; LENGTH];
        candidates.fill(&mut bytes);
        let key = AuthKey::from_bytes(bytes);
        // There are clients that take a packet for an error of the transport if its first number is negative.
        let AuthKeyId([_, _, _, sign, ..]) = key.id();
        if sign < 0x80 {
            candidates.zeroize();
            return key;
        }
    }
}

fn read(file: &mut File, path: &Path) -> Result<KeyFile, KeysError> {
    private_file::check(file, path)?;
    let length = file.metadata().map_err(failed(path, "looked at"))?.len();
    // Room for all of it and for noticing its end: where a text grows, a copy of it stays behind.
    let room = length.min(limits::KEY_FILE) as usize + 64;
    let mut text = Zeroizing::new(String::with_capacity(room));
    let size = file.take(limits::KEY_FILE).read_to_string(&mut text);
    size.map_err(failed(path, "read"))?;
    serde_json::from_str(&text).map_err(|error| KeysError::Content {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// Locks a file; an error if another process keeps it locked for longer than writing it takes.
fn soon(lock: impl Fn() -> Result<(), TryLockError>) -> io::Result<()> {
    // Clients wait meanwhile, so a process that is stuck must not be waited for.
    for _ in 0..LOCK_TRIES {
        match lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
        }
    }
    Err(io::ErrorKind::WouldBlock.into())
}

/// Writes the whole content at once; it only grows, so that nothing of an older one is left behind it.
fn write(file: &mut File, content: &KeyFile, path: &Path) -> Result<(), KeysError> {
    // Room for the secrets and a line for each user: where a text grows, a copy of it stays behind.
    let rsa = content.rsa.as_ref().map_or(0, |pem| 2 * pem.len());
    let room = 256 + rsa + 32 * content.users.len();
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    let written = serde_json::to_writer_pretty(&mut *text, content);
    written.map_err(|error| failed(path, "written")(error.into()))?;
    let limit = limits::KEY_FILE;
    // A file that could not be read again would be lost with all its keys.
    if text.len() as u64 > limit {
        let path = path.to_owned();
        return Err(KeysError::Full { path, limit });
    }
    let written = file.rewind().and_then(|()| file.write_all(&text));
    let written = written.and_then(|()| file.sync_all());
    written.map_err(failed(path, "written"))
}

fn unusable(path: &Path) -> impl Fn(ServerKeyError) -> KeysError {
    move |error| KeysError::Content {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn failed(path: &Path, action: &'static str) -> impl Fn(io::Error) -> KeysError {
    move |source| KeysError::File {
        path: path.to_owned(),
        action,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_derived_stay_so_when_another_one_is_issued() {
        let directory = tempfile::TempDir::new().unwrap();
        let mut keys = Keys::create(directory.path().join("keys")).unwrap();
        let [alice, bob] = [1, 2].map(UserId::new);
        let key = keys.issue(alice).unwrap();
        keys.index();
        keys.issue(bob).unwrap();
        assert_eq!((keys.users.len(), keys.issued.len()), (1, 2));
        assert_eq!(keys.find(key.id()).map(|(user, _)| user), Some(alice));
        assert_eq!(keys.users.len(), 2);
    }

    #[test]
    fn the_key_of_the_server_is_made_once_and_kept_beside_the_users() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("keys");
        let mut keys = Keys::create(&path).unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("rsa"));
        keys.issue(UserId::new(1)).unwrap();
        let public = keys.public_key().unwrap();
        let key = keys.issue(UserId::new(2)).unwrap();
        let mut again = Keys::load(&path).unwrap();
        assert_eq!(again.public_key().unwrap(), public);
        assert_eq!(again.find(key.id()).map(|(user, _)| user.value()), Some(2));
        let start = "-----BEGIN RSA PUBLIC KEY-----\n";
        assert!(public.pem.starts_with(start), "{}", public.pem);
        assert_eq!(server_key(&path).unwrap().fingerprint(), public.fingerprint);
    }

    #[test]
    fn a_key_of_the_server_that_cannot_be_read_is_told_and_not_replaced() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("keys");
        drop(Keys::create(&path).unwrap());
        let secret = "07".repeat(32);
        let content = serde_json::json!({"secret": secret, "users": [], "rsa": "no key"});
        std::fs::write(&path, content.to_string()).unwrap();
        let error = Keys::load(&path).unwrap().public_key().unwrap_err();
        assert!(matches!(error, KeysError::Content { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content.to_string());
    }

    #[test]
    fn keys_of_another_secret_replace_those_that_were_derived() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("keys");
        let mut keys = Keys::create(&path).unwrap();
        let old = keys.issue(UserId::new(1)).unwrap();
        keys.index();
        std::fs::remove_file(&path).unwrap();
        let mut other = Keys::create(&path).unwrap();
        let users = [1, 2].map(|user| other.issue(UserId::new(user)).unwrap());
        let found = users.each_ref().map(|key| keys.find(key.id()).is_some());
        assert_eq!(found, [true, true]);
        assert!(keys.find(old.id()).is_none());
    }
}
