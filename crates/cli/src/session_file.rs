//! The session file of the command: a user of a server, and the key by which the server knows the user.
//!
//! ```text
//! { "confcall_session": 1, "user": 1, "server": "127.0.0.1:4430", "key": "…" }
//! ```
//!
//! The first field is the version. It serves the servers of `confcall serve`. The sessions of other servers are files of
//! grammers, which are SQLite databases and take the feature `session-file`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddrV4, SocketAddrV6};
use std::path::{Path, PathBuf};

use confcall::UserId;
use confcall_mtproto_server::AuthKey;
use confcall_mtproto_server::private_file::{self, ExposedFile};
use grammers_session::SessionData;
use grammers_session::storages::MemorySession;
use grammers_session::types::DcOption;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::limits;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// The first bytes of every SQLite database.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The number that the client gives to the only data centre of the server.
pub(crate) const DATA_CENTRE: u8 = 1;

/// The kinds of session file.
#[derive(Debug)]
pub(crate) enum SessionFile {
    Own(Box<OwnSession>),
    /// A database, which is grammers' to read.
    Sqlite,
}

/// A user's session on a server of `confcall serve`.
#[derive(Debug)]
pub(crate) struct OwnSession {
    pub(crate) user: UserId,
    pub(crate) server: SocketAddrV4,
    pub(crate) key: AuthKey,
}

/// A session file cannot be used.
#[derive(Debug, Error)]
pub(crate) enum OwnSessionError {
    #[error("the session file {} cannot be {action}: {source}", path.display())]
    Inaccessible {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
    #[error(transparent)]
    Exposed(#[from] ExposedFile),
    #[error("{} is no session file: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    #[error("the session file {} has version {version}, and this command reads {VERSION}", path.display())]
    Version { path: PathBuf, version: u32 },
}

/// The text of a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileContent {
    confcall_session: u32,
    user: i64,
    server: SocketAddrV4,
    /// In hexadecimal.
    key: Zeroizing<String>,
}

/// The field that every version has.
#[derive(Deserialize)]
struct Version {
    confcall_session: u32,
}

impl SessionFile {
    /// Reads a file, which only its owner may be able to read.
    pub(crate) fn read(path: &Path) -> Result<Self, OwnSessionError> {
        let file = open(path).map_err(inaccessible(path, "opened"))?;
        private_file::check(&file, path)?;
        // Room for all of it at once: where a text grows, a copy of its key stays behind.
        let mut text = Zeroizing::new(Vec::with_capacity(2 * limits::SESSION_BYTES as usize));
        let read = file.take(limits::SESSION_BYTES).read_to_end(&mut text);
        read.map_err(inaccessible(path, "read"))?;
        if text.starts_with(SQLITE) {
            return Ok(Self::Sqlite);
        }
        OwnSession::parse(&text, path).map(|own| Self::Own(Box::new(own)))
    }
}

impl OwnSession {
    /// The same session for a client of grammers, which changes nothing in the file.
    pub(crate) fn into_memory(self) -> MemorySession {
        let Self { server, key, .. } = self;
        let option = DcOption {
            id: DATA_CENTRE.into(),
            ipv4: server,
            ipv6: SocketAddrV6::new(server.ip().to_ipv6_mapped(), server.port(), 0, 0),
            auth_key: Some(*key.expose()),
        };
        MemorySession::from(SessionData {
            home_dc: DATA_CENTRE.into(),
            dc_options: HashMap::from([(DATA_CENTRE.into(), option)]),
            ..SessionData::default()
        })
    }

    /// The text of its file.
    pub(crate) fn to_json(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let content = FileContent {
            confcall_session: VERSION,
            user: self.user.value(),
            server: self.server,
            key: Zeroizing::new(hex::encode(self.key.expose())),
        };
        let mut text = Zeroizing::new(Vec::with_capacity(limits::SESSION_BYTES as usize));
        serde_json::to_writer_pretty(&mut *text, &content)?;
        Ok(text)
    }

    fn parse(text: &[u8], path: &Path) -> Result<Self, OwnSessionError> {
        let malformed = |reason: String| OwnSessionError::Malformed {
            path: path.to_owned(),
            reason,
        };
        // The version first: the other fields of another version are not for us to judge.
        let header: Version =
            serde_json::from_slice(text).map_err(|error| malformed(error.to_string()))?;
        if header.confcall_session != VERSION {
            return Err(OwnSessionError::Version {
                path: path.to_owned(),
                version: header.confcall_session,
            });
        }
        let content: FileContent =
            serde_json::from_slice(text).map_err(|error| malformed(error.to_string()))?;
        let mut key = Zeroizing::new([0; 256]);
        hex::decode_to_slice(content.key.as_bytes(), &mut *key)
            .map_err(|_| malformed("the key is not 256 bytes in hexadecimal".to_owned()))?;
        Ok(Self {
            user: UserId::new(content.user),
            server: content.server,
            key: AuthKey::from_bytes(*key),
        })
    }
}

/// Writes the text of a session to a new file, which its owner alone can read from the moment it exists.
pub(crate) fn create(path: &Path, text: &[u8]) -> Result<(), OwnSessionError> {
    let mut file = private_file::create(path).map_err(inaccessible(path, "created"))?;
    let written = file.write_all(text);
    written.and_then(|()| file.sync_all()).map_err(|source| {
        // Half a session is of no use; the error to report is the first.
        let _ = fs::remove_file(path);
        inaccessible(path, "written")(source)
    })
}

/// Opens a regular file: the other end of a pipe may never come.
fn open(path: &Path) -> io::Result<File> {
    match path.metadata()?.is_file() {
        true => File::open(path),
        false => Err(io::Error::other("it is no regular file")),
    }
}

fn inaccessible(path: &Path, action: &'static str) -> impl Fn(io::Error) -> OwnSessionError {
    move |source| OwnSessionError::Inaccessible {
        path: path.to_owned(),
        action,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "alice.session";

    fn text(version: u32, more: &str) -> String {
        let key = "07".repeat(256);
        format!(
            r#"{{"confcall_session": {version}, "user": 5, "server": "127.0.0.1:4430", "key": "{key}"{more}}}"#
        )
    }

    fn refusal(text: &str) -> String {
        let parsed = OwnSession::parse(text.as_bytes(), PATH.as_ref());
        parsed.unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read_again_with_its_user_server_and_key() {
        let session = OwnSession::parse(text(1, "").as_bytes(), PATH.as_ref()).unwrap();
        assert_eq!(session.user, UserId::new(5));
        assert_eq!(session.server.to_string(), "127.0.0.1:4430");
        assert_eq!(session.key.expose(), &[7; 256]);
    }

    #[test]
    fn a_session_of_another_version_is_refused_as_such() {
        let refusal = refusal(&text(2, r#", "proxy": "x""#));
        assert_eq!(
            refusal,
            "the session file alice.session has version 2, and this command reads 1"
        );
    }

    #[test]
    fn a_text_that_is_no_session_says_what_is_wrong_with_it() {
        for (text, says) in [
            ("api_id = 1".to_owned(), "alice.session is no session file"),
            (text(1, r#", "more": 1"#), "unknown field"),
            (
                text(1, "").replace("07", "0x"),
                "not 256 bytes in hexadecimal",
            ),
            (text(1, "").replace("127.0.0.1", "[::1]"), "IPv4"),
        ] {
            let refusal = refusal(&text);
            assert!(refusal.contains(says), "{refusal}");
            assert!(!refusal.contains("0707"), "{refusal}");
        }
    }
}
