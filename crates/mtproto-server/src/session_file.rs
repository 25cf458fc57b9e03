use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::path::{Path, PathBuf};

use confcall_state::UserId;
use grammers_session::Session as _;
use grammers_session::storages::{SqliteSession, SqliteSessionError};
use grammers_session::types::{DcOption, PeerId, PeerInfo};
use thiserror::Error;

use crate::mtproto::auth_key::AuthKey;
use crate::private_file;
use crate::requester::DC;

/// A session file cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteSessionError {
    /// There is such a file, or it cannot be created.
    #[error("the session file {path} cannot be created: {source}")]
    Create {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// No client can connect to the address.
    #[error("clients with a session file connect to an IPv4 address and a fixed port, not to {0}")]
    Address(SocketAddr),
    /// Clients cannot store such a user.
    #[error("{0} is not the number of a user: it is from 1 to 1099511627775")]
    User(UserId),
    /// Its content cannot be written.
    #[error("the session file {path} cannot be written: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the storage.
        source: SqliteSessionError,
    },
}

/// Writes a session file by which a client of grammers is a user of the server at an address.
///
/// The file is new, and only its owner can read it from the moment it exists. It holds the user's authorisation key,
/// the server as its home data centre, and who the user is.
///
/// # Errors
///
/// [`WriteSessionError`]; then there is no new file.
pub async fn write_session(
    path: &Path,
    key: &AuthKey,
    address: SocketAddr,
    user: UserId,
) -> Result<(), WriteSessionError> {
    let SocketAddr::V4(ipv4) = address else {
        return Err(WriteSessionError::Address(address));
    };
    if ipv4.port() == 0 {
        return Err(WriteSessionError::Address(address));
    }
    PeerId::user(user.value()).ok_or(WriteSessionError::User(user))?;
    let created = private_file::create(path);
    created.map_err(|source| WriteSessionError::Create {
        path: path.to_owned(),
        source,
    })?;
    let filled = fill(path, key, ipv4, user).await;
    filled.map_err(|source| {
        // A file that is half-written would only stand in the way of the next try.
        let _ = std::fs::remove_file(path);
        WriteSessionError::Write {
            path: path.to_owned(),
            source,
        }
    })
}

async fn fill(
    path: &Path,
    key: &AuthKey,
    ipv4: SocketAddrV4,
    user: UserId,
) -> Result<(), SqliteSessionError> {
    let session = SqliteSession::open(path).await?;
    session.set_home_dc_id(DC).await?;
    let option = DcOption {
        id: DC,
        ipv4,
        // Clients want one; this is the same address.
        ipv6: SocketAddrV6::new(ipv4.ip().to_ipv6_mapped(), ipv4.port(), 0, 0),
        auth_key: Some(*key.expose()),
    };
    session.set_dc_option(&option).await?;
    let user = PeerInfo::User {
        id: user.value(),
        auth: None,
        bot: Some(false),
        is_self: Some(true),
    };
    session.cache_peer(user).await
}
